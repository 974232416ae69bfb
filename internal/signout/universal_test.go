package signout

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/passkey-sidecar/passkey-sidecar/internal/quietlog"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/jwt"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/keys"
)

func TestUniversalLogoutEndsAUsersSessions(t *testing.T) {
	for name, tc := range map[string]struct {
		issuer, key, body, want string
	}{
		"by e-mail, signed by the org":                 {testOrg, "org", aliceByEmail, "email alice@acme.test"},
		"by e-mail, signed by the issuer":              {testIssuer, "site", aliceByEmail, "email alice@acme.test"},
		"by subject at the org":                        {testOrg, "org", aliceBySubject, "subject " + testIssuer + " 00ualice"},
		"by subject at the issuer":                     {testIssuer, "site", strings.Replace(aliceBySubject, testOrg, testIssuer, 1), "subject " + testIssuer + " 00ualice"},
		"by the name that Okta's guide had for sub_id": {testOrg, "org", strings.Replace(aliceByEmail, "sub_id", "subject", 1), "email alice@acme.test"},
	} {
		f := newFixture(t)
		claims := f.universalClaims()
		claims["iss"] = tc.issuer
		token := f.sign(tc.key, universalHeader, claims)
		w := f.universal(token, tc.body)
		f.wantStatus(name, w, http.StatusNoContent)
		f.wantEnded(name, tc.want)
		if w.Body.Len() != 0 {
			t.Errorf("%s: 204 with a body", name)
		}
		for _, secret := range []string{token, "alice@acme.test"} {
			if strings.Contains(f.logs.String(), secret) {
				t.Errorf("%s: the log holds %s", name, secret)
			}
		}
	}
}

func TestUniversalLogoutAtAnyOfOurOrigins(t *testing.T) {
	f := newFixture(t)
	claims := f.universalClaims()
	claims["aud"] = []string{"https://www.example.com/passkeys/universal-logout"}
	f.wantStatus("second origin", f.universal(f.sign("org", universalHeader, claims), aliceByEmail), http.StatusNoContent)
}

// change makes a good token a bad one.
type change = func(f *fixture, header, claims map[string]any)

func setClaim(name string, value any) change {
	return func(_ *fixture, _, claims map[string]any) { claims[name] = value }
}

func dropClaim(name string) change {
	return func(_ *fixture, _, claims map[string]any) { delete(claims, name) }
}

func setHeader(name string, value any) change {
	return func(_ *fixture, header, _ map[string]any) { header[name] = value }
}

// claimIn sets a claim to a time from now, by the fixture's clock.
func claimIn(name string, d time.Duration) change {
	return func(f *fixture, _, claims map[string]any) { claims[name] = f.now.Add(d).Unix() }
}

// refusedUniversalLogouts are the tokens that can be refused by what they say of
// themselves, and the status of the refusal.
var refusedUniversalLogouts = map[string]struct {
	change change
	status int
}{
	"an ID token as a revocation token":         {setHeader("typ", "JWT"), http.StatusUnauthorized},
	"a logout token as a revocation token":      {setHeader("typ", "logout+jwt"), http.StatusUnauthorized},
	"a token without a type":                    {func(_ *fixture, header, _ map[string]any) { delete(header, "typ") }, http.StatusUnauthorized},
	"an empty type":                             {setHeader("typ", ""), http.StatusUnauthorized},
	"a type with a trailing part":               {setHeader("typ", "global-token-revocation+jwt;x"), http.StatusUnauthorized},
	"a huge kid":                                {setHeader("kid", strings.Repeat("k", 300)), http.StatusUnauthorized},
	"another issuer":                            {setClaim("iss", "https://evil.example"), http.StatusUnauthorized},
	"the issuer with a trailing slash":          {setClaim("iss", testOrg+"/"), http.StatusUnauthorized},
	"a host that begins as the issuer's":        {setClaim("iss", testOrg+".evil.example"), http.StatusUnauthorized},
	"an empty issuer":                           {setClaim("iss", ""), http.StatusUnauthorized},
	"no issuer":                                 {dropClaim("iss"), http.StatusUnauthorized},
	"a list of issuers":                         {setClaim("iss", []string{testOrg}), http.StatusUnauthorized},
	"another application's token":               {setClaim("sub", "0oaother"), http.StatusForbidden},
	"a token without a subject":                 {dropClaim("sub"), http.StatusForbidden},
	"a token for another site":                  {setClaim("aud", "https://other.example.com/passkeys/universal-logout"), http.StatusUnauthorized},
	"a token for our host by http":              {setClaim("aud", "http://app.example.com/passkeys/universal-logout"), http.StatusUnauthorized},
	"a token for another endpoint of ours":      {setClaim("aud", testSite+"/passkeys/backchannel-logout"), http.StatusUnauthorized},
	"an ID token's audience":                    {setClaim("aud", testClient), http.StatusUnauthorized},
	"a token for us and somebody else":          {setClaim("aud", []string{testAud, "https://other.example.com"}), http.StatusUnauthorized},
	"an audience with a query":                  {setClaim("aud", testAud+"?x"), http.StatusUnauthorized},
	"no audience":                               {dropClaim("aud"), http.StatusUnauthorized},
	"an expired token":                          {claimIn("exp", -61*time.Second), http.StatusUnauthorized},
	"a token that never expires":                {dropClaim("exp"), http.StatusUnauthorized},
	"an expiry beyond all dates":                {setClaim("exp", 1e300), http.StatusUnauthorized},
	"an expiry that is text":                    {setClaim("exp", "soon"), http.StatusUnauthorized},
	"a token that lives for years":              {claimIn("exp", 10000*time.Hour), http.StatusUnauthorized},
	"a token from the future":                   {claimIn("iat", 2*time.Minute), http.StatusUnauthorized},
	"a token of unknown age":                    {dropClaim("iat"), http.StatusUnauthorized},
	"a token that is not valid yet":             {claimIn("nbf", 2*time.Minute), http.StatusUnauthorized},
	"a token that cannot be told from a replay": {dropClaim("jti"), http.StatusUnauthorized},
	"an empty jti":                              {setClaim("jti", ""), http.StatusUnauthorized},
	"a huge jti":                                {setClaim("jti", strings.Repeat("j", 257)), http.StatusUnauthorized},
}

