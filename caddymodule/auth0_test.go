package caddymodule

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAuth0 signs in and out at an issuer as Auth0 makes them: trailing slash,
// pipe in the sub, claims with URIs for names, sign-out at /oidc/logout.
func TestAuth0(t *testing.T) {
	const sub = "auth0|5f7c8ec7c33c6c004bbafe82"
	w := newWorld(t)
	o := newAuth0(t, map[string]any{
		"sub": sub, "email": "alice@acme.test", "name": "Alice", "nickname": "alice", "amr": []string{"mfa"},
		"acr":                             "http://schemas.openid.net/pape/policies/2007/06/multi-factor",
		"https://acme.example/roles":      []string{"admin", "a,b", "100 %"},
		"https://acme.example/department": "R&D, Zürich",
		"https://acme.example/tenant:id":  4711,
	})
	w.startAt(o, "", `identity {
			X-User sub
			X-Email email
			X-Roles https://acme.example/roles
			X-Department https://acme.example/department
			X-Tenant https://acme.example/tenant:id
			X-Acr acr
			X-None https://acme.example/none
		}`)
	b := w.browser()
	got := b.get("/orders?x=1").app(t)
	want := http.Header{
		"X-User": {sub}, "X-Email": {"alice@acme.test"}, "X-Roles": {"admin,a%2Cb,100 %25"}, "X-Department": {"R&D, Z%C3%BCrich"},
		"X-Tenant": {"4711"}, "X-Acr": {"http://schemas.openid.net/pape/policies/2007/06/multi-factor"}, "X-Placeholder-User": {sub},
	}
	seen := http.Header{}
	for name, values := range got.Headers {
		if _, asked := want[name]; asked || name == "X-None" {
			seen[name] = values
		}
	}
	if diff := cmp.Diff(want, seen); diff != "" || got.Path != "/orders?x=1" {
		t.Errorf("at %s the app sees: %s", got.Path, diff)
	}
	if cookie := got.Headers.Get("Cookie"); cookie != "" {
		t.Errorf("our cookies reached the app: %q", cookie)
	}
	var who struct {
		Issuer  string   `json:"iss"`
		Subject string   `json:"sub"`
		ACR     string   `json:"acr"`
		AMR     []string `json:"amr"`
	}
	if err := json.Unmarshal([]byte(b.get("/passkeys/session", "Accept", "application/json").body), &who); err != nil {
		t.Fatal(err)
	}
	if who.Issuer != o.issuer || who.Subject != sub || who.ACR == "" || len(who.AMR) != 1 {
		t.Errorf("who am I: %+v", who)
	}
	if p := b.connectToken(`{"type":"passkey-append"}`); p.StatusCode != http.StatusOK {
		t.Errorf("connect token: %s %s", p.Status, p.body)
	}
	if log := w.logs(); !strings.Contains(log, `"msg":"connect token created"`) || !strings.Contains(log, `"sub":"`+sub+`"`) {
		t.Error("no audit line of a connect token for this user")
	}

	p := b.send(http.MethodPost, "/passkeys/logout", url.Values{})
	if p.StatusCode != http.StatusOK || p.Request.URL.Path != "/passkeys/signed-out" {
		t.Errorf("sign-out ended at %s: %s", p.Request.URL, p.Status)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended.Get("post_logout_redirect_uri") != w.site+"/passkeys/signed-out" || o.ended.Get("client_id") != "0oa1client" || strings.Count(o.ended.Get("id_token_hint"), ".") != 2 {
		t.Errorf("Auth0 was asked with %v", o.ended)
	}
}

// connectToken asks for one as the sidecar's own page does.
func (b *browser) connectToken(body string) page {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.site+"/passkeys/connect-token", strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Accept": "application/json", "Origin": b.site, "Sec-Fetch-Site": "same-origin",
	} {
		req.Header.Set(name, value)
	}
	resp, err := b.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return page{resp, string(raw)}
}

// TestClaimPlaceholderWithAURIForItsName asks for such a claim as an app's
// configuration would.
func TestClaimPlaceholderWithAURIForItsName(t *testing.T) {
	w := newWorld(t)
	o := newAuth0(t, map[string]any{"sub": "auth0|1", "https://acme.example/roles": "admin"})
	text := w.caddyfile("identity {\n\t\t\tX-Roles https://acme.example/roles\n\t\t}")
	text = strings.Replace(text, "issuer "+w.okta.Issuer(), "issuer "+o.issuer, 1)
	text = strings.Replace(text, "{http.auth.user.id}", "{http.auth.user.https://acme.example/roles}", 1)
	if err := load(t, text); err != nil {
		t.Fatal(err)
	}
	if got := w.browser().get("/").app(t).Headers; got.Get("X-Placeholder-User") != "admin" || got.Get("X-Roles") != "admin" {
		t.Errorf("the app sees %v", got)
	}
}

// TestIssuerWithoutItsSlashIsExplained is the mistake that everybody makes once.
func TestIssuerWithoutItsSlashIsExplained(t *testing.T) {
	w := newWorld(t)
	o := newAuth0(t, map[string]any{"sub": "auth0|1"})
	o.issuer = strings.TrimSuffix(o.issuer, "/")
	w.startAt(o, "", "")
	o.issuer += "/"
	p := w.browser().get("/")
	if p.StatusCode != http.StatusBadGateway || !strings.Contains(p.body, "issuer_mismatch") || !strings.Contains(w.logs(), "differ in the trailing slash only") {
		t.Errorf("%s %s\n%s", p.Status, p.body, w.logs())
	}
}
