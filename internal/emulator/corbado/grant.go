package corbado

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"sync"
	"time"
)

const (
	// codeLifetime and accessLifetime are how long a code and an access token
	// are good for.
	codeLifetime   = time.Minute
	accessLifetime = 5 * time.Minute
)

// grant is a sign-in on its way to a relying party.
type grant struct {
	clientID, redirectURI string
	challenge             string // PKCE S256, or empty
	nonce                 string
	scopes                []string
	userID                string // usr-…
	authTime              int64  // of the passkey ceremony, Unix seconds

	codeExpires   time.Time
	codeUsed      bool
	accessToken   string // empty until the code is exchanged
	accessExpires time.Time
}

// grants are the sign-ins under way, by code.
type grants struct {
	mu     sync.Mutex
	byCode map[string]*grant
}

func (gs *grants) issueCode(g grant, now time.Time) string {
	code := random(alphanumeric, 43)
	g.codeExpires = now.Add(codeLifetime)
	gs.mu.Lock()
	defer gs.mu.Unlock()
	if gs.byCode == nil {
		gs.byCode = map[string]*grant{}
	}
	for old, g := range gs.byCode {
		if !now.Before(g.codeExpires) && !now.Before(g.accessExpires) {
			delete(gs.byCode, old)
		}
	}
	gs.byCode[code] = &g
	return code
}

// exchange spends a code, whatever comes of it, and returns its grant with a new
// access token if the code is fresh and meant for this client, redirect URI and
// code verifier. A code that comes twice was stolen: the access token that the
// first use got is taken back (RFC 6749 section 4.1.2).
func (gs *grants) exchange(code, clientID, redirectURI, verifier string, now time.Time) (grant, *oauthError) {
	invalid := func(description string) *oauthError {
		e := badRequest(description)
		e.Code = "invalid_grant"
		return e
	}
	gs.mu.Lock()
	defer gs.mu.Unlock()
	g := gs.byCode[code]
	if g == nil {
		return grant{}, invalid("the code is unknown")
	}
	if g.codeUsed {
		g.accessToken = ""
		return grant{}, invalid("the code was used before")
	}
	g.codeUsed = true
	switch {
	case !now.Before(g.codeExpires):
		return grant{}, invalid("the code is expired")
	case g.clientID != clientID:
		return grant{}, invalid("the code is for another client")
	case g.redirectURI != redirectURI:
		return grant{}, invalid("redirect_uri is not the one of the authorization request")
	case !verifies(verifier, g.challenge):
		return grant{}, invalid("code_verifier does not fit code_challenge")
	}
	g.accessToken, g.accessExpires = random(alphanumeric, 43), now.Add(accessLifetime)
	return *g, nil
}

// verifies is the check of RFC 7636 section 4.6. A verifier without a challenge
// is refused as well: the challenge was taken out on the way (RFC 9700 section
// 4.8.2).
func verifies(verifier, challenge string) bool {
	if challenge == "" || verifier == "" {
		return challenge == verifier
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) == 1
}

// withAccess returns the grant of an access token.
func (gs *grants) withAccess(token string, now time.Time) (grant, bool) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	for _, g := range gs.byCode {
		if token != "" && g.accessToken == token && now.Before(g.accessExpires) {
			return *g, true
		}
	}
	return grant{}, false
}

func (gs *grants) reset() {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	gs.byCode = nil
}
