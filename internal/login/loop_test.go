package login

import (
	"net/http"
	"testing"
	"time"
)

func TestRedirectLoop(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.refuses = func(name string) bool { return name == "__Host-passkeys-session" }
	for range loopLimit {
		wantRedirect(t, b.signIn("/app"), "/app")
	}
	p := b.get("/app")
	wantProblem(t, p, http.StatusTooManyRequests, "sign_in_loop")
	if got := p.problem.Ways[0].Href; got != "/passkeys/login?again=1&return=%2Fapp" {
		t.Errorf("first way %q", got)
	}
	wantProblem(t, b.get("/other"), http.StatusTooManyRequests, "sign_in_loop")

	wantRedirect(t, b.signIn(p.problem.Ways[0].Href), "/app")
	b.depart("/app") // one counted since

	for range loopLimit {
		s.clock.Advance(time.Second)
		if p = b.get("/app"); p.problem == nil {
			b.callback(s.op.authorize(p.location()))
		}
	}
	wantProblem(t, b.get("/app"), http.StatusTooManyRequests, "sign_in_loop")
	s.clock.Advance(loopWindow + time.Second)
	b.depart("/app")
}

func TestSigningInAndOutIsNoLoop(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	for range 2 * loopLimit {
		wantRedirect(t, b.signIn("/app"), "/app")
		b.send(http.MethodPost, "/passkeys/logout")
		if b.session() != nil {
			t.Fatal("still signed in")
		}
	}
}

func TestAbandonedTabsAreNoLoop(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	for range 10 {
		b.depart("/app")
	}
}

func TestRestartsEnd(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	for range loopLimit {
		wantRedirect(t, b.get("/passkeys/callback?code=x&state=y"), "/passkeys/login?restart=1")
	}
	wantProblem(t, b.get("/passkeys/login?restart=1"), http.StatusTooManyRequests, "sign_in_loop")
}
