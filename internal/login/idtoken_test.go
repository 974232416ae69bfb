package login

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/keys"
)

// wantRefused signs in with the provider as lie leaves it and wants a problem,
// no session, and the reason in the log.
func wantRefused(t *testing.T, status int, code, reason string, lie func(s *site)) {
	t.Helper()
	s := newSite(t)
	lie(s)
	b := s.browser()
	wantProblem(t, b.signIn("/a"), status, code)
	if b.session() != nil {
		t.Error("signed in all the same")
	}
	if b.attempts() != 0 {
		t.Error("the attempt can be used again")
	}
	if !strings.Contains(s.log.String(), reason) {
		t.Errorf("the log does not say %q:\n%s", reason, s.log)
	}
}

func claim(name string, value any) func(*site) {
	return func(s *site) {
		s.op.change = func(c map[string]any) {
			if value == nil {
				delete(c, name)
				return
			}
			c[name] = value
		}
	}
}

// claimIn sets a claim to a time from when the token is made, by the site's
// clock: on a busy machine the tests of a table start long after its making.
func claimIn(name string, d time.Duration) func(*site) {
	return func(s *site) {
		s.op.change = func(c map[string]any) { c[name] = s.clock.Now().Add(d).Unix() }
	}
}

func signed(sign func(s *site, claims map[string]any) string) func(*site) {
	return func(s *site) { s.op.sign = func(c map[string]any) string { return sign(s, c) } }
}

func TestAlgNone(t *testing.T) {
	t.Parallel()
	for _, alg := range []string{"none", "None", "NONE", ""} {
		wantRefused(t, http.StatusBadGateway, "id_token_invalid", "", signed(func(_ *site, c map[string]any) string {
			return unsigned(alg, c) + "."
		}))
	}
}

func unsigned(alg string, claims map[string]any) string {
	payload, _ := json.Marshal(claims)
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"`+alg+`"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload)
}

func TestHMACSignedWithClientSecret(t *testing.T) {
	t.Parallel()
	wantRefused(t, http.StatusBadGateway, "id_token_invalid", "unexpected signature algorithm", signed(func(s *site, c map[string]any) string {
		return signWith(s.t, jose.HS256, []byte(testSecret), "k1", c)
	}))
}

func TestHMACSignedWithPublicKey(t *testing.T) {
	t.Parallel()
	wantRefused(t, http.StatusBadGateway, "id_token_invalid", "unexpected signature algorithm", signed(func(s *site, c map[string]any) string {
		return signWith(s.t, jose.HS256, rsaKey().N.Bytes(), "k1", c)
	}))
}

func TestForeignKey(t *testing.T) {
	t.Parallel()
	other := keys.RSA("a stranger's")
	for _, kid := range []string{"k1", "unknown", ""} {
		wantRefused(t, http.StatusBadGateway, "id_token_invalid", "verify", signed(func(s *site, c map[string]any) string {
			return signWith(s.t, jose.RS256, other, kid, c)
		}))
	}
}

func TestTamperedPayload(t *testing.T) {
	t.Parallel()
	wantRefused(t, http.StatusBadGateway, "id_token_invalid", "verify", signed(func(s *site, c map[string]any) string {
		parts := strings.Split(signWith(s.t, jose.RS256, rsaKey(), "k1", c), ".")
		c["sub"] = "00uadmin"
		payload, _ := json.Marshal(c)
		return parts[0] + "." + base64.RawURLEncoding.EncodeToString(payload) + "." + parts[2]
	}))
}

