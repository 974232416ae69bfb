package corbado

import (
	"slices"
	"sync"
	"time"
)

// The types of connect token (Corbado: Backend API, connectTokens).
const (
	kindAppend = "passkey-append"
	kindDelete = "passkey-delete"
	kindList   = "passkey-list"
	kindLogin  = "passkey-login"
)

// The states of a connect token.
const (
	tokenInitial  = "initial"
	tokenConsumed = "consumed"
)

const (
	// tokenLifetime is how long a connect token lives unless the request says
	// otherwise. Corbado does not publish its default ("short").
	tokenLifetime = 5 * time.Minute
	// tokenKept is how long an expired token stays in the listing.
	tokenKept = time.Hour
)

// connectToken is a server's permission for one browser to do one thing to one
// user's passkeys.
type connectToken struct {
	id, kind, secret string
	identifier       string // the customer's name for the user
	displayName      string // what the user sees in the browser's dialog
	status           string
	created, expires time.Time
}

// tokens are the connect tokens that were issued.
type tokens struct {
	mu   sync.Mutex
	list []connectToken // oldest first
}

// issue stores t with a new id and secret.
func (ts *tokens) issue(t connectToken, now time.Time, lifetime time.Duration) connectToken {
	t.id, t.secret = newID("ctk"), "ctk1_"+random(alphanumeric, 30)
	t.status, t.created, t.expires = tokenInitial, now, now.Add(lifetime)
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.list = slices.DeleteFunc(ts.list, func(old connectToken) bool {
		return now.Sub(old.expires) > tokenKept
	})
	ts.list = append(ts.list, t)
	return t
}

// use returns the token with secret if it may be used now, for a call of type
// kind. spend marks it as consumed in the same step, so that of two requests
// with one token only one gets through. field is the request field that held
// the secret.
//
// When a real token turns to consumed is not documented, nor is the answer for
// a bad one; a browser's component treats all of them alike.
func (ts *tokens) use(secret, kind, field string, spend bool, now time.Time) (connectToken, error) {
	if secret == "" {
		return connectToken{}, invalid(field, "cannot be blank")
	}
	ts.mu.Lock()
	defer ts.mu.Unlock()
	i := slices.IndexFunc(ts.list, func(t connectToken) bool { return t.secret == secret })
	switch {
	case i < 0 || ts.list[i].kind != kind:
		return connectToken{}, invalid(field, "is not a valid connect token of type "+kind)
	case !now.Before(ts.list[i].expires):
		return connectToken{}, invalid(field, "is expired")
	case ts.list[i].status == tokenConsumed:
		return connectToken{}, invalid(field, "is consumed")
	}
	if spend {
		ts.list[i].status = tokenConsumed
	}
	return ts.list[i], nil
}

func (ts *tokens) setStatus(id, status string) bool {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	i := slices.IndexFunc(ts.list, func(t connectToken) bool { return t.id == id })
	if i >= 0 {
		ts.list[i].status = status
	}
	return i >= 0
}

func (ts *tokens) remove(id string) bool {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	before := len(ts.list)
	ts.list = slices.DeleteFunc(ts.list, func(t connectToken) bool { return t.id == id })
	return len(ts.list) < before
}

func (ts *tokens) all() []connectToken {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	return slices.Clone(ts.list)
}

func (ts *tokens) reset() {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.list = nil
}