// TestUniversalLogoutRefusesBeforeItFetches: the keys are not asked once.
func TestUniversalLogoutRefusesBeforeItFetches(t *testing.T) {
	for name, tc := range refusedUniversalLogouts {
		f := newFixture(t)
		claims, head := f.universalClaims(), maps.Clone(universalHeader)
		tc.change(f, head, claims)
		f.wantStatus(name, f.universal(f.sign("org", head, claims), aliceByEmail), tc.status)
		f.wantEnded(name)
		if f.site.asked+f.org.asked != 0 {
			t.Errorf("%s: the keys were asked for", name)
		}
		if len(f.seen) != 0 {
			t.Errorf("%s: a record against replay was made for it", name)
		}
	}
}

// TestUniversalLogoutAlgorithmConfusion signs with what everybody knows.
func TestUniversalLogoutAlgorithmConfusion(t *testing.T) {
	f := newFixture(t)
	public, err := x509.MarshalPKIXPublicKey(&keys.RSA("org").PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(f.universalClaims())
	if err != nil {
		t.Fatal(err)
	}
	enc := base64.RawURLEncoding
	none := enc.EncodeToString([]byte(`{"typ":"global-token-revocation+jwt","alg":"none"}`)) + "." + enc.EncodeToString(payload) + "."
	for name, token := range map[string]string{
		"alg none":                        none,
		"HS256 keyed with the public key": jwt.Sign(t, jose.SigningKey{Algorithm: jose.HS256, Key: public}, universalHeader, f.universalClaims()),
	} {
		f.wantStatus(name, f.universal(token, aliceByEmail), http.StatusUnauthorized)
		f.wantEnded(name)
	}
	if f.org.asked != 0 {
		t.Error("the keys were asked for")
	}
}

func TestUniversalLogoutWithForeignSignature(t *testing.T) {
	f := newFixture(t)
	good := f.sign("org", universalHeader, f.universalClaims())
	parts := strings.Split(good, ".")
	other := f.universalClaims()
	other["jti"] = "x"
	swapped := strings.Split(f.sign("org", universalHeader, other), ".")
	byIssuer := f.universalClaims()
	byIssuer["iss"] = testIssuer
	for name, token := range map[string]string{
		"signed by a stranger":                    f.sign("strange", universalHeader, f.universalClaims()),
		"the issuer's key for the org's name":     f.sign("site", universalHeader, f.universalClaims()),
		"the org's key for the issuer's name":     f.sign("org", universalHeader, byIssuer),
		"a signature of another payload":          parts[0] + "." + swapped[1] + "." + parts[2],
		"a signature cut off":                     parts[0] + "." + parts[1] + ".",
		"a key that the token brings with itself": jwt.Sign(t, jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: keys.RSA("strange"), KeyID: "k1"}}, map[string]any{"typ": "global-token-revocation+jwt", "jwk": jose.JSONWebKey{Key: keys.RSA("strange").Public(), KeyID: "k1"}}, f.universalClaims()),
	} {
		f.wantStatus(name, f.universal(token, aliceByEmail), http.StatusUnauthorized)
		f.wantEnded(name)
	}
	if len(f.seen) != 0 {
		t.Error("a record against replay was made for a forged token: anybody could fill the memory")
	}
}

