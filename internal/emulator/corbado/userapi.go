package corbado

import (
	"net/http"
	"slices"
	"strings"
)

// userRsp is a user as the Backend API tells it. UpdatedMs is Unix time.
type userRsp struct {
	UserID             string `json:"userID"`
	Status             string `json:"status"`
	FullName           string `json:"fullName,omitempty"`
	ExplicitWebauthnID string `json:"explicitWebauthnID,omitempty"`
	Updated            string `json:"updated"`
	UpdatedMs          int64  `json:"updatedMs"`
}

func (u user) rsp() userRsp {
	out := userRsp{
		UserID: u.id, Status: u.status, FullName: u.fullName,
		Updated: u.updated.UTC().Format(timeForm), UpdatedMs: u.updated.UnixMilli(),
	}
	if u.explicit {
		out.ExplicitWebauthnID = u.webauthnID
	}
	return out
}

type identifierRsp struct {
	IdentifierID string `json:"identifierID"`
	Type         string `json:"type"`
	Value        string `json:"value"`
	Status       string `json:"status"`
	UserID       string `json:"userID"`
}

func (i identifier) rsp(userID string) identifierRsp {
	return identifierRsp{IdentifierID: i.id, Type: i.kind, Value: i.value, Status: i.status, UserID: userID}
}

var (
	userStatuses       = []string{"pending", "active", "disabled"}
	identifierTypes    = []string{"email", "phone", "username"}
	identifierStatuses = []string{"pending", "primary", "verified"}
)

// oneOf refuses a field whose value the API does not list.
func oneOf(field, value string, valid []string) error {
	switch {
	case value == "":
		return invalid(field, "cannot be blank")
	case !slices.Contains(valid, value):
		return invalid(field, "must be a valid value")
	}
	return nil
}

func (s *Server) createUser(r *http.Request) (any, error) {
	var in struct {
		Status             string `json:"status"`
		FullName           string `json:"fullName"`
		ExplicitWebauthnID string `json:"explicitWebauthnID"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	if err := oneOf("status", in.Status, userStatuses); err != nil {
		return nil, err
	}
	if len(in.ExplicitWebauthnID) > 64 { // W3C WebAuthn section 5.4.3
		return nil, invalid("explicitWebauthnID", "must be at most 64 bytes")
	}
	u := s.users.create(user{
		status: in.Status, fullName: in.FullName, displayName: in.FullName,
		webauthnID: in.ExplicitWebauthnID, explicit: in.ExplicitWebauthnID != "",
	}, s.Now())
	s.journal.record(r.Context(), "user_created", detail{"user", u.id})
	return u.rsp(), nil
}

func (s *Server) getUser(r *http.Request) (any, error) {
	u, ok := s.users.get(r.PathValue("id"))
	if !ok {
		return nil, errNoUser()
	}
	return u.rsp(), nil
}

func (s *Server) updateUser(r *http.Request) (any, error) {
	var in struct {
		Status   *string `json:"status"`
		FullName *string `json:"fullName"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	if in.Status != nil {
		if err := oneOf("status", *in.Status, userStatuses); err != nil {
			return nil, err
		}
	}
	u, err := s.users.change(r.PathValue("id"), s.Now(), func(u *user) error {
		if in.Status != nil {
			u.status = *in.Status
		}
		if in.FullName != nil {
			u.fullName = *in.FullName
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return u.rsp(), nil
}

// deleteUser is how a customer offboards someone: the passkeys go with the user.
func (s *Server) deleteUser(r *http.Request) (any, error) {
	u, err := s.users.remove(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	s.journal.record(r.Context(), "user_deleted", detail{"user", u.id})
	return generic{}, nil
}

// listUsers finds users by exactly one of five filters
// (Corbado: Connect, Backend API, list users).
func (s *Server) listUsers(r *http.Request) (any, error) {
	p, err := readPage(r)
	if err != nil {
		return nil, err
	}
	match, err := userFilter(r)
	if err != nil {
		return nil, err
	}
	found := slices.DeleteFunc(s.users.all(), func(u user) bool { return !match(u) })
	found, paging := paginate(p, found)
	list := make([]userRsp, 0, len(found))
	for _, u := range found {
		list = append(list, u.rsp())
	}
	return map[string]any{"users": list, "paging": paging}, nil
}

func userFilter(r *http.Request) (func(user) bool, error) {
	const most = 1000 // values in one filter
	q := r.URL.Query()
	var name string
	var values []string
	for _, n := range []string{"userID", "userIDs", "webauthnIDs", "identifierValue", "identifierValues"} {
		if !q.Has(n) {
			continue
		}
		if name != "" {
			return nil, invalid(n, "only one filter may be given")
		}
		name, values = n, q[n]
		if strings.HasSuffix(n, "s") {
			values = strings.Split(strings.Join(values, ","), ",")
		}
	}
	switch {
	case name == "":
		return nil, invalid("userID", "one of userID, userIDs, webauthnIDs, identifierValue, identifierValues is required")
	case len(values) > most:
		return nil, invalid(name, "must hold at most 1000 values")
	}
	switch name {
	case "userID", "userIDs":
		return func(u user) bool { return slices.Contains(values, u.id) }, nil
	case "webauthnIDs":
		return func(u user) bool { return slices.Contains(values, u.webauthnID) }, nil
	}
	kind := q.Get("identifierType")
	if err := oneOf("identifierType", kind, identifierTypes); err != nil {
		return nil, err
	}
	return func(u user) bool {
		return slices.ContainsFunc(u.identifiers, func(i identifier) bool {
			return i.kind == kind && slices.Contains(values, i.value)
		})
	}, nil
}

func (s *Server) createIdentifier(r *http.Request) (any, error) {
	var in struct {
		Type   string `json:"identifierType"`
		Value  string `json:"identifierValue"`
		Status string `json:"status"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	if err := oneOf("identifierType", in.Type, identifierTypes); err != nil {
		return nil, err
	}
	if err := oneOf("status", in.Status, identifierStatuses); err != nil {
		return nil, err
	}
	if in.Value == "" {
		return nil, invalid("identifierValue", "cannot be blank")
	}
	userID := r.PathValue("id")
	name, err := s.users.addIdentifier(userID, identifier{kind: in.Type, value: in.Value, status: in.Status}, s.Now())
	if err != nil {
		return nil, err
	}
	return name.rsp(userID), nil
}

func (s *Server) listIdentifiers(r *http.Request) (any, error) {
	p, err := readPage(r)
	if err != nil {
		return nil, err
	}
	list := []identifierRsp{}
	for _, u := range s.users.all() {
		for _, i := range u.identifiers {
			list = append(list, i.rsp(u.id))
		}
	}
	list, paging := paginate(p, list)
	return map[string]any{"identifiers": list, "paging": paging}, nil
}