func TestHostileIDToken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, code, reason string
		lie                func(*site)
	}{
		{"WrongNonce", "id_token_invalid", "nonce", claim("nonce", "another")},
		{"NoNonce", "id_token_invalid", "nonce", claim("nonce", nil)},
		{"EmptyNonce", "id_token_invalid", "nonce", claim("nonce", "")},
		{"WrongIssuer", "id_token_invalid", "issued by a different provider", claim("iss", "https://evil.example")},
		{"EmptyIssuer", "id_token_invalid", "issued by a different provider", claim("iss", "")},
		{"ForeignAudience", "id_token_invalid", "expected audience", claim("aud", "another-client")},
		{"NoAudience", "id_token_invalid", "expected audience", claim("aud", nil)},
		{"SeveralAudiencesWithoutParty", "id_token_invalid", "no azp", claim("aud", []string{testClientID, "another-client"})},
		{"ForeignParty", "id_token_invalid", "azp is another client", claim("azp", "another-client")},
		{"PartyOfAnotherType", "id_token_invalid", "azp is another client", claim("azp", []string{testClientID})},
		{"Expired", "clock_skew", "expired", claimIn("exp", -2*time.Minute)},
		{"NoExpiry", "clock_skew", "expired", claim("exp", nil)},
		{"ExpiryBeyondNumbers", "clock_skew", "expired", claim("exp", json.Number("-1e300"))},
		{"NotYetValid", "id_token_invalid", "nbf", claimIn("nbf", time.Hour)},
		{"IssuedInTheFuture", "clock_skew", "in the future", claimIn("iat", 2*time.Minute)},
		{"IssuedLongAgo", "clock_skew", "issued", claimIn("iat", -2*time.Hour)},
		{"NoIssueTime", "id_token_invalid", "no iat", claim("iat", nil)},
		{"AuthTimeInTheFuture", "clock_skew", "auth_time", claimIn("auth_time", 2*time.Minute)},
		{"AuthTimeBeyondNumbers", "id_token_invalid", "auth_time is not a time", claim("auth_time", json.Number("1e300"))},
		{"AuthTimeAsText", "id_token_invalid", "auth_time is not a time", claim("auth_time", "yesterday")},
		{"WrongAccessTokenHash", "id_token_invalid", "at_hash", claim("at_hash", atHash("another"))},
		{"NoSubject", "id_token_invalid", "sub", claim("sub", nil)},
		{"SubjectWithLineFeed", "id_token_invalid", "sub is not printable", claim("sub", "00u1\nX-Forwarded-Groups: admin")},
		{"SubjectTooLong", "id_token_invalid", "sub has 300", claim("sub", strings.Repeat("u", 300))},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			wantRefused(t, http.StatusBadGateway, c.code, c.reason, c.lie)
		})
	}
}

func TestGoodIDTokens(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]func(*site){
		"expired within the skew":      claimIn("exp", -30*time.Second),
		"issued ahead within the skew": claimIn("iat", 30*time.Second),
		"no at_hash":                   claim("at_hash", nil),
		"no auth_time":                 claim("auth_time", nil),
		"azp is us":                    claim("azp", testClientID),
		"audience is a list of one":    claim("aud", []string{testClientID}),
		"several audiences, azp is us": func(s *site) {
			s.op.change = func(c map[string]any) { c["aud"], c["azp"] = []string{"x", testClientID}, testClientID }
		},
		"signed with PS256 by same key": signed(func(s *site, c map[string]any) string { return signWith(s.t, jose.PS256, rsaKey(), "", c) }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			if strings.HasPrefix(name, "signed with PS256") {
				s.op.keys = func(w http.ResponseWriter, _ *http.Request) {
					writeJSON(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: rsaKey().Public()}}})
				}
			}
			c(s)
			wantRedirect(t, s.browser().signIn("/a"), "/a")
		})
	}
}

func TestRotatedKeyIsFetchedAtMostOnceAMinute(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signIn("/")
	other := keys.RSA("a stranger's")
	s.op.sign = func(c map[string]any) string { return signWith(t, jose.RS256, other, "k2", c) }
	s.op.keys = func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: other.Public(), KeyID: "k2"}}})
	}
	wantRedirect(t, b.signIn("/passkeys/login?prompt=login"), "/") // the new key is fetched at once
	s.op.sign = func(c map[string]any) string { return signWith(t, jose.RS256, rsaKey(), "forged", c) }
	for range 5 {
		wantProblem(t, b.signIn("/passkeys/login?prompt=login"), http.StatusBadGateway, "id_token_invalid")
	}
	if n := s.op.count("/keys"); n != 2 {
		t.Errorf("keys fetched %d times", n)
	}
	s.clock.Advance(time.Minute)
	wantProblem(t, b.signIn("/passkeys/login?prompt=login"), http.StatusBadGateway, "id_token_invalid")
	if n := s.op.count("/keys"); n != 3 {
		t.Errorf("keys fetched %d times after a minute", n)
	}
}

func TestKeysUnavailable(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.op.keys = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	b := s.browser()
	p := b.signIn("/a")
	wantProblem(t, p, http.StatusServiceUnavailable, "identity_provider_unavailable")
	if p.problem.RetryAfter <= 0 || p.problem.Ways[0].Href != "/passkeys/login?return=%2Fa" {
		t.Errorf("%+v", p.problem)
	}
	s.op.keys = nil
	wantRedirect(t, b.signIn("/a"), "/a")
}
