package login

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

const (
	rolesClaim      = "https://acme.example/roles"
	departmentClaim = "https://acme.example/department"
	noneClaim       = "https://acme.example/none"
	auth0Subject    = "auth0|5f7c8ec7c33c6c004bbafe82"
)

// newAuth0Site signs people in at a tenant whose Action sends these claims in
// the ID token and in userinfo.
func newAuth0Site(t *testing.T, inIDToken, inUserinfo map[string]any) *oktaSite {
	t.Helper()
	return newEmulatorSite(t, &okta.Auth0{
		MultiFactor:    true,
		Action:         func(okta.User) map[string]any { return inIDToken },
		UserinfoAction: func(okta.User) map[string]any { return inUserinfo },
	}, func(c *Config) { c.Claims = []string{rolesClaim, departmentClaim, noneClaim} })
}

// tenant is the issuer without its slash.
func (o *oktaSite) tenant() string { return strings.TrimSuffix(o.okta.Issuer(), "/") }

func (o *oktaSite) alice(target string) page {
	o.t.Helper()
	return o.signInAs(target, "alice@acme.test", "correct horse")
}

func TestSignInAndOutAtAuth0(t *testing.T) {
	t.Parallel()
	o := newAuth0Site(t, map[string]any{rolesClaim: []string{"admin", "a,b"}, departmentClaim: "R&D 50%"}, nil)
	wantRedirect(t, o.alice("/orders?x=1"), "/orders?x=1")
	got := o.app.session()
	if got.Issuer != o.tenant()+"/" || got.Subject != auth0Subject || got.AMR != "mfa" || got.IDP != "" || got.Passkey ||
		got.ACR != "http://schemas.openid.net/pape/policies/2007/06/multi-factor" || got.Groups != "" {
		t.Errorf("session %+v", got)
	}
	want := []session.Claim{{Name: rolesClaim, Value: "admin,a%2Cb"}, {Name: departmentClaim, Value: "R&D 50%25"}}
	if diff := cmp.Diff(want, got.Claims); diff != "" {
		t.Error(diff)
	}
	if got.Claim(rolesClaim) != "admin,a%2Cb" || got.Claim("roles") != "" {
		t.Errorf("roles %q, without namespace %q", got.Claim(rolesClaim), got.Claim("roles"))
	}
	p := o.app.send(http.MethodPost, "/passkeys/logout")
	u, err := url.Parse(p.location())
	if err != nil || !strings.HasPrefix(p.location(), o.tenant()+"/oidc/logout?") {
		t.Fatalf("sign-out went to %q", p.location())
	}
	q := u.Query()
	if q.Get("post_logout_redirect_uri") != "https://app.example.com/passkeys/signed-out" || q.Get("client_id") != testClientID || q.Get("id_token_hint") == "" {
		t.Errorf("%v", q)
	}
	if out, err := o.web.Get(t.Context(), p.location()); err != nil || out.Location == nil || !strings.HasPrefix(out.Location.String(), "https://app.example.com/passkeys/signed-out") {
		t.Errorf("Auth0 answered %v %+v", err, out)
	}
	if asked, err := o.web.Get(t.Context(), o.app.get("/").location()); err != nil || asked.StateToken() == "" {
		t.Errorf("signed out, but Auth0 signs in without asking: %v", err)
	}
	if !strings.Contains(o.log.String(), `"msg":"signed out","sub":"`+auth0Subject+`"`) {
		t.Errorf("no audit line: %s", o.log)
	}
}

// Auth0 puts the claims of an Action where its api calls say: into the ID token,
// or into userinfo.
func TestNamespacedClaimsFromUserinfo(t *testing.T) {
	t.Parallel()
	o := newAuth0Site(t, nil, map[string]any{rolesClaim: []string{"from-userinfo"}, "https://acme.example/not-asked-for": "x"})
	wantRedirect(t, o.alice("/"), "/")
	if got := o.app.session(); got.Claim(rolesClaim) != "from-userinfo" || got.Claim("https://acme.example/not-asked-for") != "" {
		t.Errorf("claims %v", got.Claims)
	}
}

