package doctor

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/corbado"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/corbado/cdn"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/oktatest"
	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/keys"
)

const (
	clientID     = "0oa1client"
	clientSecret = "client-secret-that-must-not-leak"
	apiSecret    = "corbado1_secretThatMustNotLeak000"
	sessionKey   = "session-key-that-must-not-leak-0123456789"
	statePass    = "redis-password-that-must-not-leak"
	password     = "correct horse"
	project      = "pro-1"
)

// world is a set-up in which nothing is wrong: stand-ins for the clouds, an app that
// shows the headers it gets, and what a sidecar answers at the public URL.
type world struct {
	t       *testing.T
	okta    *okta.Server
	corbado *corbado.Server
	app     *httptest.Server
	public  *httptest.Server
	Site
	Options

	// atOkta, atSidecar and atApp stand in front of the real handlers, if they are set.
	// Each reports whether it has answered.
	atOkta, atSidecar, atApp func(http.ResponseWriter, *http.Request) bool
	// leaks makes the sidecar pass on forged headers.
	leaks bool
}

// front serves a handler that is made later, behind what a test puts in front.
func front(t *testing.T, before *func(http.ResponseWriter, *http.Request) bool, handler *http.Handler) *httptest.Server {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if *before != nil && (*before)(w, r) {
			return
		}
		(*handler).ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		web.CloseClientConnections()
		web.Close()
	})
	return web
}

func newWorld(t *testing.T, auth0 *okta.Auth0) *world {
	t.Helper()
	w := &world{t: t}
	var atOkta, atSidecar, atApp http.Handler
	oktaWeb, public, app := front(t, &w.atOkta, &atOkta), front(t, &w.atSidecar, &atSidecar), front(t, &w.atApp, &atApp)
	w.public, w.app = public, app
	site := strings.Replace(public.URL, "127.0.0.1", "localhost", 1)
	var err error
	if w.okta, err = okta.New(okta.Config{
		PublicURL: oktaWeb.URL, NewKey: keys.Lend(t), Auth0: auth0,
		Clients: []okta.Client{{
			ID: clientID, Secret: clientSecret, RedirectURIs: []string{site + "/passkeys/callback"}, PostLogoutRedirectURIs: []string{site + "/passkeys/signed-out"},
		}},
		Users: []okta.User{{Login: "alice@acme.test", Email: "alice@acme.test", EmailVerified: true, Password: password, Groups: []string{"orders"}}},
	}); err != nil {
		t.Fatal(err)
	}
	var noFault func(http.ResponseWriter, *http.Request) bool
	var atCorbado http.Handler
	corbadoWeb := front(t, &noFault, &atCorbado)
	if w.corbado, err = corbado.New(corbado.Config{
		PublicURL: corbadoWeb.URL, NewKey: keys.Lend(t), ProjectID: project, APISecret: apiSecret, RPID: "localhost", RPOrigins: []string{site}, CDN: cdn.FS(),
	}); err != nil {
		t.Fatal(err)
	}
	atOkta, atCorbado = w.okta, w.corbado
	atSidecar = http.HandlerFunc(w.sidecar)
	atApp = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(rw).Encode(r.Header)
	})
	scopes := []string{"openid", "profile", "email"}
	if auth0 == nil {
		scopes = append(scopes, "groups")
	}
	w.Site = Site{
		PublicURLs: []string{site}, BasePath: "/passkeys",
		Okta: Okta{Issuer: w.okta.Issuer(), ClientID: clientID, ClientSecret: secret.New(clientSecret), ClientAuth: secretBasic, Scopes: scopes},
		Corbado: Corbado{
			ProjectID: project, APISecret: secret.New(apiSecret), BackendAPI: corbadoWeb.URL, FrontendAPI: corbadoWeb.URL,
			Script: corbadoWeb.URL + "/connect/dist/web-js-latest.min.js", Style: corbadoWeb.URL + "/connect/dist/web-js-latest.min.css",
		},
		SessionKeys: []secret.Value{secret.New(sessionKey)}, IdleHeaders: []string{"Remote-User"}, StepUp: true,
		Public: []string{"/echo"}, Upstreams: []Upstream{{Dial: app.Listener.Addr().String()}}, Server: Server{Listen: []string{":8080"}},
	}
	w.Patience = 8 * time.Second // within the minute, and more than a busy machine needs
	return w
}

