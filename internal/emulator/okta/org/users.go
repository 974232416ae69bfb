package org

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// ErrNoUser says that no user has the given id or login.
var ErrNoUser error = MissingError("user")

// MissingError is the error about an object that the org does not have.
type MissingError string

func (e MissingError) Error() string { return "okta emulator: no such " + string(e) }

// User is a person in the org.
type User struct {
	// ID is 00u + 17 characters, or auth0| + 24 at an Auth0 tenant; empty makes one.
	ID string
	// Login is the user name, unique without regard to case.
	Login string
	// Email may be empty and may be another user's too, as at Okta. Left empty
	// at AddUser or New, it stays empty.
	Email               string
	EmailVerified       bool
	FirstName, LastName string
	Password            string
	Groups              []string
	// Disabled users cannot sign in and their sessions and tokens are dead.
	Disabled bool
	// UnassignedFrom lists the client ids that this user may not use. Everybody
	// is assigned to every app by default.
	UnassignedFrom []string
	UpdatedAt      time.Time
}

// Name is the display name: first and last name, or the login.
func (u User) Name() string {
	if name := strings.TrimSpace(u.FirstName + " " + u.LastName); name != "" {
		return name
	}
	return u.Login
}

// LogValue keeps the password and personal data out of logs.
func (u User) LogValue() slog.Value { return slog.StringValue(u.ID) }

// PasswordIs compares in constant time. Nobody has an empty password.
func (u User) PasswordIs(password string) bool {
	want, got := sha256.Sum256([]byte(u.Password)), sha256.Sum256([]byte(password))
	return u.Password != "" && subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

// AssignedTo reports whether the user may use an app.
func (u User) AssignedTo(clientID string) bool { return !slices.Contains(u.UnassignedFrom, clientID) }

func (u User) clone() User {
	u.Groups = slices.Clone(u.Groups)
	u.UnassignedFrom = slices.Clone(u.UnassignedFrom)
	return u
}

// directory holds the users by id. Values go in and out as copies.
type directory struct {
	mu    sync.Mutex
	byID  map[string]User
	newID func() string
}

func newDirectory(newID func() string) *directory {
	return &directory{byID: map[string]User{}, newID: newID}
}

func (d *directory) add(u User) (User, error) {
	if u.Login == "" {
		return User{}, errors.New("okta emulator: a user needs a login")
	}
	if u.ID == "" {
		u.ID = d.newID()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, taken := d.byID[u.ID]; taken {
		return User{}, fmt.Errorf("okta emulator: user id %s is there twice", u.ID)
	}
	if d.loginTaken(u.Login, u.ID) {
		return User{}, errors.New("okta emulator: login is there twice")
	}
	u = u.clone()
	d.byID[u.ID] = u
	return u.clone(), nil
}

func (d *directory) loginTaken(login, exceptID string) bool {
	for id, u := range d.byID {
		if id != exceptID && strings.EqualFold(u.Login, login) {
			return true
		}
	}
	return false
}

// find looks a user up by id or login.
func (d *directory) find(idOrLogin string) (User, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.findLocked(idOrLogin)
}

func (d *directory) findLocked(idOrLogin string) (User, bool) {
	if u, ok := d.byID[idOrLogin]; ok {
		return u.clone(), true
	}
	for _, u := range d.byID {
		if strings.EqualFold(u.Login, idOrLogin) {
			return u.clone(), true
		}
	}
	return User{}, false
}

func (d *directory) change(idOrLogin string, now time.Time, change func(*User)) (User, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	u, ok := d.findLocked(idOrLogin)
	if !ok {
		return User{}, ErrNoUser
	}
	id := u.ID
	change(&u)
	if u.ID != id {
		return User{}, errors.New("okta emulator: a user's id never changes")
	}
	if u.Login == "" || d.loginTaken(u.Login, id) {
		return User{}, errors.New("okta emulator: login is empty or another user's")
	}
	u.UpdatedAt = now
	d.byID[id] = u.clone()
	return u, nil
}

func (d *directory) list() []User {
	d.mu.Lock()
	defer d.mu.Unlock()
	users := slices.SortedFunc(maps.Values(d.byID), func(a, b User) int { return strings.Compare(a.Login, b.Login) })
	for i := range users {
		users[i] = users[i].clone()
	}
	return users
}

// Load adds a user that was there from the start: it is no event.
func (o *Org) Load(u User) error {
	u.UpdatedAt = o.Now()
	_, err := o.users.add(u)
	return err
}

// AddUser adds a user and returns it with its id. The login must be free.
func (o *Org) AddUser(u User) (User, error) {
	if u.UpdatedAt.IsZero() {
		u.UpdatedAt = o.Now()
	}
	added, err := o.users.add(u)
	if err == nil {
		o.Note(Event{Name: EventUserChanged, User: added.ID, Detail: "added"})
	}
	return added, err
}

// User looks a user up by id or login.
func (o *Org) User(idOrLogin string) (User, bool) { return o.users.find(idOrLogin) }

// NewUserID makes an id that no user has.
func (o *Org) NewUserID() string { return o.users.newID() }

// Users lists everybody, by login.
func (o *Org) Users() []User { return o.users.list() }

// ChangeUser edits a user in place; the id cannot change. The error is
// ErrNoUser, or says that the new login is taken.
func (o *Org) ChangeUser(idOrLogin string, change func(*User)) (User, error) {
	return o.changeUser(idOrLogin, "changed", change)
}

func (o *Org) changeUser(idOrLogin, what string, change func(*User)) (User, error) {
	u, err := o.users.change(idOrLogin, o.Now(), change)
	if err != nil {
		return User{}, err
	}
	if u.Disabled {
		o.Sessions.endOf(u.ID)
		o.disabled(u.ID)
	}
	o.Note(Event{Name: EventUserChanged, User: u.ID, Detail: what})
	return u, nil
}

// DisableUser deactivates a user: sign-in fails, the SSO sessions end and all
// tokens are revoked.
func (o *Org) DisableUser(idOrLogin string) error {
	_, err := o.changeUser(idOrLogin, "disabled", func(u *User) { u.Disabled = true })
	return err
}

// EnableUser undoes DisableUser; sessions and tokens stay ended.
func (o *Org) EnableUser(idOrLogin string) error {
	_, err := o.changeUser(idOrLogin, "enabled", func(u *User) { u.Disabled = false })
	return err
}

// Unassign takes an app away from a user: the next /authorize answers
// access_denied, and refresh tokens of that app stop working.
func (o *Org) Unassign(idOrLogin, clientID string) error {
	_, err := o.changeUser(idOrLogin, "unassigned", func(u *User) {
		if u.AssignedTo(clientID) {
			u.UnassignedFrom = append(u.UnassignedFrom, clientID)
		}
	})
	return err
}

// Assign undoes Unassign.
func (o *Org) Assign(idOrLogin, clientID string) error {
	_, err := o.changeUser(idOrLogin, "assigned", func(u *User) {
		u.UnassignedFrom = slices.DeleteFunc(u.UnassignedFrom, func(id string) bool { return id == clientID })
	})
	return err
}

// RenameUser gives a user another login and e-mail address; the id, which is
// the sub of ID tokens, stays.
func (o *Org) RenameUser(idOrLogin, login, email string) error {
	_, err := o.changeUser(idOrLogin, "renamed", func(u *User) { u.Login, u.Email = login, email })
	return err
}

// SetGroups replaces a user's groups.
func (o *Org) SetGroups(idOrLogin string, groups ...string) error {
	_, err := o.changeUser(idOrLogin, "groups set", func(u *User) { u.Groups = slices.Clone(groups) })
	return err
}
