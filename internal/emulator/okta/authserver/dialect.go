package authserver

import "github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"

// dialect is how an authorization server spells OpenID Connect: its paths, its
// metadata and its claims. The protocol is the same for all.
type dialect interface {
	// path is where an endpoint stands on the host, or "" if there is none. The
	// names are those of Okta's: authorize, token, userinfo, keys, logout,
	// revoke, introspect.
	path(endpoint string) string
	// scopes are those that apps may ask for. A strict server refuses others,
	// the rest leave them out.
	scopes() (known []string, strict bool)
	// metadata is the discovery document.
	metadata(iss *Issuer) map[string]any
	// addSignIn adds what an ID token tells of the sign-in. It returns the jti or
	// sid by which the token is recognised when the user signs out.
	addSignIn(claims map[string]any, g *grant, access string) (mark string)
	// addUser adds what the scopes give.
	addUser(claims map[string]any, user org.User, scopes []string, in place)
}

// place is where claims of a user go.
type place int

const (
	inIDToken place = iota
	inUserinfo
)
