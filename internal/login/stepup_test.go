package login

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
	"github.com/passkey-sidecar/passkey-sidecar/internal/stepup"
)

var (
	passkeyDemand = stepup.Demand{MaxAge: 10 * time.Minute}
	adminDemand   = stepup.Demand{MaxAge: 5 * time.Minute, ACR: "urn:okta:loa:1fa:pwd"}
)

const stepUpLogin = "/passkeys/login?step_up=600&return=%2Fpasskeys%2Fappend%3Freturn%3D%252Fa"

func TestStepUpAtOkta(t *testing.T) {
	t.Parallel()
	o := newOktaSite(t)
	o.signInAs("/", "alice@acme.test", "correct horse")
	before := o.app.session()
	// Fresh enough: straight on, whatever a link says.
	wantRedirect(t, o.app.get(stepUpLogin), "/passkeys/append?return=%2Fa")
	o.clock.Advance(20 * time.Minute)
	p := o.app.get(stepUpLogin)
	if q := p.asked(t, o.site); q.Get("max_age") != "600" || q.Has("acr_values") || q.Get("login_hint") != "alice@acme.test" || q.Has("prompt") {
		t.Errorf("asked for %v", q)
	}
	// Okta's session is there, but too old: it shows its page.
	wantRedirect(t, o.signInAs(stepUpLogin, "alice@acme.test", "correct horse"), "/passkeys/append?return=%2Fa")
	after := o.app.session()
	if after.ID == before.ID || !passkeyDemand.Met(after, o.clock.Now()) || !after.AuthTime.After(before.AuthTime) {
		t.Errorf("before %+v\nafter  %+v", before, after)
	}
}

func TestStepUpOnAPathOfTheApp(t *testing.T) {
	t.Parallel()
	o := newOktaSite(t)
	o.signInAs("/", "alice@acme.test", "correct horse")
	// The sign-in is fresh, but nobody asked for the context: Okta answers from
	// its session.
	p := o.signInAs("/admin/users?x=1", "", "")
	wantRedirect(t, p, "/admin/users?x=1")
	wantSignedIn(t, o.app.get("/admin/users?x=1"))
	if s := o.app.session(); s.ACR != adminDemand.ACR {
		t.Errorf("acr %q", s.ACR)
	}
	o.clock.Advance(7 * time.Minute)
	if q := o.app.get("/admin/users").asked(t, o.site); q.Get("max_age") != "300" || q.Get("acr_values") != adminDemand.ACR {
		t.Errorf("asked for %v", q)
	}
}

// Whoever has no session and opens such a path makes one round to Okta, not two.
func TestSignInMeetsTheDemandAtOnce(t *testing.T) {
	t.Parallel()
	o := newOktaSite(t)
	wantRedirect(t, o.signInAs("/admin/users", "alice@acme.test", "correct horse"), "/admin/users")
	wantSignedIn(t, o.app.get("/admin/users"))
}

func TestUnmetAuthenticationRequirements(t *testing.T) {
	t.Parallel()
	strong := stepup.Demand{MaxAge: 10 * time.Minute, ACR: "phr"}
	o := newOktaSite(t, func(_ *okta.Config, c *Config) { c.StepUps = []stepup.Demand{strong} })
	o.signInAs("/", "alice@acme.test", "correct horse")
	before := o.app.session()
	p := o.signInAs(strong.LoginURL("/passkeys", "/keys"), "", "")
	wantProblem(t, p, http.StatusForbidden, "authentication_requirements_unmet")
	if !strings.Contains(p.told(), "phr") || o.app.session().ID != before.ID {
		t.Errorf("told %q, session %+v", p.told(), o.app.session())
	}
	for _, way := range p.problem.Ways {
		if way.Href == "/keys" {
			t.Error("a way leads back to the page that asked")
		}
	}
}

// A provider that takes no notice of what was asked for is not asked again and
// again.
func TestStepUpThatTheProviderIgnores(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(s *site) func(map[string]any)
		status int
		code   string
	}{
		"auth_time too old": {func(s *site) func(map[string]any) {
			return func(m map[string]any) { m["auth_time"] = s.clock.Now().Add(-10 * time.Minute).Unix() }
		}, http.StatusForbidden, "step_up_too_old"},
		"no auth_time": {func(*site) func(map[string]any) {
			return func(m map[string]any) { delete(m, "auth_time") }
		}, http.StatusBadGateway, "auth_time_missing"},
		"auth_time is text": {func(*site) func(map[string]any) {
			return func(m map[string]any) { m["auth_time"] = "now" }
		}, http.StatusBadGateway, "id_token_invalid"},
		"auth_time to come": {func(s *site) func(map[string]any) {
			return func(m map[string]any) { m["auth_time"] = s.clock.Now().Add(time.Hour).Unix() }
		}, http.StatusBadGateway, "clock_skew"},
		"no acr": {func(*site) func(map[string]any) {
			return func(map[string]any) {}
		}, http.StatusForbidden, "step_up_too_weak"},
		"another acr": {func(*site) func(map[string]any) {
			return func(m map[string]any) { m["acr"] = "urn:okta:loa:1fa:any" }
		}, http.StatusForbidden, "step_up_too_weak"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			b := s.browser()
			b.signIn("/")
			before := b.session()
			s.clock.Advance(time.Hour / 2)
			s.op.change = c.change(s)
			p := b.callback(b.depart("/admin/users"))
			wantProblem(t, p, c.status, c.code)
			if got := b.session(); got.ID != before.ID {
				t.Errorf("session %+v", got)
			}
			if c.code == "step_up_too_old" { // the person may insist, once each time
				q := b.get(p.problem.Ways[0].Href).asked(t, s)
				if q.Get("prompt") != "login" || q.Get("max_age") != "300" {
					t.Errorf("asked for %v", q)
				}
			}
		})
	}
}

