package caddymodule

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	oktaemu "github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/oktatest"
)

const (
	auth0Subject = "auth0|5f7c8ec7c33c6c004bbafe82"
	rolesClaim   = "https://acme.example/roles"
)

// auth0 puts a tenant of Auth0 in the place of the org: the same client and user.
func (w *world) auth0(a oktaemu.Auth0) *oktaemu.Server {
	w.t.Helper()
	server := oktatest.Start(w.t, oktaemu.Config{
		Auth0: &a,
		Clients: []oktaemu.Client{{
			ID: "0oa1client", Secret: clientSecret, RedirectURIs: []string{w.site + "/passkeys/callback"},
			PostLogoutRedirectURIs: []string{w.site + "/passkeys/signed-out"},
		}},
		Users: []oktaemu.User{{
			ID: auth0Subject, Login: "alice@acme.test", Email: "alice@acme.test", EmailVerified: true, Password: password, Groups: []string{"admin", "a,b", "100 %"},
		}},
	})
	w.oktaURL = strings.TrimSuffix(server.Issuer(), "/")
	return server
}

// rolesAction is an Action that sends the user's roles.
func rolesAction(u oktaemu.User) map[string]any { return map[string]any{rolesClaim: u.Groups} }

// TestAuth0 signs in and out at a tenant with the Caddyfile of an org: the
// trailing slash, the pipe in the sub, claims with URIs for names, some of them
// in userinfo only, and sign-out at /oidc/logout.
func TestAuth0(t *testing.T) {
	w := newWorld(t)
	tenant := w.auth0(oktaemu.Auth0{
		MultiFactor: true,
		Action: func(u oktaemu.User) map[string]any {
			return map[string]any{rolesClaim: u.Groups, "https://acme.example/tenant:id": 4711}
		},
		UserinfoAction: func(oktaemu.User) map[string]any {
			return map[string]any{"https://acme.example/department": "R&D, Zürich"}
		},
	})
	w.startAt(tenant.Issuer(), "", `identity {
			X-User sub
			X-Email email
			X-Groups groups
			X-Roles https://acme.example/roles
			X-Department https://acme.example/department
			X-Tenant https://acme.example/tenant:id
			X-Acr acr
			X-None https://acme.example/none
		}`)
	b := w.browser()
	got := b.signIn("/orders?x=1").app(t)
	want := http.Header{
		"X-User": {auth0Subject}, "X-Email": {"alice@acme.test"}, "X-Roles": {"admin,a%2Cb,100 %25"}, "X-Department": {"R&D, Z%C3%BCrich"},
		"X-Tenant": {"4711"}, "X-Acr": {"http://schemas.openid.net/pape/policies/2007/06/multi-factor"}, "X-Placeholder-User": {auth0Subject},
	}
	seen := http.Header{}
	for name, values := range got.Headers {
		if _, asked := want[name]; asked || name == "X-None" || name == "X-Groups" {
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
	if who.Issuer != w.oktaURL+"/" || who.Subject != auth0Subject || who.ACR == "" || len(who.AMR) != 1 {
		t.Errorf("who am I: %+v", who)
	}
	if p := b.connectToken(`{"type":"passkey-append"}`); p.StatusCode != http.StatusOK {
		t.Errorf("connect token: %s %s", p.Status, p.body)
	}
	if log := w.logs(); !strings.Contains(log, `"msg":"connect token created"`) || !strings.Contains(log, `"sub":"`+auth0Subject+`"`) {
		t.Error("no audit line of a connect token for this user")
	}

	p := b.send(http.MethodPost, "/passkeys/logout", url.Values{})
	if p.StatusCode != http.StatusOK || p.Request.URL.Path != "/passkeys/signed-out" {
		t.Errorf("sign-out ended at %s: %s", p.Request.URL, p.Status)
	}
	if !slices.ContainsFunc(tenant.Events(), func(e oktaemu.Event) bool { return e.Name == oktaemu.EventSignedOut && e.User == auth0Subject }) {
		t.Error("not signed out at Auth0")
	}
	if p := b.get("/"); !stateToken.MatchString(p.body) {
		t.Errorf("signed out, and signed in again without being asked: %s", p.Request.URL)
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
	text := w.caddyfile("identity {\n\t\t\tX-Roles https://acme.example/roles\n\t\t}")
	org := w.okta.Issuer()
	text = strings.Replace(text, "issuer "+org, "issuer "+w.auth0(oktaemu.Auth0{Action: rolesAction}).Issuer(), 1)
	text = strings.Replace(text, "{http.auth.user.id}", "{http.auth.user.https://acme.example/roles}", 1)
	if err := load(t, text); err != nil {
		t.Fatal(err)
	}
	const roles = "admin,a%2Cb,100 %25"
	if got := w.browser().signIn("/").app(t).Headers; got.Get("X-Placeholder-User") != roles || got.Get("X-Roles") != roles {
		t.Errorf("the app sees %v", got)
	}
}

// TestIssuerWithoutItsSlashIsExplained is the mistake that everybody makes once.
func TestIssuerWithoutItsSlashIsExplained(t *testing.T) {
	w := newWorld(t)
	w.startAt(strings.TrimSuffix(w.auth0(oktaemu.Auth0{}).Issuer(), "/"), "", "")
	p := w.browser().get("/")
	if p.StatusCode != http.StatusBadGateway || !strings.Contains(p.body, "issuer_mismatch") || !strings.Contains(w.logs(), "differ in the trailing slash only") {
		t.Errorf("%s %s\n%s", p.Status, p.body, w.logs())
	}
}
