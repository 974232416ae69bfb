package login

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestOtherPurposesCookieIsNoAttempt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signIn("/")
	sealed := b.cookies["__Host-passkeys-session"].Value
	state := "f0" + strings.Repeat("A", stateLength-2)
	name := "__Host-passkeys-login-" + "0"
	victim := s.browser()
	victim.cookies[name] = &http.Cookie{Name: name, Value: sealed, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	wantRedirect(t, victim.callback(url.Values{"code": {"x"}, "state": {state}}), "/passkeys/login?restart=1")
	if s.op.count("/token") != 1 {
		t.Error("token endpoint called")
	}
	if victim.attempts() != 0 {
		t.Error("the useless cookie stays")
	}
}

func TestParallelTabs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	one, two, three := b.depart("/one"), b.depart("/two"), b.depart("/three")
	wantRedirect(t, b.callback(two), "/two")
	wantRedirect(t, b.callback(one), "/one")
	wantRedirect(t, b.callback(three), "/three")
	wantRedirect(t, b.get("/passkeys/login?return=/four"), "/four")
}

func TestManyRestoredTabsAreNoLoop(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	var tabs []url.Values
	for range 12 {
		tabs = append(tabs, b.depart("/tab"))
	}
	if n := b.attempts(); n != maxAttempts {
		t.Errorf("%d attempts kept", n)
	}
	for i, tab := range slices.Backward(tabs) { // the newest have their cookie, the rest come to a session
		if p := b.callback(tab); p.problem != nil {
			t.Fatalf("tab %d: %v", i, p.problem)
		}
	}
	if s.op.count("/token") != maxAttempts {
		t.Errorf("%d token calls", s.op.count("/token"))
	}
	b.cookies = map[string]*http.Cookie{"__Host-passkeys-attempts": b.cookies["__Host-passkeys-attempts"]}
	b.depart("/")
}

func TestOldestAttemptIsDropped(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	var tabs []url.Values
	for range maxAttempts + 1 {
		tabs = append(tabs, b.depart("/tab"))
		s.clock.Advance(time.Second)
	}
	wantRedirect(t, b.callback(tabs[0]), "/passkeys/login?restart=1")
	wantRedirect(t, b.callback(tabs[1]), "/tab")
}

func TestCookiePileUpFromLongReturnPaths(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	for range 8 {
		b.depart("/" + strings.Repeat("x", 1700))
		s.clock.Advance(time.Second)
	}
	size := 0
	for _, c := range b.cookies {
		size += len(c.Name) + len(c.Value)
	}
	if size > maxAttemptBytes+4<<10 {
		t.Errorf("%d bytes of cookies", size)
	}
	wantRedirect(t, b.signIn("/"+strings.Repeat("y", 1799)), "/"+strings.Repeat("y", 1799))
}

func TestForgedAttemptCookiesAreForgottenFirst(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	good := b.depart("/good")
	for range 30 {
		name := "__Host-passkeys-login-" + randomText(6)
		b.cookies[name] = &http.Cookie{Name: name, Value: "garbage", Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	}
	for range 3 {
		b.depart("/x")
	}
	if n := b.attempts(); n > maxAttempts {
		t.Errorf("%d attempts kept", n)
	}
	wantRedirect(t, b.callback(good), "/good")
}

func TestExpiredAttempt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	q := b.depart("/passkeys/login?return=/slow&prompt=login")
	s.clock.Advance(attemptAge + time.Second)
	wantRedirect(t, b.callback(q), "/passkeys/login?restart=1&prompt=login&return=%2Fslow")
	p := b.get("/passkeys/login?restart=1&prompt=login&return=%2Fslow")
	if u, _ := url.Parse(p.location()); u.Query().Get("prompt") != "login" || u.Query().Get("state")[0] != marks[1] {
		t.Errorf("restart went to %s", p.location())
	}

	slow, quick := b.depart("/slow"), b.depart("/quick")
	wantRedirect(t, b.callback(quick), "/quick")
	s.clock.Advance(attemptAge + time.Second)
	wantRedirect(t, b.callback(slow), "/slow") // signed in meanwhile, in another tab
	if s.op.count("/token") != 1 {
		t.Error("an expired attempt reached the token endpoint")
	}
}
