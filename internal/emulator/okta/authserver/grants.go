package authserver

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"sync"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
)

// Life times (Okta's defaults).
const (
	codeAge     = 300 * time.Second
	tokenAge    = time.Hour
	refreshIdle = 7 * 24 * time.Hour
)

const (
	textBadCode     = "The authorization code is invalid or has expired."
	textBadRedirect = "The 'redirect_uri' does not match the redirection URI used in the authorization request."
	textBadPKCE     = "PKCE verification failed."
	textBadRefresh  = "The refresh token is invalid or expired."
)

// grant is what a user gave to a client at one sign-in. Only revoked changes
// after it is made, under the store's lock.
type grant struct {
	issuer    *Issuer
	client    *org.Client
	userID    string
	sessionID string
	scopes    []string
	nonce     string
	acr       string
	amr       []string
	idp       string
	authTime  time.Time
	aged      bool // the request said max_age
	revoked   bool
}

func (g *grant) has(scope string) bool { return slices.Contains(g.scopes, scope) }

type authorizationCode struct {
	grant       *grant
	redirectURI string
	challenge   string
	expires     time.Time
	used        bool
}

type accessToken struct {
	grant   *grant
	scopes  []string
	id      string
	issued  time.Time
	expires time.Time
}

type refreshToken struct {
	grant   *grant
	expires time.Time
	// replaced is when a rotation took this token's place; zero before.
	replaced time.Time
	// graceUsed is set once the leeway has been used.
	graceUsed bool
}

// grantStore holds codes and tokens by their fingerprints.
type grantStore struct {
	now     func() time.Time
	mu      sync.Mutex
	codes   map[string]authorizationCode
	access  map[string]accessToken
	refresh map[string]refreshToken
}

func newGrantStore(now func() time.Time) *grantStore {
	return &grantStore{
		now:     now,
		codes:   map[string]authorizationCode{},
		access:  map[string]accessToken{},
		refresh: map[string]refreshToken{},
	}
}

func (st *grantStore) issueCode(g grant, redirectURI, challenge string) string {
	code := org.RandomToken()
	st.mu.Lock()
	defer st.mu.Unlock()
	now := st.now()
	for id, old := range st.codes {
		if now.Sub(old.expires) > tokenAge { // used codes stay a while, to notice a replay
			delete(st.codes, id)
		}
	}
	st.codes[org.Fingerprint(code)] = authorizationCode{
		grant: &g, redirectURI: redirectURI, challenge: challenge, expires: now.Add(codeAge),
	}
	return code
}

// redeemCode uses a code up. A second use revokes what the first one got
// (RFC 6749 section 4.1.2).
func (st *grantStore) redeemCode(code, clientID, redirectURI, verifier string) (*grant, *org.OAuthError) {
	st.mu.Lock()
	defer st.mu.Unlock()
	id := org.Fingerprint(code)
	c, ok := st.codes[id]
	if !ok || c.grant.client.ID != clientID {
		return nil, org.OAuth("invalid_grant", textBadCode)
	}
	if c.used {
		c.grant.revoked = true
		return nil, org.OAuth("invalid_grant", textBadCode)
	}
	c.used = true
	st.codes[id] = c
	switch {
	case !st.now().Before(c.expires) || c.grant.revoked:
		return nil, org.OAuth("invalid_grant", textBadCode)
	case c.redirectURI != redirectURI:
		return nil, org.OAuth("invalid_grant", textBadRedirect)
	case !pkceHolds(c.challenge, verifier):
		return nil, org.OAuth("invalid_grant", textBadPKCE)
	}
	return c.grant, nil
}

// pkceHolds is RFC 7636 section 4.6 for S256. A verifier without a challenge
// fails too, or an attacker could strip the challenge from /authorize.
func pkceHolds(challenge, verifier string) bool {
	if challenge == "" || verifier == "" {
		return challenge == verifier
	}
	sum := sha256.Sum256([]byte(verifier))
	got := base64.RawURLEncoding.EncodeToString(sum[:])
	return subtle.ConstantTimeCompare([]byte(got), []byte(challenge)) == 1
}

