package login

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	wantRedirect(t, b.signIn("/reports?year=2026"), "/reports?year=2026")
	got := b.session()
	if got == nil {
		t.Fatal("no session")
	}
	want := &session.Session{
		ID: got.ID, Issuer: s.op.URL, Subject: "00u1", Email: "alice@acme.test", Name: "Alice", Username: "alice@acme.test",
		AMR: "pwd mfa", IDP: "00o1", AuthTime: s.clock.Now(),
		StartedAt: s.clock.Now(), SeenAt: s.clock.Now(), ExpiresAt: s.clock.Now().Add(8 * time.Hour),
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if b.attempts() != 0 {
		t.Error("the attempt's cookie is still there")
	}
	if s.op.count("/userinfo") != 0 {
		t.Error("userinfo asked although nothing was missing")
	}
	if p := b.get("/reports"); p.StatusCode != http.StatusOK {
		t.Errorf("signed in, but got %d", p.StatusCode)
	}
}

func TestReplayedCallbackMakesNoTokenCall(t *testing.T) {
	t.Parallel()
	for name, signOut := range map[string]bool{"live session": false, "no session": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			b := s.browser()
			q := b.depart("/a")
			wantRedirect(t, b.callback(q), "/a")
			want := "/"
			if signOut {
				b.send(http.MethodPost, "/passkeys/logout")
				want = "/passkeys/login?restart=1"
			}
			wantRedirect(t, b.callback(q), want)
			if n := s.op.count("/token"); n != 1 {
				t.Errorf("%d token calls", n)
			}
		})
	}
}

func TestReplayAfterFailureMakesNoTokenCall(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.op.token = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }
	b := s.browser()
	q := b.depart("/a")
	wantProblem(t, b.callback(q), http.StatusServiceUnavailable, "identity_provider_unavailable")
	wantRedirect(t, b.callback(q), "/passkeys/login?restart=1")
	if n := s.op.count("/token"); n != 1 {
		t.Errorf("%d token calls", n)
	}
}

func TestLoginCSRFForeignStateMakesNoTokenCall(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	attacker, victim := s.browser(), s.browser()
	q := attacker.depart("/")
	wantRedirect(t, victim.callback(q), "/passkeys/login?restart=1")
	if victim.session() != nil || s.op.count("/token") != 0 {
		t.Error("the attacker's code was redeemed in the victim's browser")
	}
}

func TestForeignStateUnderOwnCookieMakesNoTokenCall(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	q := b.depart("/a")
	state := q.Get("state")
	forged := state[:len(state)-4] + "AAAA"
	wantRedirect(t, b.callback(url.Values{"code": q["code"], "state": {forged}}), "/passkeys/login?restart=1")
	if s.op.count("/token") != 0 {
		t.Error("token endpoint called")
	}
	wantRedirect(t, b.callback(q), "/a") // the forgery spoilt nothing
}

func TestStatelessCallbackMakesNoTokenCall(t *testing.T) {
	t.Parallel()
	for _, query := range []string{"", "code=abc", "code=abc&state=", "error=access_denied", "code=abc&state=../../x", "code=abc&state=" + strings.Repeat("f", stateLength)} {
		s := newSite(t)
		b := s.browser()
		b.depart("/a")
		wantRedirect(t, b.get("/passkeys/callback?"+query), "/passkeys/login?restart=1")
		if s.op.count("/token") != 0 {
			t.Errorf("%q: token endpoint called", query)
		}
	}
}