func TestStepUpWithClocksApart(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	s.op.change = func(m map[string]any) {
		m["acr"], m["auth_time"] = adminDemand.ACR, s.clock.Now().Add(-adminDemand.MaxAge-50*time.Second).Unix()
	}
	wantRedirect(t, b.signIn("/admin/users"), "/admin/users")
	// What the callback takes, the gate takes.
	wantSignedIn(t, b.get("/admin/users"))
}

// A link can ask for no demand of its own: neither an age of a second, which
// would never be met, nor a context that nobody configured.
func TestStepUpLinkCannotChooseItsDemand(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signIn("/")
	s.clock.Advance(30 * time.Minute)
	for _, query := range []string{
		"step_up=1", "step_up=0", "step_up=300", "step_up=600&acr=phr", "step_up=300&acr=urn:okta:loa:2fa:any", "max_age=0", "step_up=-1", "acr_values=phr",
	} {
		wantRedirect(t, b.get("/passkeys/login?"+query+"&return=/a"), "/a")
	}
	// And with a real one, the way back is a return path like any other.
	for _, to := range []string{"/passkeys/login?step_up=600", "https://evil.example/", "//evil.example", "/passkeys/callback?code=x"} {
		back := b.callback(b.depart("/passkeys/login?step_up=600&return=" + url.QueryEscape(to)))
		wantRedirect(t, back, "/")
		s.clock.Advance(30 * time.Minute)
	}
}

// A browser that does not store the renewed session would step up for ever.
func TestStepUpLoopIsBroken(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.op.change = func(m map[string]any) { m["acr"] = adminDemand.ACR }
	b := s.browser()
	b.signIn("/")
	s.clock.Advance(30 * time.Minute)
	b.refuses = func(name string) bool { return strings.HasSuffix(name, "-session") }
	rounds := 0
	for ; rounds < 10; rounds++ {
		p := b.get("/admin/users")
		if p.problem != nil {
			wantProblem(t, p, http.StatusTooManyRequests, "sign_in_loop")
			if way := p.problem.Ways[0].Href; !strings.Contains(way, "again=1") || !strings.Contains(way, "step_up=300") {
				t.Errorf("the way on is %s", way)
			}
			break
		}
		wantRedirect(t, b.callback(s.op.authorize(p.location())), "/admin/users")
	}
	if rounds != loopLimit {
		t.Errorf("broken after %d rounds", rounds)
	}
}

func TestSpentCodeAtStepUpIsNoLoop(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signIn("/")
	s.clock.Advance(30 * time.Minute)
	s.op.token = func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
	}
	p := b.callback(b.depart("/admin/users"))
	if !strings.HasPrefix(p.location(), "/passkeys/login?restart=1&step_up=300&acr=") {
		t.Fatalf("%v, to %q", p.problem, p.location())
	}
	wantProblem(t, b.callback(b.depart(p.location())), http.StatusBadGateway, "code_rejected")
}

// Confirming is for the user who was asked; another one signs in as themselves,
// and what the first was about to do does not go on by itself.
func TestStepUpBySomebodyElse(t *testing.T) {
	t.Parallel()
	o := newOktaSite(t)
	o.signInAs("/", "alice@acme.test", "correct horse")
	before := o.app.session()
	o.clock.Advance(20 * time.Minute)
	p := o.signInAs(stepUpLogin, "carol@acme.test", "staple correct")
	wantProblem(t, p, http.StatusConflict, "step_up_other_user")
	got := o.app.session()
	if got.Subject == before.Subject || got.ID == before.ID || !strings.Contains(p.problem.Title, "carol@acme.test") {
		t.Errorf("session %+v, told %q", got, p.problem.Title)
	}
}

func TestStepUpGoesBackPastTheOffer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.op.change = func(m map[string]any) { m["acr"] = adminDemand.ACR }
	offered := 0
	s.rp.landing = landing(func(_ *http.Request, _ *session.Session, path string) string { offered++; return path })
	b := s.browser()
	b.signIn("/")
	s.clock.Advance(30 * time.Minute)
	wantRedirect(t, b.callback(b.depart("/admin/users")), "/admin/users")
	if offered != 1 {
		t.Errorf("%d landings, want one: at the sign-in", offered)
	}
}

// Auth0 says auth_time only to whoever asks for a max_age; without it every
// sign-in would count as stale.
func TestOrdinarySignInAsksForAuthTime(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if q := s.browser().get("/a").asked(t, s); q.Get("max_age") != "2592000" || q.Has("acr_values") || q.Has("login_hint") {
		t.Errorf("asked for %v", q)
	}
	off := newSite(t, func(c *Config) { c.StepUps = []stepup.Demand{{}} })
	if q := off.browser().get("/a").asked(t, off); q.Has("max_age") {
		t.Errorf("step_up is off, asked for %v", q)
	}
}
