package caddymodule

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/jwt"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/keys"
)

// standIn is an OpenID provider that signs everybody in without asking, with
// the claims that a test wants.
type standIn struct {
	*httptest.Server
	t      *testing.T
	issuer string
	key    *rsa.PrivateKey
	claims map[string]any

	mu    sync.Mutex
	asked map[string]url.Values // by code
}

func newProvider(t *testing.T, claims map[string]any) *standIn {
	t.Helper()
	o := &standIn{t: t, key: keys.RSA("k1"), claims: claims, asked: map[string]url.Values{}}
	mux := http.NewServeMux()
	o.Server = httptest.NewServer(mux)
	o.issuer = o.URL
	t.Cleanup(o.Close)
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{
			"issuer": o.issuer, "authorization_endpoint": o.URL + "/authorize", "token_endpoint": o.URL + "/token",
			"jwks_uri": o.URL + "/keys",
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: o.key.Public(), KeyID: "k1", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		q, code := r.URL.Query(), rand.Text()
		o.mu.Lock()
		o.asked[code] = q
		o.mu.Unlock()
		back := url.Values{"code": {code}, "state": {q.Get("state")}}
		http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound) //nolint:gosec // a test's own site
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		asked := o.asked[r.PostFormValue("code")]
		o.mu.Unlock()
		answer(w, map[string]any{"token_type": "Bearer", "access_token": "opaque", "id_token": o.idToken(asked)})
	})
	return o
}

func (o *standIn) idToken(asked url.Values) string {
	now := time.Now()
	claims := map[string]any{"iss": o.issuer, "aud": "0oa1client", "nonce": asked.Get("nonce"), "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	if asked.Has("max_age") {
		claims["auth_time"] = now.Unix()
	}
	maps.Copy(claims, o.claims)
	return o.sign(claims)
}

func (o *standIn) sign(claims map[string]any) string {
	return jwt.Sign(o.t, jose.SigningKey{Algorithm: jose.RS256, Key: o.key}, map[string]any{"kid": "k1"}, claims)
}

// startAt runs the site with another issuer than the org.
func (w *world) startAt(issuer, okta, extra string) {
	w.t.Helper()
	org := "issuer " + w.okta.Issuer()
	text := w.caddyfile(extra)
	if !strings.Contains(text, org) {
		w.t.Fatal("the Caddyfile names no issuer")
	}
	if err := load(w.t, strings.Replace(text, org, "issuer "+issuer+"\n"+okta, 1)); err != nil {
		w.t.Fatal(err)
	}
}
