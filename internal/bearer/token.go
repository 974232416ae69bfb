package bearer

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/login"
)

// maxToken bounds a token before anything of it is parsed, in bytes. A token
// with a hundred groups has some ten thousand.
const maxToken = 16 << 10

// refusal is why a token does not hold, told to whoever sent it.
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

// compact tells whether raw is three parts of base64url, none empty (RFC 7515
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

// token is a parsed JWT. Names are compared exactly: maps of JSON tell case
// apart, unlike Go's structs.
type token struct {
	header, claims map[string]json.RawMessage
}

func parse(raw string) (*token, error) {
	head, rest, _ := strings.Cut(raw, ".")
	body, _, _ := strings.Cut(rest, ".")
	t := new(token)
	for _, p := range []struct {
		encoded string
		to      *map[string]json.RawMessage
	}{{head, &t.header}, {body, &t.claims}} {
		decoded, err := base64.RawURLEncoding.DecodeString(p.encoded)
		if err != nil {
			return nil, errForm
		}
		if *p.to, err = object(decoded); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func object(raw []byte) (map[string]json.RawMessage, error) {
	var o map[string]json.RawMessage
	if json.Unmarshal(raw, &o) != nil || o == nil {
		return nil, errForm
	}
	return o, nil
}

// text returns a member that is a string, else "".
func text(o map[string]json.RawMessage, name string) string {
	var s string
	if json.Unmarshal(o[name], &s) != nil {
		return ""
	}
	return s
}

func (t *token) has(claims ...string) bool {
	return slices.ContainsFunc(claims, func(name string) bool { _, ok := t.claims[name]; return ok })
}

// time returns a claim that is a NumericDate (RFC 7519 section 2).
func (t *token) time(claim string) (at time.Time, ok bool) {
	var seconds float64
	raw := t.claims[claim]
	// Beyond the year 9999 conversions to integers and dates go wrong.
	if string(raw) == "null" || json.Unmarshal(raw, &seconds) != nil || seconds < 0 || seconds > 253402300799 || math.IsNaN(seconds) {
		return time.Time{}, false
	}
	return time.Unix(int64(seconds), 0), true
}

// check refuses what needs no key to be refused.
func (v *Verifier) check(t *token) error {
	_, critical := t.header["crit"] // we know no extension (RFC 7515 section 4.1.11)
	now := v.config.Now()
	latest := now.Add(v.config.Skew)
	expires, ends := t.time("exp")
	issued, dated := t.time("iat")
	begins, delayed := t.time("nbf")
	switch {
	case critical:
		return errForm
	case !slices.Contains(login.SigningAlgorithms(), text(t.header, "alg")):
		return errAlgorithm
	case !t.access():
		return errType
	case t.has("cnf"):
		return errBound
	case text(t.claims, "iss") != v.config.Issuer:
		return errIssuer
	case !t.forOneOf(v.config.Audiences):
		return errAudience
	case !ends || !now.Before(expires):
		return errExpired
	case !dated || issued.After(latest) || t.has("nbf") && !delayed || begins.After(latest):
		return errNotYet
	case t.subject() == "":
		return errSubject
	}
	return nil
}

// access tells an access token from the other tokens that the issuer signs with
// the same keys. RFC 9068 gives it a type of its own. Okta writes none and Auth0
// JWT, as in ID tokens; there, what only the one or the other holds must tell.
func (t *token) access() bool {
	if t.has("events") { // a security event, like a logout token (RFC 8417)
		return false
	}
	typ := strings.ToLower(text(t.header, "typ"))
	switch strings.TrimPrefix(typ, "application/") {
	case "at+jwt":
		return true
	case "jwt":
	default:
		if _, there := t.header["typ"]; there {
			return false
		}
	}
	return t.has("scp", "scope", "cid", "client_id") && !t.has("nonce", "at_hash", "c_hash", "s_hash")
}

// forOneOf compares the aud claim, a name or a list of names, exactly.
func (t *token) forOneOf(audiences []string) bool {
	raw := t.claims["aud"]
	var list []string
	if json.Unmarshal(raw, &list) != nil {
		list = []string{text(t.claims, "aud")}
	}
	return slices.ContainsFunc(list, func(name string) bool { return name != "" && slices.Contains(audiences, name) })
}

// subject returns the user as ID tokens name them. In Okta's access tokens (those
// with cid) that is uid: their sub is the user's login, which can be renamed, and
// chosen to look like another's ID. The token of a client on its own has no uid,
// and the client's ID as its sub.
func (t *token) subject() string {
	if uid := text(t.claims, "uid"); uid != "" && t.has("cid") {
		return uid
	}
	return text(t.claims, "sub")
}

// client returns the client that the token was issued to, for the log.
func (t *token) client() string {
	for _, name := range []string{"client_id", "cid", "azp"} {
		if id := text(t.claims, name); id != "" && len(id) <= 256 {
			return id
		}
	}
	return ""
}