// sidecar answers as the sidecar at the public URL does.
func (w *world) sidecar(rw http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/passkeys/health":
		rw.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(rw, `{"status":"ok","identity_provider":"up","state":"memory"}`)
	case "/echo":
		if !w.leaks {
			r.Header.Del("Remote-User")
			delete(r.Header, http.CanonicalHeaderKey("Remote_User"))
		}
		_ = json.NewEncoder(rw).Encode(r.Header)
	default:
		q := url.Values{"client_id": {clientID}, "redirect_uri": {w.PublicURLs[0] + "/passkeys/callback"}}
		http.Redirect(rw, r, w.Okta.Issuer+"/v1/authorize?"+q.Encode(), http.StatusFound)
	}
}

// examine runs the doctor, and holds it to what it promises whatever is wrong: an end in
// time, and no secret.
func (w *world) examine() []Finding {
	w.t.Helper()
	start := time.Now()
	found := Examine(w.t.Context(), w.Site, w.Options)
	if took, most := time.Since(start), 3*w.Patience; took > most {
		w.t.Errorf("it took %s, more than %s", took, most)
	}
	var text strings.Builder
	if err := Write(&text, found); err != nil {
		w.t.Fatal(err)
	}
	for _, hidden := range []string{clientSecret, apiSecret, sessionKey, statePass} {
		if strings.Contains(text.String(), hidden) {
			w.t.Errorf("a secret is printed: %s", text.String())
		}
	}
	for i := 1; i < len(found); i++ {
		if found[i].Level < found[i-1].Level {
			w.t.Errorf("the worst is not last: %s", text.String())
		}
	}
	for _, f := range found {
		if f.Level > OK && (f.Why == "" || f.Fix == "") {
			w.t.Errorf("no why or no fix: %+v", f)
		}
	}
	return found
}

// browserToken signs alice in, and returns her ID token.
func (w *world) browserToken() string {
	w.t.Helper()
	ctx := w.t.Context()
	e := &exam{Site: w.Site, Options: w.Options, http: http.DefaultClient}
	if found := e.discovery(ctx); Worst(found) != OK {
		w.t.Fatal(found)
	}
	meta := e.discovered.Load()
	verifier := strings.Repeat("v", 43)
	q := url.Values{
		"client_id": {clientID}, "response_type": {"code"}, "scope": {strings.Join(w.Okta.Scopes, " ")}, "redirect_uri": {w.callback(w.PublicURLs[0])},
		"state": {"s"}, "nonce": {"n"}, "code_challenge": {challenge(verifier)}, "code_challenge_method": {"S256"}, "max_age": {"300"},
	}
	back, err := oktatest.NewBrowser(w.okta).SignIn(ctx, meta.Authorization+"?"+q.Encode(), "alice@acme.test", password)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.redeem(ctx, meta.Token, back.Query().Get("code"), verifier)
}

func (w *world) redeem(ctx context.Context, endpoint, code, verifier string) string {
	w.t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {w.callback(w.PublicURLs[0])}, "code_verifier": {verifier}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	req.SetBasicAuth(clientID, clientSecret)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var got struct {
		IDToken string `json:"id_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil || got.IDToken == "" {
		w.t.Fatalf("no ID token: %d %v", resp.StatusCode, err)
	}
	return got.IDToken
}

// forge makes a token of the world's issuer for its client, with changed claims; nil
// takes one out.
func (w *world) forge(alg string, changes map[string]any) string {
	w.t.Helper()
	set := map[string]any{
		"iss": w.Okta.Issuer, "aud": clientID, "sub": "00u1alice", "email": "alice@acme.test", "email_verified": true, "groups": []string{"orders"}, "auth_time": 1_700_000_000,
	}
	for name, value := range changes {
		if set[name] = value; value == nil {
			delete(set, name)
		}
	}
	payload, err := json.Marshal(set)
	if err != nil {
		w.t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	return encode(fmt.Appendf(nil, `{"alg":%q}`, alg)) + "." + encode(payload) + "." + encode([]byte("signature"))
}
