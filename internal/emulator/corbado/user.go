package corbado

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// user is someone with passkeys, or about to have one.
type user struct {
	id          string // usr-…
	status      string // pending, active, disabled
	fullName    string
	webauthnID  string // the WebAuthn user handle
	explicit    bool   // webauthnID was chosen by the customer
	displayName string // from the latest append token; the name people sign in with
	identifiers []identifier
	passkeys    []passkey // oldest first
	created     time.Time
	updated     time.Time
}

// identifier is a name that the customer's systems know a user by.
type identifier struct {
	id     string // ide-…
	kind   string // email, phone, username
	value  string
	status string // pending, primary, verified
}

// kindOf guesses the type of a name, for a connect token, which does not tell.
func kindOf(value string) string {
	switch {
	case strings.Contains(value, "@"):
		return "email"
	case strings.HasPrefix(value, "+") && strings.Trim(value[1:], digits) == "":
		return "phone"
	default:
		return "username"
	}
}

// users are the project's users.
type users struct {
	mu   sync.Mutex
	list []*user // oldest first
}

// copied returns a user that the caller may keep after the lock is gone.
func (u *user) copied() user {
	c := *u
	c.identifiers = slices.Clone(u.identifiers)
	c.passkeys = slices.Clone(u.passkeys)
	return c
}

func (us *users) where(match func(*user) bool) *user {
	if i := slices.IndexFunc(us.list, match); i >= 0 {
		return us.list[i]
	}
	return nil
}

func (us *users) withID(id string) *user {
	return us.where(func(u *user) bool { return u.id == id })
}

func (us *users) withIdentifier(value string) *user {
	return us.where(func(u *user) bool {
		return slices.ContainsFunc(u.identifiers, func(i identifier) bool { return i.value == value })
	})
}

// create adds u, with a new id and, unless it has one, a new user handle.
func (us *users) create(u user, now time.Time) user {
	us.mu.Lock()
	defer us.mu.Unlock()
	return us.add(u, now).copied()
}

func (us *users) add(u user, now time.Time) *user {
	u.id, u.created, u.updated = newID("usr"), now, now
	if u.webauthnID == "" {
		u.webauthnID = uuid.NewString()
	}
	us.list = append(us.list, &u)
	return &u
}

// forToken returns the user that an append token is about, and makes a new one
// at the first time.
func (us *users) forToken(t connectToken, now time.Time) user {
	us.mu.Lock()
	defer us.mu.Unlock()
	u := us.withIdentifier(t.identifier)
	if u == nil {
		u = us.add(user{status: "active", identifiers: []identifier{{
			id: newID("ide"), kind: kindOf(t.identifier), value: t.identifier, status: "primary",
		}}}, now)
	}
	u.displayName = t.displayName
	return u.copied()
}

func (us *users) get(id string) (user, bool) {
	us.mu.Lock()
	defer us.mu.Unlock()
	if u := us.withID(id); u != nil {
		return u.copied(), true
	}
	return user{}, false
}

func (us *users) find(identifier string) (user, bool) {
	us.mu.Lock()
	defer us.mu.Unlock()
	if u := us.withIdentifier(identifier); u != nil {
		return u.copied(), true
	}
	return user{}, false
}

// change lets edit alter the user with id, and returns what became of it.
func (us *users) change(id string, now time.Time, edit func(*user) error) (user, error) {
	us.mu.Lock()
	defer us.mu.Unlock()
	u := us.withID(id)
	if u == nil {
		return user{}, errNoUser()
	}
	if err := edit(u); err != nil {
		return user{}, err
	}
	u.updated = now
	return u.copied(), nil
}

// addIdentifier gives the user with id another name, which nobody may have yet.
func (us *users) addIdentifier(id string, name identifier, now time.Time) (identifier, error) {
	us.mu.Lock()
	defer us.mu.Unlock()
	u := us.withID(id)
	if u == nil {
		return identifier{}, errNoUser()
	}
	if us.withIdentifier(name.value) != nil {
		return identifier{}, invalid("identifierValue", "already exists")
	}
	name.id = newID("ide")
	u.identifiers = append(u.identifiers, name)
	u.updated = now
	return name, nil
}

func (us *users) remove(id string) (user, error) {
	us.mu.Lock()
	defer us.mu.Unlock()
	u := us.withID(id)
	if u == nil {
		return user{}, errNoUser()
	}
	us.list = slices.DeleteFunc(us.list, func(u *user) bool { return u.id == id })
	return u.copied(), nil
}

func (us *users) all() []user {
	us.mu.Lock()
	defer us.mu.Unlock()
	list := make([]user, 0, len(us.list))
	for _, u := range us.list {
		list = append(list, u.copied())
	}
	return list
}

func (us *users) reset() {
	us.mu.Lock()
	defer us.mu.Unlock()
	us.list = nil
}

// errNoUser follows the example of Corbado's Go SDK, which reads a missing user
// as a validation error.
func errNoUser() *apiError { return invalid("userID", "does not exist") }

// User is a user as the controls tell it, without key material.
type User struct {
	ID          string       `json:"id"`
	Identifiers []string     `json:"identifiers"`
	DisplayName string       `json:"displayName"`
	Status      string       `json:"status"`
	WebauthnID  string       `json:"webauthnID"`
	Credentials []Credential `json:"credentials"`
}

// Users lists every user with their passkeys, oldest first.
func (s *Server) Users() []User {
	list := []User{}
	for _, u := range s.users.all() {
		out := User{
			ID: u.id, Identifiers: []string{}, DisplayName: u.displayName, Status: u.status,
			WebauthnID: u.webauthnID, Credentials: []Credential{},
		}
		for _, i := range u.identifiers {
			out.Identifiers = append(out.Identifiers, i.value)
		}
		for _, p := range u.passkeys {
			out.Credentials = append(out.Credentials, p.credential())
		}
		list = append(list, out)
	}
	return list
}
