package controls

import (
	"net/http"
	"slices"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
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

func formOf(u org.User) userForm {
	groups, unassigned := slices.Concat([]string{}, u.Groups), slices.Concat([]string{}, u.UnassignedFrom)
	return userForm{
		ID: u.ID, Login: &u.Login, Email: &u.Email, EmailVerified: &u.EmailVerified,
		FirstName: &u.FirstName, LastName: &u.LastName, Groups: &groups,
		Disabled: &u.Disabled, UnassignedFrom: &unassigned,
	}
}

func (f userForm) apply(u *org.User) {
	Put(&u.Login, f.Login)
	Put(&u.Email, f.Email)
	Put(&u.EmailVerified, f.EmailVerified)
	Put(&u.FirstName, f.FirstName)
	Put(&u.LastName, f.LastName)
	Put(&u.Password, f.Password)
	Put(&u.Groups, f.Groups)
	Put(&u.Disabled, f.Disabled)
	Put(&u.UnassignedFrom, f.UnassignedFrom)
}

func (s *orgControls) controlListUsers(*http.Request) (any, error) {
	list := []userForm{}
	for _, u := range s.org.Users() {
		list = append(list, formOf(u))
	}
	return map[string]any{"users": list}, nil
}

func (s *orgControls) controlAddUser(r *http.Request) (any, error) {
	var form userForm
	if err := ReadJSON(r, &form); err != nil {
		return nil, err
	}
	u := org.User{ID: form.ID}
	form.apply(&u)
	added, err := s.org.AddUser(u)
	if err != nil {
		return nil, err
	}
	return formOf(added), nil
}

func (s *orgControls) controlChangeUser(r *http.Request) (any, error) {
	var form userForm
	if err := ReadJSON(r, &form); err != nil {
		return nil, err
	}
	changed, err := s.org.ChangeUser(r.PathValue("id"), form.apply)
	if err != nil {
		return nil, err
	}
	return formOf(changed), nil
}
