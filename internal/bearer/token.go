package bearer

import (
	"net/http"
	"slices"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
)

// maxToken bounds a token before anything of it is parsed, in bytes. A token
// with a hundred groups has some ten thousand.
const maxToken = 16 << 10

// refusal is why a token is not valid, told to whoever sent it.
type refusal string

func (r refusal) Error() string { return string(r) }

const (
	errSeveral   refusal = "There is more than one Authorization field."
	errForm      refusal = "It is not a signed JWT in compact form."
	errSize      refusal = "It is too long."
	errAlgorithm refusal = "It is signed with an algorithm that is not taken here."
	errType      refusal = "It is not an access token."
	errBound     refusal = "It is bound to a key (DPoP or a certificate) and so is no bearer token."
	errIssuer    refusal = "It is of another issuer."
	errAudience  refusal = "It is for another audience."
	errExpired   refusal = "It has expired, or does not say when it does."
	errNotYet    refusal = "It is not valid yet, or does not say since when it is; compare the clocks."
	errSubject   refusal = "It does not say who it is for."
	errSignature refusal = "Its signature does not hold."
	errRevoked   refusal = "It has been revoked."
)

// tokenOf takes the token out of the Authorization field (RFC 6750 section 2.1).
func tokenOf(header http.Header) (string, error) {
	lines := header["Authorization"]
	if len(lines) != 1 {
		return "", errSeveral
	}
	scheme, raw, _ := strings.Cut(strings.TrimSpace(lines[0]), " ")
	raw = strings.TrimLeft(raw, " ")
	switch {
	case len(raw) > maxToken:
		return "", errSize
	case !strings.EqualFold(scheme, "bearer") || !compact(raw):
		return "", errForm
	}
	return raw, nil
}

// compact reports whether raw is three parts of base64url, none empty (RFC 7515
// section 7.1). An unsigned JWT has an empty third one.
func compact(raw string) bool {
	part, parts := 0, 1
	for i := range len(raw) {
		switch c := raw[i]; {
		case c == '.' && part == 0:
			return false
		case c == '.':
			part = 0
			parts++
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
			part++
		default:
			return false
		}
	}
	return parts == 3 && part > 0
}

// token is a parsed JWT.
type token struct {
	header, claims claims.Set
}

func parse(raw string) (*token, error) {
	header, payload, err := claims.Unverified(raw)
	if err != nil {
		return nil, errForm
	}
	return &token{header, payload}, nil
}

// text returns a member that is a string, else "".
func text(s claims.Set, name string) string {
	v, _ := s.Text(name, maxToken)
	return v
}

// check refuses what needs no key to be refused.
func (v *Verifier) check(t *token) error {
	now := v.config.Now()
	latest := now.Add(provider.Skew) // a token's end is not stretched by it
	expires, noEnd := t.claims.Time("exp")
	issued, noStart := t.claims.Time("iat")
	begins, noDelay := t.claims.Time("nbf")
	switch {
	case t.header.Has("crit"): // we know no extension (RFC 7515 section 4.1.11)
		return errForm
	case !provider.IsSigningAlgorithm(text(t.header, "alg")):
		return errAlgorithm
	case !t.access():
		return errType
	case t.claims.Has("cnf"):
		return errBound
	case text(t.claims, "iss") != v.config.Issuer:
		return errIssuer
	case !t.forOneOf(v.config.Audiences):
		return errAudience
	case noEnd != nil || !now.Before(expires): // without exp it ended long ago
		return errExpired
	case noStart != nil || issued.IsZero() || issued.After(latest) || noDelay != nil || begins.After(latest):
		return errNotYet
	case t.subject() == "":
		return errSubject
	}
	return nil
}

// access reports whether it is an access token. The issuer signs its other tokens
// with the same keys. RFC 9068 gives access tokens a type of their own; Okta writes
// none and Auth0 writes JWT, as both do in ID tokens. There the claims decide: some
// are in access tokens only, others in ID tokens only.
func (t *token) access() bool {
	if t.claims.Has("events") { // a security event, like a logout token (RFC 8417)
		return false
	}
	typ := strings.ToLower(text(t.header, "typ"))
	switch strings.TrimPrefix(typ, "application/") {
	case "at+jwt":
		return true
	case "jwt":
	default:
		if t.header.Has("typ") {
			return false
		}
	}
	return t.claims.Has("scp", "scope", "cid", "client_id") && !t.claims.Has("nonce", "at_hash", "c_hash", "s_hash")
}

// forOneOf compares the aud claim exactly.
func (t *token) forOneOf(audiences []string) bool {
	return slices.ContainsFunc(t.claims.Audiences(), func(name string) bool { return name != "" && slices.Contains(audiences, name) })
}

// subject returns the user as ID tokens name them. In Okta's access tokens, which have
// cid, that is uid. Their sub is the user's login, which can be renamed, and chosen to
// look like another's ID. A token of a client on its own has no uid, and its sub is the
// client's ID.
func (t *token) subject() string {
	if uid := text(t.claims, "uid"); uid != "" && t.claims.Has("cid") {
		return uid
	}
	return text(t.claims, "sub")
}

// client returns the client that the token was issued to, for the log.
func (t *token) client() string {
	for _, name := range []string{"client_id", "cid", "azp"} {
		if id := text(t.claims, name); id != "" && len(id) <= claims.MaxText {
			return id
		}
	}
	return ""
}
