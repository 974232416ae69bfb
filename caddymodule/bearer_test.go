package caddymodule

import (
	"net/http"
	"strings"
	"testing"
	"time"

	oktaemu "github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
)

// forPrograms is the setting of most tests here.
const forPrograms = "bearer {\naudience api://default\n}\n"

// accessToken is one that Okta's emulator made for a program; user "" is the
// program itself.
func (w *world) accessToken(user string, change func(map[string]any)) string {
	w.t.Helper()
	token, err := w.okta.AccessToken("0oa1client", user, change)
	if err != nil {
		w.t.Fatal(err)
	}
	return "Bearer " + token
}

func set(name string, value any) func(map[string]any) {
	return func(c map[string]any) {
		if c[name] = value; value == nil {
			delete(c, name)
		}
	}
}

func TestBearerTokenReachesTheAppWithIdentity(t *testing.T) {
	w := newWorld(t)
	w.start(forPrograms + "identity {\nX-User sub\nX-Login preferred_username\nX-Groups groups\nX-Scopes scp\nX-Session sid\n}")
	b := w.browser()
	alice, _ := w.okta.User("alice@acme.test")
	token := w.accessToken("alice@acme.test", set("groups", []string{"orders", "a,b"}))
	p := b.get("/orders", "Authorization", token, "X-User", "mallory", "X-Forwarded-User", "mallory")
	got := p.app(t)
	for name, want := range map[string]string{
		"X-User": alice.ID, "X-Login": "alice@acme.test", "X-Groups": "orders,a%2Cb", "X-Scopes": "orders.read", "X-Session": "",
		"X-Placeholder-User": alice.ID, "Authorization": token, "X-Forwarded-User": "",
	} {
		if got.Headers.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.Headers.Get(name), want)
		}
	}
	if cookies := p.Header["Set-Cookie"]; cookies != nil {
		t.Errorf("a program got cookies: %q", cookies)
	}
	if got := b.send(http.MethodPost, "/orders", nil, "Authorization", token).app(t); got.Headers.Get("X-User") != alice.ID {
		t.Errorf("a POST: %v", got.Headers)
	}
	if got := b.get("/orders", "Authorization", w.accessToken("", nil)).app(t); got.Headers.Get("X-User") != "0oa1client" {
		t.Errorf("client credentials: %v", got.Headers)
	}
	logs := w.logs()
	if strings.Contains(logs, strings.TrimPrefix(token, "Bearer ")) || !strings.Contains(logs, "bearer token accepted") {
		t.Error("the log holds the token, or does not tell of it")
	}
}

// wantInvalid expects 401 as RFC 6750 section 3 has it, in JSON though the client
// wants a page.
func (p page) wantInvalid(t *testing.T, name string) {
	t.Helper()
	if p.StatusCode != http.StatusUnauthorized || p.Header.Get("WWW-Authenticate") != `Bearer error="invalid_token"` ||
		!strings.HasPrefix(p.body, `{"error":"invalid_token"`) || p.Header.Get("Location") != "" || p.Header["Set-Cookie"] != nil || p.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s: %s %v %s", name, p.Status, p.Header, p.body)
	}
}

