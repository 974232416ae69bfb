package caddymodule

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const passkeyIDP = "0oacorbado0000000001"

const signInHeaders = `identity {
			X-User sub
			X-Passkey passkey
			X-Idp idp
			X-Amr amr
			X-Acr acr
		}`

func TestSignedInByPasskeyReachesTheApp(t *testing.T) {
	w := newWorld(t)
	o := newProvider(t, map[string]any{"sub": "00u1", "idp": passkeyIDP, "amr": []string{"pop", "hwk", "mfa"}, "acr": "urn:okta:loa:2fa:any"})
	w.startAt(o.issuer, "passkey_idp "+passkeyIDP, signInHeaders)
	b := w.browser()
	got := b.get("/", "X-Passkey", "false").app(t).Headers
	for name, want := range map[string]string{
		"X-User": "00u1", "X-Passkey": "true", "X-Idp": passkeyIDP, "X-Amr": "pop hwk mfa", "X-Acr": "urn:okta:loa:2fa:any",
	} {
		if got.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.Get(name), want)
		}
	}
	if who := b.get("/passkeys/session", "Accept", "application/json"); !strings.Contains(who.body, `"passkey":true`) {
		t.Errorf("who am I: %s", who.body)
	}
}

func TestPasswordSignInIsNotByPasskey(t *testing.T) {
	w := newWorld(t)
	text := strings.Replace(w.caddyfile(signInHeaders), "client_id 0oa1client", "client_id 0oa1client\npasskey_idp "+passkeyIDP, 1)
	if err := load(t, text); err != nil {
		t.Fatal(err)
	}
	b := w.browser()
	got := b.signIn("/").app(t).Headers
	if _, there := got["X-Passkey"]; there || !strings.HasPrefix(got.Get("X-Idp"), "00o") || got.Get("X-Amr") == "" {
		t.Errorf("the app sees %v", got)
	}
	got = b.get("/", "X-Passkey", "true", "X_Passkey", "true").app(t).Headers
	if _, there := got["X-Passkey"]; there {
		t.Errorf("forged: the app sees %v", got)
	}
}

func TestPasskeyClaimNeedsItsSetting(t *testing.T) {
	w := newWorld(t)
	if err := load(t, w.caddyfile(signInHeaders)); err == nil || !strings.Contains(err.Error(), "passkey_idp") {
		t.Errorf("loaded: %v", err)
	}
}

func TestPasskeyPlaceholder(t *testing.T) {
	for _, tc := range []struct{ passkey, want string }{{passkeyIDP, "true"}, {"", ""}} {
		w := newWorld(t)
		o := newProvider(t, map[string]any{"sub": "00u1", "idp": tc.passkey})
		text := strings.Replace(w.caddyfile(""), "issuer "+w.okta.Issuer(), "issuer "+o.issuer+"\npasskey_idp "+passkeyIDP, 1)
		text = strings.Replace(text, "{http.auth.user.id}", "p={http.auth.user.passkey}", 1)
		if err := load(t, text); err != nil {
			t.Fatal(err)
		}
		if got := w.browser().get("/").app(t).Headers.Get("X-Placeholder-User"); got != "p="+tc.want {
			t.Errorf("idp %q: placeholder %q", tc.passkey, got)
		}
	}
}

func TestRelatedOrigins(t *testing.T) {
	w := newWorld(t)
	w.start("related_origins https://Login.acme.example https://login.acme.net:443/")
	b := w.browser()
	p := b.get("/.well-known/webauthn")
	if p.StatusCode != http.StatusOK || p.body != `{"origins":["https://login.acme.example","https://login.acme.net"]}` {
		t.Errorf("%s %s", p.Status, p.body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "Cache-Control": "public, max-age=86400", "Set-Cookie": "", "X-Content-Type-Options": "nosniff",
	} {
		if got := p.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if p = b.send(http.MethodHead, "/.well-known/webauthn", nil); p.StatusCode != http.StatusOK || p.body != "" || p.ContentLength != 67 {
		t.Errorf("HEAD: %s, %d bytes", p.Status, p.ContentLength)
	}
	if p = b.send(http.MethodPost, "/.well-known/webauthn", url.Values{}); p.StatusCode != http.StatusMethodNotAllowed || p.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %s, Allow %q", p.Status, p.Header.Get("Allow"))
	}
	b.signIn("/")
	if p = b.get("/.well-known/webauthn"); p.Header.Get("Set-Cookie") != "" || !strings.HasPrefix(p.body, `{"origins"`) {
		t.Errorf("signed in: %v %s", p.Header, p.body)
	}
}

func TestRelatedOriginsMistakes(t *testing.T) {
	w := newWorld(t)
	for _, bad := range []string{
		"https://login.acme.example/path", "http://login.acme.example", "login.acme.example", "https://a.example https://A.example:443", "https://*.acme.example/x", "{env.NOT_THERE}",
	} {
		if err := load(t, w.caddyfile("related_origins "+bad)); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}

// TestSignInFromOktasDashboard plays the tile: Okta names the org and not the
// authorization server.
func TestSignInFromOktasDashboard(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.browser()
	q := url.Values{"iss": {w.oktaURL}, "target_link_uri": {w.site + "/orders?x=1"}, "login_hint": {"alice@acme.test"}}
	if got := b.signIn("/passkeys/initiate?" + q.Encode()).app(t); got.Path != "/orders?x=1" {
		t.Errorf("came to %q", got.Path)
	}
	b = w.browser()
	p := b.send(http.MethodPost, "/passkeys/initiate", q, "Origin", w.oktaURL, "Sec-Fetch-Site", "cross-site")
	if !stateToken.MatchString(p.body) {
		t.Errorf("by form: %s %s", p.Status, p.Request.URL)
	}
	q.Set("iss", "https://evil.example")
	if p = b.get("/passkeys/initiate?" + q.Encode()); p.StatusCode != http.StatusBadRequest || strings.Contains(p.body, "evil") {
		t.Errorf("foreign issuer: %s %s", p.Status, p.body)
	}
}

func TestLoginHintStaysOutOfTheAccessLog(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.browser()
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	const proof = "the-signed-proof-of-a-passkey"
	for _, target := range []string{
		"/passkeys/login?login_hint=" + proof, "/passkeys/login?x=1&login_hint=" + proof + "&idp=" + passkeyIDP,
		"/passkeys/initiate?iss=" + url.QueryEscape(w.oktaURL) + "&login_hint=" + proof,
	} {
		if p := b.get(target, "Sec-Fetch-Site", "same-origin"); p.StatusCode != http.StatusFound {
			t.Errorf("%s: %s", target, p.Status)
		}
	}
	b.send(http.MethodPost, "/passkeys/initiate", url.Values{"iss": {w.oktaURL}, "login_hint": {proof}})
	if log := w.logs(); strings.Contains(log, proof) || !strings.Contains(log, "initiated by a third party") {
		t.Error("the hint is in the log, or nothing is")
	}
}
