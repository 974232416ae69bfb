package login

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/oktatest"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/logs"
)

// oktaSite is the relying party with the Okta emulator and a browser that has
// cookies at both.
type oktaSite struct {
	*site
	okta *okta.Server
	app  *browser
	web  *oktatest.Browser
}

func newOktaSite(t *testing.T, change ...func(*okta.Config, *Config)) *oktaSite {
	t.Helper()
	return newEmulatorSite(t, nil, func(c *Config) { c.Scopes = []string{"openid", "profile", "email", "groups", "offline_access"} }, change...)
}

// newEmulatorSite makes a site at an org, or at a tenant of Auth0's.
func newEmulatorSite(t *testing.T, tenant *okta.Auth0, configure func(*Config), change ...func(*okta.Config, *Config)) *oktaSite {
	t.Helper()
	c := newClock()
	alice := "00uALICE0000000ALIC0"
	if tenant != nil {
		alice = auth0Subject
	}
	org := okta.Config{
		Now: c.Now, Auth0: tenant,
		Clients: []okta.Client{{
			ID: testClientID, Secret: testSecret,
			RedirectURIs:           []string{"https://app.example.com/passkeys/callback"},
			PostLogoutRedirectURIs: []string{"https://app.example.com/passkeys/signed-out"},
		}},
		Users: []okta.User{
			{ID: alice, Login: "alice@acme.test", Email: "alice@acme.test", FirstName: "Alice", Password: "correct horse", Groups: []string{"Staff, EMEA", "Everyone"}},
			{Login: "bob@acme.test", Email: "bob@acme.test", Password: "battery staple", UnassignedFrom: []string{testClientID}},
			{ID: "00uCAROL0000000CARO0", Login: "carol@acme.test", Email: "carol@acme.test", Password: "staple correct"},
		},
	}
	s := &site{t: t, clock: c, log: new(logs.Buffer)}
	log := slog.New(slog.NewJSONHandler(s.log, nil))
	config := testConfig(t, c.Now)
	config.Idle = time.Hour
	configure(&config)
	for _, f := range change {
		f(&org, &config)
	}
	server := oktatest.Start(t, org)
	var err error
	if s.store, err = session.New(sessionConfig(&config)); err != nil {
		t.Fatal(err)
	}
	p := provider.New(provider.Config{Issuer: server.Issuer(), Now: c.Now, Log: log})
	if s.rp, err = New(config, p, s.store, nil, log); err != nil {
		t.Fatal(err)
	}
	return &oktaSite{site: s, okta: server, app: s.browser(), web: oktatest.NewBrowser(server)}
}

// signInAs goes to Okta and back, through its sign-in page where it shows one.
func (o *oktaSite) signInAs(target, login, password string) page {
	o.t.Helper()
	p := o.app.get(target)
	if p.problem != nil {
		return p
	}
	back, err := o.web.SignIn(o.t.Context(), p.location(), login, password)
	if err != nil {
		o.t.Fatal(err)
	}
	if origin := back.Scheme + "://" + back.Host; origin != "https://app.example.com" {
		o.t.Fatalf("came back to %s", back)
	}
	return o.app.get(back.RequestURI())
}

func (o *oktaSite) fault(f okta.Fault) {
	o.t.Helper()
	if err := o.okta.Fault(f); err != nil {
		o.t.Fatal(err)
	}
}

func TestSignInAndOutAtOkta(t *testing.T) {
	t.Parallel()
	o := newOktaSite(t)
	wantRedirect(t, o.signInAs("/reports?year=2026", "alice@acme.test", "correct horse"), "/reports?year=2026")
	s := o.app.session()
	if s == nil || s.Subject != "00uALICE0000000ALIC0" || s.Email != "alice@acme.test" || s.Username != "alice@acme.test" ||
		!strings.Contains(s.Groups, "Staff%2C EMEA") || s.AMR == "" || s.IDP == "" || s.AuthTime.IsZero() || s.RefreshToken == "" {
		t.Fatalf("session %+v", s)
	}
	p := o.app.send(http.MethodPost, "/passkeys/logout")
	out, err := o.web.Get(t.Context(), p.location())
	if err != nil {
		t.Fatal(err)
	}
	if out.Location == nil || !strings.HasPrefix(out.Location.String(), "https://app.example.com/passkeys/signed-out") {
		t.Fatalf("Okta answered %d, to %v: %s", out.Status, out.Location, out.Body)
	}
	asked, err := o.web.Get(t.Context(), o.app.get("/").location())
	if err != nil || asked.StateToken() == "" {
		t.Errorf("signed out, but Okta signs in without asking: %v %v", asked.Location, err)
	}
}

func TestUserNotAssigned(t *testing.T) {
	t.Parallel()
	o := newOktaSite(t)
	p := o.signInAs("/a", "bob@acme.test", "battery staple")
	wantProblem(t, p, http.StatusForbidden, "not_assigned")
	// Bob's session at Okta persists; only prompt=login gets past it.
	wantProblem(t, o.signInAs("/a", "", ""), http.StatusForbidden, "not_assigned")
	other := p.problem.Ways[0].Href
	wantRedirect(t, o.signInAs(other, "alice@acme.test", "correct horse"), "/a")
}

