package caddymodule

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestSignOutWithAnIdleCookieEndsTheCopy: a thief slides the idle time of a copy of
// his own, while that of the owner's cookie runs out.
func TestSignOutWithAnIdleCookieEndsTheCopy(t *testing.T) {
	w := newWorld(t)
	w.startOffline("")
	owner := w.signedIn()
	thief := owner.copyOf()
	owner.rest(2 * time.Hour)
	if p := owner.get("/passkeys/logout"); p.StatusCode != http.StatusOK || !strings.Contains(p.body, "<h1>Sign out?</h1>") || strings.Contains(p.body, alice) {
		t.Errorf("the question: %s to %q %s", p.Status, p.Header.Get("Location"), p.body)
	}
	thief.wantIn("before the owner's sign-out")
	p := owner.send(http.MethodPost, "/passkeys/logout", url.Values{})
	if to := p.Header.Get("Location"); !strings.HasPrefix(to, w.oktaURL) || !strings.Contains(to, "id_token_hint=") {
		t.Errorf("%s to %q, not to Okta", p.Status, to)
	}
	thief.wantOut("after the owner's sign-out")
	if n := w.revokedTokens(); n != 1 {
		t.Errorf("%d refresh tokens were revoked at Okta, want one", n)
	}
}

// TestNewSignInEndsTheIdleSessionThatItReplaces is the same with a sign-in.
func TestNewSignInEndsTheIdleSessionThatItReplaces(t *testing.T) {
	w := newWorld(t)
	w.start("")
	owner := w.signedIn()
	thief := owner.copyOf()
	owner.rest(2 * time.Hour)
	owner.CheckRedirect = asBrowsersDo
	owner.get("/orders").app(t) // by way of Okta, which asks for nothing
	thief.wantOut("after the owner's new sign-in")
	owner.wantIn("after the new sign-in")
}

// TestSignOutOfASessionThatIsOverStillEndsOktas: who signs out at the end of a long
// day must not be signed in again by the next page.
func TestSignOutOfASessionThatIsOverStillEndsOktas(t *testing.T) {
	w := newWorld(t)
	w.start("")
	site, err := url.Parse(w.site)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"no cookie": "", "an unreadable cookie": "garbage"} {
		b := w.signedIn()
		gone := &http.Cookie{Name: "passkeys-session", Value: value, Path: "/"} //nolint:gosec // G124: as on plain http
		if value == "" {
			gone.MaxAge = -1
		}
		b.Jar.SetCookies(site, []*http.Cookie{gone})
		if p := b.get("/passkeys/logout"); p.StatusCode != http.StatusOK || !strings.Contains(p.body, "<h1>Sign out?</h1>") {
			t.Errorf("%s: the question: %s to %q", name, p.Status, p.Header.Get("Location"))
		}
		p := b.send(http.MethodPost, "/passkeys/logout", url.Values{})
		if to := p.Header.Get("Location"); !strings.HasPrefix(to, w.oktaURL) {
			t.Errorf("%s: %s to %q, not to Okta", name, p.Status, to)
		}
	}
	stranger := w.browser()
	stranger.stay()
	if p := stranger.get("/passkeys/logout"); p.StatusCode != http.StatusSeeOther || p.Header.Get("Location") != "/passkeys/signed-out" {
		t.Errorf("nobody: %s to %q", p.Status, p.Header.Get("Location"))
	}
}

// TestIDTokenCookieOfAnotherSession: a cookie of that path can be planted by a
// sibling domain, or be left by the user before.
func TestIDTokenCookieOfAnotherSession(t *testing.T) {
	w := newWorld(t)
	w.start("")
	logout, err := url.Parse(w.site + "/passkeys/logout")
	if err != nil {
		t.Fatal(err)
	}
	victim, attacker := w.signedIn(), w.signedIn()
	for _, c := range attacker.Jar.Cookies(logout) {
		if strings.HasPrefix(c.Name, "passkeys-id-token") {
			c.Path = logout.Path
			victim.Jar.SetCookies(logout, []*http.Cookie{c})
		}
	}
	p := victim.send(http.MethodPost, "/passkeys/logout", url.Values{})
	if to := p.Header.Get("Location"); to != "/passkeys/signed-out" {
		t.Errorf("%s to %q with somebody else's token", p.Status, to)
	}
	victim.wantOut("after the sign-out")
	attacker.wantOut("after a sign-out with its ID token")
}

// TestCookiesOfAnotherPort: browsers send a host's cookies to all its ports, so two
// sidecars on one host see each other's. Neither takes them, nor shows them to its
// app.
func TestCookiesOfAnotherPort(t *testing.T) {
	w := newWorld(t)
	w.start("")
	other := w.signedIn()
	if err := load(t, strings.Replace(w.caddyfile(""), "client_id 0oa1client", "client_id 0oa2neighbour", 1)); err != nil {
		t.Fatal(err)
	}
	other.CloseIdleConnections()
	if p := other.get("/orders", "Accept", "application/json"); p.StatusCode != http.StatusUnauthorized {
		t.Errorf("the neighbour's session was taken: %s", p.Status)
	}
	if got := other.get("/healthz", "Cookie", "theme=dark; passkeys-session=x; __Host-passkeys-session=y").app(t).Headers["Cookie"]; len(got) != 1 || got[0] != "theme=dark" {
		t.Errorf("the app saw %q", got)
	}
}

// TestOwnFrontchannelLogoutOfAnIdleSession: the cookie proves whose session it was.
func TestOwnFrontchannelLogoutOfAnIdleSession(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.signedIn()
	b.rest(2 * time.Hour)
	p := b.send(http.MethodPost, "/passkeys/frontchannel-logout", url.Values{"iss": {w.okta.Issuer()}, "sid": {w.okta.SessionID(alice)}})
	if p.StatusCode != http.StatusOK || len(p.Cookies()) == 0 {
		t.Errorf("%s, cookies %v", p.Status, p.Cookies())
	}
}
