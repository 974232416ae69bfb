package login

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

const (
	rolesClaim      = "https://acme.example/roles"
	departmentClaim = "https://acme.example/department"
	auth0Subject    = "auth0|5f7c8ec7c33c6c004bbafe82"
)

// newAuth0Site signs people in at a provider of Auth0's shape (Auth0: OpenID
// Connect Discovery, Create Custom Claims, Log Users Out of Auth0 with OIDC
// Endpoint): an issuer with a trailing slash, sign-out at /oidc/logout, a pipe
// in the sub, claims with URIs for names, no idp.
func newAuth0Site(t *testing.T) *site {
	t.Helper()
	o := newOP(t, newClock())
	o.slash = true
	o.metadata = func(m map[string]any) { m["end_session_endpoint"] = o.URL + "/oidc/logout" }
	o.profile["sub"] = auth0Subject
	o.change = func(c map[string]any) {
		c["sub"] = auth0Subject
		delete(c, "idp")
		c["amr"], c["acr"] = []string{"mfa"}, "http://schemas.openid.net/pape/policies/2007/06/multi-factor"
		c[rolesClaim], c[departmentClaim] = []string{"admin", "a,b"}, "R&D 50%"
	}
	return newSiteAt(t, o, func(c *Config) { c.Claims = []string{rolesClaim, departmentClaim, "https://acme.example/none"} })
}

func TestSignInAndOutAtAuth0(t *testing.T) {
	t.Parallel()
	s := newAuth0Site(t)
	b := s.browser()
	wantRedirect(t, b.signIn("/orders?x=1"), "/orders?x=1")
	got := b.session()
	if got.Issuer != s.op.URL+"/" || got.Subject != auth0Subject || got.AMR != "mfa" || got.IDP != "" || got.Passkey ||
		got.ACR != "http://schemas.openid.net/pape/policies/2007/06/multi-factor" {
		t.Errorf("session %+v", got)
	}
	want := []session.Claim{{Name: rolesClaim, Value: "admin,a%2Cb"}, {Name: departmentClaim, Value: "R&D 50%25"}}
	if diff := cmp.Diff(want, got.Claims); diff != "" {
		t.Error(diff)
	}
	if got.Claim(rolesClaim) != "admin,a%2Cb" || got.Claim("roles") != "" {
		t.Errorf("roles %q, without namespace %q", got.Claim(rolesClaim), got.Claim("roles"))
	}
	p := b.send(http.MethodPost, "/passkeys/logout")
	u, err := url.Parse(p.location())
	if err != nil || !strings.HasPrefix(p.location(), s.op.URL+"/oidc/logout?") {
		t.Fatalf("sign-out went to %q", p.location())
	}
	q := u.Query()
	if q.Get("post_logout_redirect_uri") != "https://app.example.com/passkeys/signed-out" || q.Get("client_id") != testClientID || q.Get("id_token_hint") == "" {
		t.Errorf("%v", q)
	}
	if !strings.Contains(s.log.String(), `"msg":"signed out","sub":"`+auth0Subject+`"`) {
		t.Errorf("no audit line: %s", s.log)
	}
}

// Auth0 puts the claims of an Action where its api calls say: into the ID token,
// or into userinfo.
func TestNamespacedClaimsFromUserinfo(t *testing.T) {
	t.Parallel()
	s := newAuth0Site(t)
	change := s.op.change
	s.op.change = func(c map[string]any) {
		change(c)
		delete(c, rolesClaim)
	}
	s.op.profile[rolesClaim] = []string{"from-userinfo"}
	s.op.profile["https://acme.example/not-asked-for"] = "x"
	b := s.browser()
	wantRedirect(t, b.signIn("/"), "/")
	if got := b.session(); got.Claim(rolesClaim) != "from-userinfo" || got.Claim("https://acme.example/not-asked-for") != "" {
		t.Errorf("claims %v", got.Claims)
	}
}

func TestHeaderInjectionThroughNamespacedClaims(t *testing.T) {
	t.Parallel()
	s := newAuth0Site(t)
	change := s.op.change
	s.op.change = func(c map[string]any) {
		change(c)
		c[rolesClaim] = []string{"ok", "evil\r\nX-User: mallory", ""}
		c[departmentClaim] = "a\r\nb"
		c["https://acme.example/none"] = map[string]any{"an": "object"}
	}
	b := s.browser()
	wantRedirect(t, b.signIn("/"), "/")
	if diff := cmp.Diff([]session.Claim{{Name: rolesClaim, Value: "ok"}}, b.session().Claims); diff != "" {
		t.Error(diff)
	}
}

func TestIssuerWithoutItsSlash(t *testing.T) {
	t.Parallel()
	// Configured without, the provider writes it with.
	o := newOP(t, newClock())
	o.metadata = func(m map[string]any) { m["issuer"] = o.URL + "/" }
	p := newSiteAt(t, o).browser().get("/")
	wantProblem(t, p, http.StatusBadGateway, "issuer_mismatch")
	if !strings.Contains(p.told(), "trailing slash") {
		t.Errorf("told %q", p.told())
	}
	// The other way round, in the ID token alone.
	s := newAuth0Site(t)
	change := s.op.change
	s.op.change = func(c map[string]any) { change(c); c["iss"] = o.URL }
	wantProblem(t, s.browser().signIn("/"), http.StatusBadGateway, "id_token_invalid")
}

func TestIssuerParameterOfAuth0(t *testing.T) {
	t.Parallel()
	s := newAuth0Site(t)
	b := s.browser()
	q := b.depart("/a")
	q.Set("iss", s.op.URL+"/")
	wantRedirect(t, b.callback(q), "/a")
	b = s.browser()
	q = b.depart("/a")
	q.Set("iss", s.op.URL)
	wantProblem(t, b.callback(q), http.StatusBadGateway, "issuer_mismatch")
}

// Auth0 asks for a sign-in when its own page has expired.
func TestInitiationByAuth0(t *testing.T) {
	t.Parallel()
	s := newAuth0Site(t)
	b := s.browser()
	wantRedirect(t, b.callback(s.op.authorize(b.get("/passkeys/initiate?iss="+url.QueryEscape(s.op.URL+"/")).location())), "/")
	wantProblem(t, s.browser().get("/passkeys/initiate?iss="+url.QueryEscape(s.op.URL)), http.StatusBadRequest, "unknown_issuer")
}

// A tenant made before November 2023 may not list /oidc/logout.
func TestSignOutAtAnOldTenant(t *testing.T) {
	t.Parallel()
	s := newAuth0Site(t)
	s.op.metadata = func(m map[string]any) { delete(m, "end_session_endpoint") }
	b := s.browser()
	b.signIn("/")
	wantRedirect(t, b.send(http.MethodPost, "/passkeys/logout"), "/passkeys/signed-out")
	if b.session() != nil || !strings.Contains(s.log.String(), "has no end_session_endpoint") {
		t.Errorf("session %v, log %s", b.session(), s.log)
	}
}
