// Package basicauth signs the user in at an app that knows only the Basic scheme (RFC
// 7617): with the user's name, and one password that the app and the sidecar share.
package basicauth

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// ErrUser means that the app cannot be told the user's name: the session has
// none, it holds a colon or a control character, or it begins or ends with a
// space. A colon ends the name (RFC 7617 section 2), so "alice:x" would be alice to
// an app that looks at names only; and many trim what they read.
var ErrUser = errors.New("no user name that Basic authentication can carry")

// Credentials are the user's name and the app's password.
type Credentials struct {
	claim    string
	password secret.Value
}

// New takes the claim that holds the user's name, and the password.
func New(claim string, password secret.Value) (*Credentials, error) {
	switch claim {
	case "", "groups", "amr", "passkey":
		return nil, fmt.Errorf("user %q is no claim with a name in it; use one like email or preferred_username", claim)
	}
	if p := password.Reveal(); p == "" || !plain(p) {
		return nil, errors.New("the password is empty or holds control characters (RFC 7617 section 2)")
	}
	return &Credentials{claim, password}, nil
}

// Claim is the claim that holds the user's name.
func (c *Credentials) Claim() string { return c.claim }

// User returns the user's name, or ErrUser.
func (c *Credentials) User(s *session.Session) (string, error) {
	user := s.Claim(c.claim)
	if !session.Standard(c.claim) {
		// Further claims come escaped, and may be lists.
		list := s.Further(c.claim).Values()
		if len(list) != 1 {
			return "", ErrUser
		}
		user = list[0]
	}
	if user == "" || strings.Contains(user, ":") || !plain(user) || strings.TrimSpace(user) != user {
		return "", ErrUser
	}
	return user, nil
}

// Authorization returns the header's value for a session, in UTF-8, or ErrUser.
func (c *Credentials) Authorization(s *session.Session) (string, error) {
	user, err := c.User(s)
	if err != nil {
		return "", err
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+c.password.Reveal())), nil
}

func plain(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}