func (st *grantStore) putAccess(value string, t accessToken) {
	st.mu.Lock()
	defer st.mu.Unlock()
	now := st.now()
	for id, old := range st.access {
		if !now.Before(old.expires) {
			delete(st.access, id)
		}
	}
	st.access[org.Fingerprint(value)] = t
}

// liveAccess returns an access token that is neither expired nor revoked.
func (st *grantStore) liveAccess(value string) (accessToken, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	t, ok := st.access[org.Fingerprint(value)]
	if !ok || t.grant.revoked || !st.now().Before(t.expires) {
		return accessToken{}, false
	}
	return t, true
}

func (st *grantStore) issueRefresh(g *grant) string {
	value := org.RandomToken()
	st.mu.Lock()
	defer st.mu.Unlock()
	st.refresh[org.Fingerprint(value)] = refreshToken{grant: g, expires: st.now().Add(refreshIdle)}
	return value
}

// useRefresh checks a refresh token and returns the one to use next: the same,
// or with rotation a new one. A replaced token works once more within the
// leeway, for an answer that got lost; later or oftener it is taken for stolen
// and the whole grant ends.
func (st *grantStore) useRefresh(value, clientID string) (g *grant, next string, reused bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	id, now := org.Fingerprint(value), st.now()
	t, ok := st.refresh[id]
	if !ok || t.grant.client.ID != clientID || t.grant.revoked || !now.Before(t.expires) {
		return nil, "", false
	}
	if !t.grant.client.RotateRefreshTokens {
		t.expires = now.Add(refreshIdle)
		st.refresh[id] = t
		return t.grant, value, false
	}
	if !t.replaced.IsZero() {
		leeway := t.grant.client.Leeway()
		if t.graceUsed || leeway == 0 || now.Sub(t.replaced) > leeway {
			t.grant.revoked = true
			return t.grant, "", true
		}
		t.graceUsed = true
	} else {
		t.replaced = now
	}
	st.refresh[id] = t
	next = org.RandomToken()
	st.refresh[org.Fingerprint(next)] = refreshToken{grant: t.grant, expires: t.expires}
	return t.grant, next, false
}

// liveRefresh returns the grant of a refresh token that would still work.
func (st *grantStore) liveRefresh(value string) (*grant, time.Time, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	t, ok := st.refresh[org.Fingerprint(value)]
	if !ok || t.grant.revoked || !st.now().Before(t.expires) || !t.replaced.IsZero() {
		return nil, time.Time{}, false
	}
	return t.grant, t.expires, true
}

// revoke ends a client's token. A refresh token takes its access tokens along. One
// that a rotation replaced is a token that is not valid, and nothing happens (RFC
// 7009 section 2.2); what Okta does then is not documented, so the emulator does
// what leaves the client most to do.
func (st *grantStore) revoke(value, clientID string) (*grant, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	id := org.Fingerprint(value)
	if t, ok := st.refresh[id]; ok && t.grant.client.ID == clientID && t.replaced.IsZero() {
		t.grant.revoked = true
		return t.grant, true
	}
	if t, ok := st.access[id]; ok && t.grant.client.ID == clientID {
		delete(st.access, id)
		return t.grant, true
	}
	return nil, false
}

// revokeOf ends every code and token of a user.
func (st *grantStore) revokeOf(userID string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, c := range st.codes {
		if c.grant.userID == userID {
			c.grant.revoked = true
		}
	}
	for _, t := range st.access {
		if t.grant.userID == userID {
			t.grant.revoked = true
		}
	}
	for _, t := range st.refresh {
		if t.grant.userID == userID {
			t.grant.revoked = true
		}
	}
}

// RevokeTokens ends every code, access and refresh token of a user (id or
// login), as an administrator's "clear sessions and revoke tokens" does.
func (s *Servers) RevokeTokens(idOrLogin string) error {
	u, ok := s.org.User(idOrLogin)
	if !ok {
		return org.ErrNoUser
	}
	s.grants.revokeOf(u.ID)
	s.org.Note(org.Event{Name: org.EventTokenRevoked, User: u.ID, Detail: "all tokens of the user"})
	return nil
}
