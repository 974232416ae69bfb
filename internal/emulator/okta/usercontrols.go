package okta

import (
	"net/http"
	"slices"
)

// userForm is a user in JSON. A field that is left out stays as it is. The
// password goes in and never out.
type userForm struct {
	ID             string    `json:"id,omitempty"`
	Login          *string   `json:"login,omitempty"`
	Email          *string   `json:"email,omitempty"`
	EmailVerified  *bool     `json:"email_verified,omitempty"`
	FirstName      *string   `json:"first_name,omitempty"`
	LastName       *string   `json:"last_name,omitempty"`
	Password       *string   `json:"password,omitempty"`
	Groups         *[]string `json:"groups,omitempty"`
	Disabled       *bool     `json:"disabled,omitempty"`
	UnassignedFrom *[]string `json:"unassigned_from,omitempty"`
}

func formOf(u User) userForm {
	groups, unassigned := slices.Concat([]string{}, u.Groups), slices.Concat([]string{}, u.UnassignedFrom)
	return userForm{
		ID: u.ID, Login: &u.Login, Email: &u.Email, EmailVerified: &u.EmailVerified,
		FirstName: &u.FirstName, LastName: &u.LastName, Groups: &groups,
		Disabled: &u.Disabled, UnassignedFrom: &unassigned,
	}
}

func (f userForm) apply(u *User) {
	put(&u.Login, f.Login)
	put(&u.Email, f.Email)
	put(&u.EmailVerified, f.EmailVerified)
	put(&u.FirstName, f.FirstName)
	put(&u.LastName, f.LastName)
	put(&u.Password, f.Password)
	put(&u.Groups, f.Groups)
	put(&u.Disabled, f.Disabled)
	put(&u.UnassignedFrom, f.UnassignedFrom)
}

func put[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func (s *Server) controlListUsers(*http.Request) (any, error) {
	list := []userForm{}
	for _, u := range s.Users() {
		list = append(list, formOf(u))
	}
	return map[string]any{"users": list}, nil
}

func (s *Server) controlAddUser(r *http.Request) (any, error) {
	var form userForm
	if err := readJSON(r, &form); err != nil {
		return nil, err
	}
	u := User{ID: form.ID}
	form.apply(&u)
	added, err := s.AddUser(u)
	if err != nil {
		return nil, err
	}
	return formOf(added), nil
}

func (s *Server) controlChangeUser(r *http.Request) (any, error) {
	var form userForm
	if err := readJSON(r, &form); err != nil {
		return nil, err
	}
	changed, err := s.ChangeUser(r.PathValue("id"), form.apply)
	if err != nil {
		return nil, err
	}
	return formOf(changed), nil
}

func (s *Server) controlRevokeTokens(r *http.Request) (any, error) {
	return nil, s.RevokeTokens(r.PathValue("id"))
}
