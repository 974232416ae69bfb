package signout

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/jwt"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/keys"
)

const (
	testClient = "0oatestclient0000001"
	testIssuer = "https://login.example.com/oauth2/default"
	testOrg    = "https://login.example.com"
	testSite   = "https://app.example.com"
	testAud    = testSite + "/passkeys/universal-logout"
)

var errDown = fmt.Errorf("%w: down", provider.ErrKeysUnavailable)

// keyring stands for the provider's keys, and counts how often they are asked.
type keyring struct {
	name  string
	asked int
	down  bool
}

func (k *keyring) VerifySignature(_ context.Context, jwt string) ([]byte, error) {
	k.asked++
	if k.down {
		return nil, fmt.Errorf("read: %w", errDown)
	}
	jws, err := jose.ParseSignedCompact(jwt, provider.SigningAlgorithms())
	if err != nil {
		return nil, err
	}
	return jws.Verify(&keys.RSA(k.name).PublicKey)
}

// recorder records what ended, and is the replay record and the cookies too.
type recorder struct {
	ended   []string
	err     error
	seen    map[string]time.Duration
	seenErr error
	cleared int
}

func (e *recorder) note(parts ...string) error {
	e.ended = append(e.ended, strings.Join(parts, " "))
	return e.err
}

func (e *recorder) EndProviderSession(_ context.Context, iss, sid string) error {
	return e.note("session", iss, sid)
}

func (e *recorder) EndSubject(_ context.Context, iss, sub string) error {
	return e.note("subject", iss, sub)
}
func (e *recorder) EndEmail(_ context.Context, email string) error { return e.note("email", email) }

func (e *recorder) Once(_ context.Context, key string, ttl time.Duration) (bool, error) {
	if e.seenErr != nil {
		return false, e.seenErr
	}
	_, again := e.seen[key]
	e.seen[key] = ttl
	return !again, nil
}

func (e *recorder) End(http.ResponseWriter, *http.Request) { e.cleared++ }

// fixture is a Handler with everything around it observed.
type fixture struct {
	t *testing.T
	*Handler
	recorder
	site, org *keyring
	now       time.Time
	logs      bytes.Buffer
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, now: time.Now().Truncate(time.Second), site: &keyring{name: "site"}, org: &keyring{name: "org"}}
	f.seen = map[string]time.Duration{}
	origins, err := origin.ParseSet([]string{testSite, "https://www.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	f.Handler, err = New(Config{
		ClientID: testClient, Issuer: Issuer{testIssuer, f.site}, Org: Issuer{testOrg, f.org},
		Origins: origins, BasePath: "/passkeys", Now: func() time.Time { return f.now },
	}, f, f, f, slog.New(slog.NewTextHandler(&f.logs, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// universalClaims are those of a good Universal Logout token.
func (f *fixture) universalClaims() map[string]any {
	return map[string]any{
		"jti": rand.Text(), "iss": testOrg, "sub": testClient, "aud": testAud,
		"iat": f.now.Unix(), "nbf": f.now.Add(-5 * time.Minute).Unix(), "exp": f.now.Add(5 * time.Minute).Unix(),
	}
}

// sign makes a token with a key of that name.
func (f *fixture) sign(key string, header map[string]any, claims map[string]any) string {
	f.t.Helper()
	return jwt.Sign(f.t, jose.SigningKey{Algorithm: jose.RS256, Key: keys.RSA(key)}, header, claims)
}

var universalHeader = map[string]any{"typ": "global-token-revocation+jwt", "kid": "k1"}

const (
	aliceByEmail   = `{"sub_id":{"format":"email","email":"alice@acme.test"}}`
	aliceBySubject = `{"sub_id":{"format":"iss_sub","iss":"` + testOrg + `","sub":"00ualice"}}`
)

// universal posts a request; a token of "-" sends no Authorization header.
func (f *fixture) universal(token, body string, headers ...string) *httptest.ResponseRecorder {
	f.t.Helper()
	r := httptest.NewRequestWithContext(f.t.Context(), http.MethodPost, testAud, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if token != "-" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Add(pair[0], pair[1])
	}
	w := httptest.NewRecorder()
	f.UniversalLogout(w, r)
	return w
}

func (f *fixture) wantStatus(name string, w *httptest.ResponseRecorder, status int) {
	f.t.Helper()
	if w.Code != status {
		f.t.Errorf("%s: status %d %s, want %d; log: %s", name, w.Code, w.Body, status, f.logs.String())
	}
	if w.Header().Get("Cache-Control") != "no-store" {
		f.t.Errorf("%s: the answer may be cached", name)
	}
	if challenge := w.Header().Get("WWW-Authenticate"); (w.Code == http.StatusUnauthorized) != strings.HasPrefix(challenge, "Bearer ") {
		f.t.Errorf("%s: status %d with challenge %q", name, w.Code, challenge)
	}
}

func (f *fixture) wantEnded(name string, want ...string) {
	f.t.Helper()
	if strings.Join(f.ended, ",") != strings.Join(want, ",") {
		f.t.Errorf("%s: ended %q, want %q", name, f.ended, want)
	}
}