func TestHeaderInjectionThroughNamespacedClaims(t *testing.T) {
	t.Parallel()
	o := newAuth0Site(t, map[string]any{
		rolesClaim: []string{"ok", "evil\r\nX-User: mallory", ""}, departmentClaim: "a\r\nb", noneClaim: map[string]any{"an": "object"},
	}, nil)
	wantRedirect(t, o.alice("/"), "/")
	if diff := cmp.Diff([]session.Claim{{Name: rolesClaim, Value: "ok"}}, o.app.session().Claims); diff != "" {
		t.Error(diff)
	}
}

// A scope for groups is an org's; Auth0 leaves it out and signs in.
func TestScopeThatAuth0DoesNotKnow(t *testing.T) {
	t.Parallel()
	o := newEmulatorSite(t, &okta.Auth0{}, func(c *Config) { c.Scopes = []string{"openid", "email", "groups"} })
	wantRedirect(t, o.alice("/"), "/")
	if got := o.app.session(); got.Groups != "" || got.Email != "alice@acme.test" {
		t.Errorf("session %+v", got)
	}
}

// Configured without the slash, the provider writes it with; and the other way
// round, in the ID token alone.
func TestIssuerWithoutItsSlash(t *testing.T) {
	t.Parallel()
	o := newOP(t, newClock())
	o.metadata = func(m map[string]any) { m["issuer"] = o.URL + "/" }
	p := newSiteAt(t, o).browser().get("/")
	wantProblem(t, p, http.StatusBadGateway, "issuer_mismatch")
	if !strings.Contains(p.told(), "trailing slash") {
		t.Errorf("told %q", p.told())
	}
	o = newOP(t, newClock())
	o.slash = true
	o.change = func(c map[string]any) { c["iss"] = o.URL }
	wantProblem(t, newSiteAt(t, o).browser().signIn("/"), http.StatusBadGateway, "id_token_invalid")
}

func TestIssuerParameterOfAuth0(t *testing.T) {
	t.Parallel()
	for issuer, problem := range map[string]string{"/": "", "": "issuer_mismatch"} {
		o := newAuth0Site(t, nil, nil)
		back, err := o.web.SignIn(t.Context(), o.app.get("/a").location(), "alice@acme.test", "correct horse")
		if err != nil {
			t.Fatal(err)
		}
		q := back.Query()
		q.Set("iss", o.tenant()+issuer)
		if p := o.app.callback(q); problem == "" {
			wantRedirect(t, p, "/a")
		} else {
			wantProblem(t, p, http.StatusBadGateway, problem)
		}
	}
}

// Auth0 asks for a sign-in when its own page has expired.
func TestInitiationByAuth0(t *testing.T) {
	t.Parallel()
	o := newAuth0Site(t, nil, nil)
	wantRedirect(t, o.alice("/passkeys/initiate?iss="+url.QueryEscape(o.tenant()+"/")), "/")
	wantProblem(t, o.browser().get("/passkeys/initiate?iss="+url.QueryEscape(o.tenant())), http.StatusBadRequest, "unknown_issuer")
}

// A tenant made before November 2023 may not list /oidc/logout.
func TestSignOutAtAnOldTenant(t *testing.T) {
	t.Parallel()
	o := newEmulatorSite(t, &okta.Auth0{NoLogoutMetadata: true}, func(*Config) {})
	o.alice("/")
	wantRedirect(t, o.app.send(http.MethodPost, "/passkeys/logout"), "/passkeys/signed-out")
	if o.app.session() != nil || !strings.Contains(o.log.String(), "has no end_session_endpoint") {
		t.Errorf("session %v, log %s", o.app.session(), o.log)
	}
}
