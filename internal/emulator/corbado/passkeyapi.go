package corbado

import "net/http"

func (s *Server) listCredentials(r *http.Request) (any, error) {
	p, err := readPage(r)
	if err != nil {
		return nil, err
	}
	u, ok := s.users.get(r.PathValue("id"))
	if !ok {
		return nil, errNoUser()
	}
	keys, paging := paginate(p, u.passkeys)
	list := make([]Credential, 0, len(keys))
	for _, k := range keys {
		list = append(list, k.credential())
	}
	return map[string]any{"credentials": list, "paging": paging}, nil
}

func (s *Server) deleteCredential(r *http.Request) (any, error) {
	userID, id := r.PathValue("id"), r.PathValue("credential")
	if err := s.users.removePasskey(userID, id, s.Now()); err != nil {
		return nil, err
	}
	s.journal.record(r.Context(), "passkey_deleted",
		detail{"user", userID}, detail{"credential", id}, detail{"by", "backend"})
	return generic{}, nil
}