func TestUniversalLogoutWithoutOneBearerToken(t *testing.T) {
	f := newFixture(t)
	good := func() string { return f.sign("org", universalHeader, f.universalClaims()) }
	w := f.universal("-", aliceByEmail)
	f.wantStatus("no token", w, http.StatusUnauthorized)
	if challenge := w.Header().Get("WWW-Authenticate"); strings.Contains(challenge, "error") {
		t.Errorf("a request without a token is challenged with %q", challenge)
	}
	f.wantStatus("basic credentials", f.universal("-", aliceByEmail, "Authorization", "Basic "+good()), http.StatusUnauthorized)
	f.wantStatus("two headers", f.universal(good(), aliceByEmail, "Authorization", "Bearer x"), http.StatusUnauthorized)
	f.wantStatus("an empty token", f.universal("", aliceByEmail), http.StatusUnauthorized)
	f.wantStatus("a huge token", f.universal(good()+strings.Repeat("x", maxToken), aliceByEmail), http.StatusUnauthorized)
	f.wantStatus("no token at all but words", f.universal("a.b.c", aliceByEmail), http.StatusUnauthorized)
	f.wantEnded("none")
	if f.org.asked != 0 {
		t.Error("the keys were asked for")
	}
}

func TestUniversalLogoutThatCannotBeRecorded(t *testing.T) {
	f := newFixture(t)
	f.err = errors.New("shared state down")
	f.wantStatus("down", f.universal(f.sign("org", universalHeader, f.universalClaims()), aliceByEmail), http.StatusUnprocessableEntity)
}

func TestUniversalLogoutWithoutKeys(t *testing.T) {
	f := newFixture(t)
	f.org.down = true
	w := f.universal(f.sign("org", universalHeader, f.universalClaims()), aliceByEmail)
	f.wantStatus("down", w, http.StatusServiceUnavailable)
	f.wantEnded("down")
	if w.Header().Get("Retry-After") == "" || len(f.seen) != 0 {
		t.Error("no Retry-After, or the token was used up")
	}
}

func TestReplayedUniversalLogout(t *testing.T) {
	f := newFixture(t)
	token := f.sign("org", universalHeader, f.universalClaims())
	f.wantStatus("first", f.universal(token, aliceByEmail), http.StatusNoContent)
	f.wantStatus("replay", f.universal(token, aliceByEmail), http.StatusUnauthorized)
	f.wantStatus("replay for another user", f.universal(token, strings.Replace(aliceByEmail, "alice", "bob", 1)), http.StatusUnauthorized)
	f.wantEnded("once", "email alice@acme.test")
	for _, ttl := range f.seen {
		if ttl < 5*time.Minute || ttl > 10*time.Minute {
			t.Errorf("the record against replay is kept for %s; the token lives for 5m", ttl)
		}
	}
	// The same jti by another issuer is another token.
	claims := f.universalClaims()
	claims["jti"], claims["iss"] = "same", testIssuer
	f.wantStatus("issuer", f.universal(f.sign("site", universalHeader, claims), aliceByEmail), http.StatusNoContent)
	claims["iss"] = testOrg
	f.wantStatus("org", f.universal(f.sign("org", universalHeader, claims), aliceByEmail), http.StatusNoContent)
}

// Sign-out is the safe direction: it goes on when a replay cannot be told.
func TestUniversalLogoutWithReplayRecordDown(t *testing.T) {
	f := newFixture(t)
	f.seenErr = errors.New("shared state down")
	f.wantStatus("down", f.universal(f.sign("org", universalHeader, f.universalClaims()), aliceByEmail), http.StatusNoContent)
	f.wantEnded("down", "email alice@acme.test")
	if !strings.Contains(f.logs.String(), "not checked for replay") {
		t.Error("no log line")
	}
}

// TestFloodOfForgedRequestsDoesNotFloodTheLog posts as fast as it can.
func TestFloodOfForgedRequestsDoesNotFloodTheLog(t *testing.T) {
	f := newFixture(t)
	for range 1000 {
		f.universal("x", aliceByEmail)
	}
	if n := strings.Count(f.logs.String(), "refused"); n != quietlog.PerMinute {
		t.Errorf("%d lines for a thousand requests in a minute, want %d", n, quietlog.PerMinute)
	}
	f.now = f.now.Add(time.Minute)
	f.universal("x", aliceByEmail)
	if !strings.Contains(f.logs.String(), "not_logged=990") {
		t.Error("the log does not tell how many are missing")
	}
	f.now = f.now.Add(time.Minute)
	claims := f.universalClaims()
	claims["iss"] = "evil\r\nlevel=ERROR msg=forged"
	f.universal(f.sign("org", universalHeader, claims), aliceByEmail)
	if strings.Contains(f.logs.String(), "\nlevel=ERROR") {
		t.Error("a token wrote a line of its own into the log")
	}
}
