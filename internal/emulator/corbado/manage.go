package corbado

import (
	"encoding/base64"
	"net/http"
)

// manageInit answers whether the list may offer to add a passkey.
func (s *Server) manageInit(r *http.Request) (any, error) {
	process, rsp, err := s.begin(r)
	if err != nil {
		return nil, err
	}
	return struct {
		ProcessID string `json:"processID"`
		initRsp
		ManageAllowed bool `json:"manageAllowed"`
	}{process, rsp, !s.faults.take(FaultManageNotAllowed)}, nil
}

// manageReq is the body of both calls below.
type manageReq struct {
	Token        string `json:"connectToken"`
	CredentialID string `json:"credentialID"` // Corbado's id, cre-…, not WebAuthn's
}

// manageListRsp lists a user's passkeys. The last two fields are from newer
// versions.
type manageListRsp struct {
	Passkeys []listedPasskey `json:"passkeys"`
	RPID     string          `json:"rpID"`
	UserID   string          `json:"userID"` // the WebAuthn user handle, base64url
}

// manageList may be called again with the same token until it expires: Corbado
// calls connect tokens single-use, but its component sends the list token again
// after every change.
func (s *Server) manageList(r *http.Request) (any, error) {
	var in manageReq
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	if _, err := s.process(r); err != nil {
		return nil, err
	}
	t, err := s.useToken(in.Token, kindList, "connectToken", s.faults.take(FaultListTokenOnce))
	if err != nil {
		return nil, err
	}
	rsp := manageListRsp{Passkeys: []listedPasskey{}, RPID: s.rp.Config.RPID}
	u, ok := s.users.find(t.identifier)
	if !ok { // nobody has added a passkey for this user yet
		return rsp, nil
	}
	rsp.UserID = base64.RawURLEncoding.EncodeToString([]byte(u.webauthnID))
	bad := s.faults.take(FaultListBadDates)
	for _, p := range u.passkeys {
		l := p.listed()
		if bad {
			l.Created, l.LastUsed = "", ""
		}
		rsp.Passkeys = append(rsp.Passkeys, l)
	}
	return rsp, nil
}

// manageDelete spends the token even if there is nothing to delete. It answers
// the same for a passkey of somebody else as for none.
func (s *Server) manageDelete(r *http.Request) (any, error) {
	var in manageReq
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	if _, err := s.process(r); err != nil {
		return nil, err
	}
	t, err := s.useToken(in.Token, kindDelete, "connectToken", true)
	if err != nil {
		return nil, err
	}
	u, ok := s.users.find(t.identifier)
	if !ok {
		return nil, invalid("credentialID", "does not exist")
	}
	if err := s.users.removePasskey(u.id, in.CredentialID, s.Now()); err != nil {
		return nil, err
	}
	s.journal.record(r.Context(), "passkey_deleted",
		detail{"user", u.id}, detail{"name", u.displayName}, detail{"credential", in.CredentialID}, detail{"by", "user"})
	return map[string]any{"credentialID": in.CredentialID}, nil
}
