package login

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/clock"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/jwt"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/keys"
)

const (
	testClientID = "0oatestclient0000001"
	testSecret   = "client-secret-that-must-not-leak"
)

func rsaKey() *rsa.PrivateKey { return keys.RSA("k1") }

// op is an OpenID provider that can be told to lie. It has a code of its own:
// sharing one with the relying party would share its bugs.
type op struct {
	*httptest.Server
	t     *testing.T
	clock *clock.Clock

	mu       sync.Mutex
	codes    map[string]url.Values // authorization request by code
	calls    map[string]int        // by path
	withdraw bool                  // answer discovery with 503

	// slash ends the issuer with a slash, as Auth0 does.
	slash bool
	// change edits the claims of the ID token before it is signed.
	change func(claims map[string]any)
	// sign replaces how the ID token is made of its claims.
	sign func(claims map[string]any) string
	// token, userinfo and keys replace a whole answer.
	token, userinfo, keys http.HandlerFunc
	// metadata edits the discovery document.
	metadata func(map[string]any)
	// answer edits the token answer.
	answer func(map[string]any)
	// profile is what userinfo tells.
	profile map[string]any
}

func newOP(t *testing.T, c *clock.Clock) *op {
	t.Helper()
	o := &op{
		t: t, clock: c, codes: map[string]url.Values{}, calls: map[string]int{},
		profile: map[string]any{"sub": "00u1", "email": "alice@acme.test", "name": "Alice", "preferred_username": "alice@acme.test"},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", o.serveMetadata)
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, r *http.Request) {
		if o.keys != nil {
			o.keys(w, r)
			return
		}
		writeJSON(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: rsaKey().Public(), KeyID: "k1", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("POST /token", o.serveToken)
	mux.HandleFunc("GET /userinfo", func(w http.ResponseWriter, r *http.Request) {
		if o.userinfo != nil {
			o.userinfo(w, r)
			return
		}
		if r.Header.Get("Authorization") != "Bearer access-token-1" {
			writeJSON(w, http.StatusUnauthorized, map[string]any{})
			return
		}
		writeJSON(w, http.StatusOK, o.profile)
	})
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		o.calls[r.URL.Path]++
		o.mu.Unlock()
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(o.Close)
	return o
}

func (o *op) issuer() string {
	if o.slash {
		return o.URL + "/"
	}
	return o.URL
}

func (o *op) count(path string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.calls[path]
}

func (o *op) serveMetadata(w http.ResponseWriter, _ *http.Request) {
	if o.withdraw {
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	doc := map[string]any{
		"issuer": o.issuer(), "authorization_endpoint": o.URL + "/authorize", "token_endpoint": o.URL + "/token",
		"userinfo_endpoint": o.URL + "/userinfo", "jwks_uri": o.URL + "/keys", "end_session_endpoint": o.URL + "/logout",
		// A provider that offers everything: what it lists must not matter.
		"id_token_signing_alg_values_supported": []string{"none", "HS256", "RS256"},
	}
	if o.metadata != nil {
		o.metadata(doc)
	}
	writeJSON(w, http.StatusOK, doc)
}

// authorize plays the person who signs in: it takes the address that the browser
// was sent to and returns the query of the callback.
func (o *op) authorize(location string) url.Values {
	o.t.Helper()
	u, err := url.Parse(location)
	if err != nil {
		o.t.Fatal(err)
	}
	q := u.Query()
	for name, want := range map[string]string{"client_id": testClientID, "response_type": "code", "code_challenge_method": "S256"} {
		if q.Get(name) != want {
			o.t.Errorf("%s = %q in %s", name, q.Get(name), location)
		}
	}
	code := "code-" + rand.Text()
	o.mu.Lock()
	o.codes[code] = q
	o.mu.Unlock()
	return url.Values{"code": {code}, "state": {q.Get("state")}}
}

func (o *op) serveToken(w http.ResponseWriter, r *http.Request) {
	if o.token != nil {
		o.token(w, r)
		return
	}
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	if id != testClientID || secret != testSecret {
		writeJSON(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	}
	o.mu.Lock()
	asked := o.codes[r.PostFormValue("code")]
	delete(o.codes, r.PostFormValue("code"))
	o.mu.Unlock()
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if asked == nil || asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) || asked.Get("redirect_uri") != r.PostFormValue("redirect_uri") {
		writeJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": "The authorization code is invalid or has expired."})
		return
	}
	answer := map[string]any{"token_type": "Bearer", "expires_in": 3600, "access_token": "access-token-1", "id_token": o.idToken(asked.Get("nonce"))}
	if o.answer != nil {
		o.answer(answer)
	}
	writeJSON(w, http.StatusOK, answer)
}

func (o *op) idToken(nonce string) string {
	now := o.clock.Now()
	claims := map[string]any{
		"iss": o.issuer(), "sub": "00u1", "aud": testClientID, "nonce": nonce,
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "auth_time": now.Unix(),
		"amr": []string{"pwd", "mfa"}, "idp": "00o1", "at_hash": atHash("access-token-1"),
	}
	maps.Copy(claims, o.profile)
	claims["sub"] = "00u1"
	if o.change != nil {
		o.change(claims)
	}
	if o.sign != nil {
		return o.sign(claims)
	}
	return signWith(o.t, jose.RS256, rsaKey(), "k1", claims)
}

func atHash(accessToken string) string {
	sum := sha256.Sum256([]byte(accessToken))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

func signWith(t *testing.T, alg jose.SignatureAlgorithm, key any, kid string, claims map[string]any) string {
	t.Helper()
	return jwt.Sign(t, jose.SigningKey{Algorithm: alg, Key: key}, map[string]any{"kid": kid}, claims)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// newClock shows the second it is, as emulators do.
func newClock() *clock.Clock { return clock.At(time.Now().Truncate(time.Second)) }