// TestBearerTokensThatDoNotHold has a case for each way in which others let one
// pass: GHSA-wcvh-g65p-v576 (no aud, no exp), algorithm confusion, tokens of
// another kind, issuer or audience.
func TestBearerTokensThatDoNotHold(t *testing.T) {
	w := newWorld(t)
	w.start(forPrograms)
	b := w.browser()
	now := time.Now()
	const alice = "alice@acme.test"
	for name, change := range map[string]func(map[string]any){
		"no aud":             set("aud", nil),
		"another audience":   set("aud", "api://other"),
		"capital letters":    set("aud", "API://DEFAULT"),
		"the client ID":      set("aud", "0oa1client"),
		"no exp":             set("exp", nil),
		"expired":            set("exp", now.Add(-time.Second).Unix()),
		"exp 1e300":          set("exp", 1e300),
		"from the future":    set("iat", now.Add(5*time.Minute).Unix()),
		"not yet":            set("nbf", now.Add(5*time.Minute).Unix()),
		"the org's issuer":   set("iss", w.okta.OrgIssuer()),
		"foreign issuer":     set("iss", "https://evil.example"),
		"issuer and a slash": set("iss", w.okta.Issuer()+"/"),
		"an ID token":        func(c map[string]any) { delete(c, "cid"); delete(c, "scp"); c["at_hash"] = "x" },
		"a logout token":     set("events", map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}),
		"bound to a key":     set("cnf", map[string]any{"jkt": "x"}),
		"nobody's":           func(c map[string]any) { delete(c, "sub"); delete(c, "uid") },
	} {
		b.get("/orders", "Authorization", w.accessToken(alice, change)).wantInvalid(t, name)
	}
	for _, fault := range []string{oktaemu.FaultAlgNone, oktaemu.FaultAlgHS256, oktaemu.FaultWrongKid, oktaemu.FaultBadSignature} {
		if err := w.okta.Fault(oktaemu.Fault{Name: fault, Times: 1}); err != nil {
			t.Fatal(err)
		}
		b.get("/orders", "Authorization", w.accessToken(alice, nil)).wantInvalid(t, fault)
	}
	// CVE-2022-29226 (Envoy): garbage must not pass, nor lead in circles.
	for _, garbage := range []string{"Bearer", "Bearer x", "bearer a.b.c", "BEARER " + strings.Repeat("a", 20000)} {
		b.get("/orders", "Authorization", garbage).wantInvalid(t, garbage[:min(len(garbage), 20)])
	}
	good := w.accessToken(alice, nil)
	if p := b.get("/orders?access_token=" + strings.TrimPrefix(good, "Bearer ")); stateToken.FindString(p.body) == "" {
		t.Errorf("a token in the query: %s %s", p.Status, p.body)
	}
	for _, name := range []string{"X-Forwarded-Access-Token", "X-Forwarded-Authorization", "X-Original-Authorization", "Proxy-Authorization"} {
		if p := b.get("/orders", name, good); stateToken.FindString(p.body) == "" {
			t.Errorf("a token in %s: %s", name, p.Status)
		}
	}
	if p := b.get("/orders", "Authorization", "Basic eDp5"); stateToken.FindString(p.body) == "" {
		t.Errorf("another scheme: %s", p.Status)
	}
	p := b.get("/orders", "Accept", "application/json")
	if p.StatusCode != http.StatusUnauthorized || p.Header.Get("WWW-Authenticate") != "Bearer" || !strings.Contains(p.body, "login_required") {
		t.Errorf("no token: %s %v %s", p.Status, p.Header, p.body)
	}
	b.get("/orders", "Authorization", good).app(t)
}

// Each setting of bearer refuses by itself.
func TestBearerIssuerAndAudience(t *testing.T) {
	api := newProvider(t, nil) // another issuer than that of the sign-ins
	token := func(change func(map[string]any)) string {
		claims := map[string]any{
			"iss": api.issuer, "aud": "api://orders", "sub": "client@clients", "scope": "read", "azp": "client",
			"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
		}
		change(claims)
		return "Bearer " + api.sign(claims)
	}
	keep := func(map[string]any) {}
	w := newWorld(t)
	w.start("bearer {\nissuer " + api.issuer + "\naudience api://orders api://billing\n}")
	b := w.browser()
	for _, change := range []func(map[string]any){keep, set("aud", []string{"x", "api://billing"})} {
		if got := b.get("/orders", "Authorization", token(change)).app(t); got.Headers.Get("X-Forwarded-User") != "client@clients" {
			t.Errorf("the app is told of %q", got.Headers.Get("X-Forwarded-User"))
		}
	}
	b.get("/orders", "Authorization", token(set("aud", "api://default"))).wantInvalid(t, "another audience")
	b.get("/orders", "Authorization", token(set("iss", w.okta.Issuer()))).wantInvalid(t, "another issuer's name")
	b.get("/orders", "Authorization", w.accessToken("alice@acme.test", set("aud", "api://orders"))).wantInvalid(t, "the sign-ins' issuer")
	if err := load(t, w.caddyfile("bearer {\naudience 0oa1client\n}")); err == nil || !strings.Contains(err.Error(), "which ID tokens are for") {
		t.Errorf("the client ID as audience: %v", err)
	}
}