// faultsOfOkta are what can go wrong at Okta, and what becomes of a sign-in to /a.
var faultsOfOkta = []struct {
	faults []okta.Fault
	code   string // of the problem; "" means a redirect to target
	target string
}{
	{[]okta.Fault{{Name: okta.FaultDown}}, "identity_provider_unavailable", ""},
	{[]okta.Fault{{Name: okta.FaultFailDiscovery}}, "identity_provider_unavailable", ""},
	{[]okta.Fault{{Name: okta.FaultDiscoveryGarbage}}, "identity_provider_unavailable", ""},
	{[]okta.Fault{{Name: okta.FaultDiscoveryWrongIssuer}}, "issuer_mismatch", ""},
	{[]okta.Fault{{Name: okta.FaultFailKeys}}, "identity_provider_unavailable", ""},
	{[]okta.Fault{{Name: okta.FaultFailToken}}, "identity_provider_unavailable", ""},
	{[]okta.Fault{{Name: okta.FaultFailToken, Status: 429}}, "identity_provider_busy", ""},
	{[]okta.Fault{{Name: okta.FaultAuthorizeError}}, "identity_provider_error", ""},
	{[]okta.Fault{{Name: okta.FaultCallbackWrongState}}, "", "/passkeys/login?restart=1"},
	{[]okta.Fault{{Name: okta.FaultCallbackNoState}}, "", "/passkeys/login?restart=1"},
	{[]okta.Fault{{Name: okta.FaultCallbackNoCode}}, "invalid_callback", ""},
	{[]okta.Fault{{Name: okta.FaultCallbackWrongIssuer}}, "issuer_mismatch", ""},
	{[]okta.Fault{{Name: okta.FaultTokenGarbage}}, "identity_provider_unavailable", ""},
	{[]okta.Fault{{Name: okta.FaultMissingIDToken}}, "id_token_missing", ""},
	{[]okta.Fault{{Name: okta.FaultWrongNonce}}, "id_token_invalid", ""},
	{[]okta.Fault{{Name: okta.FaultMissingNonce}}, "id_token_invalid", ""},
	{[]okta.Fault{{Name: okta.FaultWrongIssuer}}, "id_token_invalid", ""},
	{[]okta.Fault{{Name: okta.FaultWrongAudience}}, "id_token_invalid", ""},
	{[]okta.Fault{{Name: okta.FaultTwoAudiences}}, "id_token_invalid", ""},
	{[]okta.Fault{{Name: okta.FaultWrongAtHash}}, "id_token_invalid", ""},
	{[]okta.Fault{{Name: okta.FaultExpiredIDToken}}, "clock_skew", ""},
	{[]okta.Fault{{Name: okta.FaultFutureIDToken}}, "clock_skew", ""},
	{[]okta.Fault{{Name: okta.FaultWrongKid}}, "id_token_invalid", ""},
	{[]okta.Fault{{Name: okta.FaultBadSignature}}, "id_token_invalid", ""},
	{[]okta.Fault{{Name: okta.FaultAlgNone}}, "id_token_invalid", ""},
	{[]okta.Fault{{Name: okta.FaultAlgHS256}}, "id_token_invalid", ""},
	{[]okta.Fault{{Name: okta.FaultThinIDToken}, {Name: okta.FaultUserinfoOtherSub}}, "userinfo_mismatch", ""},
	{[]okta.Fault{{Name: okta.FaultThinIDToken}, {Name: okta.FaultWrongSubject}}, "userinfo_mismatch", ""},
	{[]okta.Fault{{Name: okta.FaultThinIDToken}, {Name: okta.FaultUserinfoGarbage}}, "", "/a"},
	{[]okta.Fault{{Name: okta.FaultThinIDToken}, {Name: okta.FaultFailUserinfo}}, "", "/a"},
	{[]okta.Fault{{Name: okta.FaultThinIDToken}}, "", "/a"},
	{[]okta.Fault{{Name: okta.FaultMissingEmail}}, "", "/a"},
	{[]okta.Fault{{Name: okta.FaultManyGroups}}, "", "/a"},
	{[]okta.Fault{{Name: okta.FaultMissingAuthTime}}, "", "/a"},
}

func TestFaultsOfOkta(t *testing.T) {
	t.Parallel()
	for _, c := range faultsOfOkta {
		var names []string
		for _, f := range c.faults {
			names = append(names, f.Name)
		}
		t.Run(strings.Join(names, " and "), func(t *testing.T) {
			t.Parallel()
			o := newOktaSite(t)
			for _, f := range c.faults {
				o.fault(f)
			}
			p := o.signInAs("/a", "alice@acme.test", "correct horse")
			if c.code == "" {
				wantRedirect(t, p, c.target)
			} else if p.problem == nil || p.problem.Code != c.code {
				t.Fatalf("%v, %q; want %s", p.problem, p.location(), c.code)
			}
			if signedIn := o.app.session() != nil; signedIn != (c.target == "/a") {
				t.Errorf("signed in: %v", signedIn)
			}
		})
	}
}

func TestThinIDTokenOfACustomAuthorizationServer(t *testing.T) {
	t.Parallel()
	o := newOktaSite(t)
	o.fault(okta.Fault{Name: okta.FaultThinIDToken})
	o.signInAs("/", "alice@acme.test", "correct horse")
	s := o.app.session()
	if s == nil || s.Email != "alice@acme.test" || s.Username != "alice@acme.test" || !strings.Contains(s.Groups, "Everyone") {
		t.Errorf("session %+v", s)
	}
}

func TestCallbackReloadedAfterOktaErrorPage(t *testing.T) {
	t.Parallel()
	o := newOktaSite(t)
	p := o.app.get("/a")
	back, err := o.web.SignIn(t.Context(), p.location(), "alice@acme.test", "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	o.fault(okta.Fault{Name: okta.FaultFailToken, Times: 1})
	wantProblem(t, o.app.get(back.RequestURI()), http.StatusServiceUnavailable, "identity_provider_unavailable")
	p = o.app.get(back.RequestURI()) // the person reloads
	wantRedirect(t, p, "/passkeys/login?restart=1")
	u, err := url.Parse(p.location())
	if err != nil {
		t.Fatal(err)
	}
	wantRedirect(t, o.signInAs(u.String(), "", ""), "/") // Okta's session does the rest
}