func TestMalformedCallbackMakesNoTokenCall(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, edit := range map[string]func(q url.Values) string{
		"code twice":            func(q url.Values) string { return q.Encode() + "&code=other" },
		"state twice":           func(q url.Values) string { return q.Encode() + "&state=" + q.Get("state") },
		"error twice":           func(q url.Values) string { return "state=" + q.Get("state") + "&error=a&error=b" },
		"iss twice":             func(q url.Values) string { return q.Encode() + "&iss=a&iss=b" },
		"code and error":        func(q url.Values) string { return q.Encode() + "&error=access_denied" },
		"code of 5 kB":          func(q url.Values) string { return "state=" + q.Get("state") + "&code=" + strings.Repeat("x", 5<<10) },
		"query of 20 kB":        func(q url.Values) string { return q.Encode() + "&x=" + strings.Repeat("x", 20<<10) },
		"bad escape":            func(q url.Values) string { return q.Encode() + "&x=%zz" },
		"semicolon":             func(q url.Values) string { return q.Encode() + ";code=x" },
		"neither code nor fail": func(q url.Values) string { return "state=" + q.Get("state") },
	} {
		b := s.browser()
		p := b.get("/passkeys/callback?" + edit(b.depart("/a")))
		if p.problem == nil || p.problem.Code != "invalid_callback" || p.problem.Status != http.StatusBadRequest {
			t.Errorf("%s: %v", name, p.problem)
		}
	}
	if s.op.count("/token") != 0 {
		t.Error("token endpoint called")
	}
}

func TestMixUpIssuerParameter(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	q := b.depart("/a")
	q.Set("iss", "https://evil.example")
	wantProblem(t, b.callback(q), http.StatusBadGateway, "issuer_mismatch")
	if s.op.count("/token") != 0 {
		t.Error("token endpoint called")
	}
	q = b.depart("/a")
	q.Set("iss", s.op.URL)
	wantRedirect(t, b.callback(q), "/a")
}

func TestCodeUnderAnotherHostMakesNoTokenCall(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	q := b.depart("/a")
	b.host = "evil.example"
	wantProblem(t, b.callback(q), http.StatusMisdirectedRequest, "unknown_host")
	b.host = "www.example.com" // ours, but not where the attempt started
	wantRedirect(t, b.callback(q), "/passkeys/login?restart=1&return=%2Fa")
	if s.op.count("/token") != 0 {
		t.Error("token endpoint called")
	}
}

func TestCookiesBlocked(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.refuses = func(string) bool { return true }
	p := b.signIn("/deep")
	wantRedirect(t, p, "/passkeys/login?restart=1")
	p = b.signIn(p.location())
	wantProblem(t, p, http.StatusBadRequest, "cookies_blocked")
	if s.op.count("/token") != 0 {
		t.Error("token endpoint called")
	}
}

func TestUsedCodeStartsAgainOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.op.token = func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": "PKCE verification failed."})
	}
	b := s.browser()
	p := b.signIn("/deep")
	wantRedirect(t, p, "/passkeys/login?restart=1&return=%2Fdeep")
	p = b.signIn(p.location())
	wantProblem(t, p, http.StatusBadGateway, "code_rejected")
	if !strings.Contains(p.told(), "PKCE verification failed.") {
		t.Errorf("detail %q", p.told())
	}
}

func TestUsedCodeWithLiveSessionGoesOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	one, two := b.depart("/one"), b.depart("/two")
	wantRedirect(t, b.callback(one), "/one")
	s.op.token = func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
	}
	wantRedirect(t, b.callback(two), "/two")
}

func TestSessionFixation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signIn("/")
	first := b.session().ID
	b.signIn("/passkeys/login?prompt=login")
	if b.session().ID == first {
		t.Error("a new sign-in kept the session ID")
	}
}

func TestLandingDecidesWhereToGo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.rp.landing = landing(func(_ *http.Request, ses *session.Session, returnPath string) string {
		return "/passkeys/append?return=" + url.QueryEscape(returnPath) + "&who=" + ses.Subject
	})
	wantRedirect(t, s.browser().signIn("/a"), "/passkeys/append?return=%2Fa&who=00u1")
}

type landing func(*http.Request, *session.Session, string) string

func (l landing) AfterSignIn(r *http.Request, s *session.Session, returnPath string) string {
	return l(r, s, returnPath)
}