func TestBearerWithoutTheSetting(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.browser()
	token := w.accessToken("alice@acme.test", nil)
	if p := b.get("/orders", "Authorization", token); stateToken.FindString(p.body) == "" {
		t.Errorf("a navigation: %s %s", p.Status, p.body)
	}
	if p := b.get("/orders", "Authorization", token, "Accept", "application/json"); p.StatusCode != http.StatusUnauthorized || p.Header.Get("WWW-Authenticate") != ownScheme {
		t.Errorf("a program: %s %v", p.Status, p.Header)
	}
	if got := b.get("/healthz", "Authorization", token).app(t); got.Headers.Get("X-Forwarded-User") != "" || got.Headers.Get("Authorization") != token {
		t.Errorf("public: %v", got.Headers)
	}
}

func TestBearerAndAccessRules(t *testing.T) {
	w := newWorld(t)
	w.start(forPrograms + "allow {\ngroup orders\n}")
	b := w.browser()
	const alice = "alice@acme.test"
	b.get("/orders", "Authorization", w.accessToken(alice, set("groups", []string{"orders"}))).app(t)
	for name, token := range map[string]string{
		"without groups": w.accessToken(alice, nil),
		"another group":  w.accessToken(alice, set("groups", []string{"Orders", "orders2"})),
		"a client":       w.accessToken("", nil),
	} {
		p := b.get("/orders", "Authorization", token)
		if p.StatusCode != http.StatusForbidden || !strings.HasPrefix(p.body, `{"error":"not_allowed"`) || p.Header["Set-Cookie"] != nil {
			t.Errorf("%s: %s %s", name, p.Status, p.body)
		}
		if got := b.get("/healthz", "Authorization", token).app(t); got.Headers.Get("X-Forwarded-User") != "" {
			t.Errorf("%s, public: %v", name, got.Headers)
		}
	}
}

// A token opens the app and nothing of ours; and it never outranks a session.
func TestBearerIsForTheAppOnly(t *testing.T) {
	w := newWorld(t)
	w.start(forPrograms)
	program := w.browser()
	token := w.accessToken("alice@acme.test", nil)
	for _, target := range []string{"/passkeys/", "/passkeys/append"} {
		if p := program.get(target, "Authorization", token); stateToken.FindString(p.body) == "" {
			t.Errorf("%s: %s %s", target, p.Status, p.body)
		}
	}
	p := program.send(http.MethodPost, "/passkeys/connect-token", nil, "Authorization", token, "Content-Type", "application/json", "Origin", w.site, "Accept", "application/json")
	if p.StatusCode == http.StatusOK || len(w.corbado.Events()) != 0 {
		t.Errorf("connect token: %s %s", p.Status, p.body)
	}
	if who := program.get("/passkeys/session", "Authorization", token, "Accept", "application/json"); strings.Contains(who.body, "alice") {
		t.Errorf("who am I: %s", who.body)
	}
	// Public: told if the token holds, nobody if not, and the app's own tokens pass.
	if got := program.get("/healthz", "Authorization", token).app(t); got.Headers.Get("X-Forwarded-User") == "" {
		t.Errorf("public: %v", got.Headers)
	}
	if got := program.get("/healthz", "Authorization", "Bearer of-the-app").app(t); got.Headers.Get("X-Forwarded-User") != "" || got.Headers.Get("Authorization") != "Bearer of-the-app" {
		t.Errorf("public, the app's own token: %v", got.Headers)
	}

	person := w.browser()
	person.signIn("/")
	alice, _ := w.okta.User("alice@acme.test")
	for _, authorization := range []string{"Bearer garbage", w.accessToken("", nil)} {
		got := person.get("/orders", "Authorization", authorization).app(t)
		if got.Headers.Get("X-Forwarded-User") != alice.ID || got.Headers.Get("Authorization") != authorization {
			t.Errorf("with a live session: %v", got.Headers)
		}
	}
}

func TestBearerWhileOktaIsDown(t *testing.T) {
	w := newWorld(t)
	w.start(forPrograms)
	if err := w.okta.Fault(oktaemu.Fault{Name: oktaemu.FaultDown}); err != nil {
		t.Fatal(err)
	}
	b := w.browser()
	p := b.get("/orders", "Authorization", w.accessToken("alice@acme.test", nil))
	if p.StatusCode != http.StatusServiceUnavailable || p.Header.Get("Retry-After") == "" || p.Header.Get("WWW-Authenticate") != "" || !strings.HasPrefix(p.body, `{"error":"identity_provider_unavailable"`) {
		t.Errorf("%s %v %s", p.Status, p.Header, p.body)
	}
	// Garbage needs no Okta to be refused.
	b.get("/orders", "Authorization", "Bearer x").wantInvalid(t, "garbage")
}
