package okta_test

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/oktatest"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/keys"
)

const (
	idpID       = "0oaCORBADO000000IDP0"
	idpClient   = "okta-at-corbado"
	idpSecret   = "upstream-s3cret"
	idpCode     = "upstream-code"
	aliceSub    = "usr-1"
	signedHint  = "eyJ.a+b/c=&x#y"
	failedAlert = "There was a problem signing you into your identity provider. Please contact your administrator for help."
)

// testKey signs the tokens of every in-test provider.
func testKey() *rsa.PrivateKey { return keys.RSA("upstream") }

// upstream is an OpenID Connect provider of the test's own. Its fields are
// changed between requests, never during one.
type upstream struct {
	web *httptest.Server
	// asked is the query of the last authorization request.
	asked url.Values
	// calls counts token requests.
	calls int
	// edit changes the claims of the next ID tokens.
	edit func(claims map[string]any)
	// sign replaces the signature.
	sign func(claims map[string]any) string
	// noToken leaves the id_token out, metadata changes the discovery document.
	noToken  bool
	metadata map[string]any
}

func startUpstream(t *testing.T) *upstream {
	t.Helper()
	up := &upstream{metadata: map[string]any{}}
	mux := http.NewServeMux()
	up.web = httptest.NewServer(mux)
	t.Cleanup(up.web.Close)
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		doc := map[string]any{
			"issuer": up.web.URL, "authorization_endpoint": up.web.URL + "/authorize",
			"token_endpoint": up.web.URL + "/token", "jwks_uri": up.web.URL + "/keys",
		}
		maps.Copy(doc, up.metadata)
		_ = json.NewEncoder(w).Encode(doc)
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
			{Key: &testKey().PublicKey, KeyID: "k1", Algorithm: "RS256", Use: "sig"},
		}})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		up.calls++
		id, key, _ := r.BasicAuth()
		sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		if id != idpClient || key != idpSecret || r.PostFormValue("code") != idpCode ||
			base64.RawURLEncoding.EncodeToString(sum[:]) != up.asked.Get("code_challenge") {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
			return
		}
		answer := map[string]any{"token_type": "Bearer", "access_token": "at", "expires_in": 60}
		if !up.noToken {
			answer["id_token"] = up.idToken()
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer)
	})
	return up
}

func (up *upstream) idToken() string {
	now := time.Now().Unix()
	claims := map[string]any{
		"iss": up.web.URL, "sub": aliceSub, "aud": idpClient, "exp": now + 300, "iat": now, "nonce": up.asked.Get("nonce"),
		"email": alice, "email_verified": true, "amr": []string{"pop", "hwk", "mfa"},
	}
	if up.edit != nil {
		up.edit(claims)
	}
	if up.sign != nil {
		return up.sign(claims)
	}
	return signClaims(jose.RS256, jose.JSONWebKey{Key: testKey(), KeyID: "k1"}, claims)
}

func signClaims(alg jose.SignatureAlgorithm, key jose.JSONWebKey, claims map[string]any) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, nil)
	if err != nil {
		panic(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		panic(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return token
}

// federated is an org that trusts an in-test provider.
type federated struct {
	*rp
	up *upstream
}

func federate(t *testing.T, edit func(*okta.IdentityProvider)) *federated {
	t.Helper()
	up := startUpstream(t)
	idp := okta.IdentityProvider{ID: idpID, Name: "Corbado", Issuer: up.web.URL, ClientID: idpClient, ClientSecret: idpSecret}
	if edit != nil {
		edit(&idp)
	}
	p := start(t, func(c *okta.Config) {
		c.IdentityProviders = []okta.IdentityProvider{idp}
		c.RoutingRules = []okta.RoutingRule{{Clients: []string{clientID}, Providers: []string{idp.ID}}}
	})
	return &federated{p, up}
}

// leave opens /sso/idps/{id} and notes what the provider is asked.
func (f *federated) leave(t *testing.T, query url.Values) *oktatest.Page {
	t.Helper()
	page, err := f.browser.Get(t.Context(), f.OrgIssuer()+"/sso/idps/"+idpID+"?"+query.Encode())
	if err != nil {
		t.Fatal(err)
	}
	f.note(page)
	return page
}

func (f *federated) note(page *oktatest.Page) {
	if page.Location != nil && strings.HasPrefix(page.Location.String(), f.up.web.URL) {
		f.up.asked = page.Location.Query()
	}
}

// back returns from the provider with the given values beside the state.
func (f *federated) back(t *testing.T, values url.Values) *oktatest.Page {
	t.Helper()
	query := url.Values{"state": {f.up.asked.Get("state")}}
	maps.Copy(query, values)
	page, err := f.browser.Get(t.Context(), f.IdentityProviderCallback()+"?"+query.Encode())
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// roundTrip signs in over the provider from the page and returns where it ends.
func (f *federated) roundTrip(t *testing.T) *oktatest.Page {
	t.Helper()
	page := f.openSignIn(t)
	f.leave(t, url.Values{"stateToken": {page.StateToken()}, "login_hint": {signedHint}})
	return f.back(t, url.Values{"code": {idpCode}})
}

// claimsOf redeems the code that a page's redirect brings to the app.
func (f *federated) claimsOf(t *testing.T, page *oktatest.Page) map[string]any {
	t.Helper()
	if page.Location == nil || page.Location.Query().Get("code") == "" {
		t.Fatalf("no code: status %d, alert %q", page.Status, page.Alert())
	}
	token, err := f.exchange(t.Context(), page.Location.Query().Get("code"))
	if err != nil {
		t.Fatal(err)
	}
	return f.claims(t, token)
}

// mustFail expects Okta's error above a form that still works.
func (f *federated) mustFail(t *testing.T, page *oktatest.Page) {
	t.Helper()
	if page.Alert() != failedAlert || page.StateToken() == "" {
		t.Fatalf("status %d, alert %q, location %v: want the sign-in page with Okta's error", page.Status, page.Alert(), page.Location)
	}
	page, err := f.browser.Identify(t.Context(), page, alice)
	if err != nil {
		t.Fatal(err)
	}
	if page.Alert() != "" {
		t.Errorf("the error stays on the password page: %q", page.Alert())
	}
	if page, err = f.browser.Verify(t.Context(), page, password); err != nil || page.Location == nil {
		t.Fatalf("the conventional form does not work: %v", err)
	}
	if claims := f.claimsOf(t, page); claims["idp"] != f.OrgID() {
		t.Errorf("idp %v", claims["idp"])
	}
}

// reason is the event log's word on the last failed sign-in.
func (f *federated) reason() string {
	for _, e := range slices.Backward(f.Events()) {
		if e.Name == okta.EventFederationFailed {
			return e.Detail
		}
	}
	return ""
}
