package caddymodule

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	oktaemu "github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
)

const alice = "alice@acme.test"

// stay keeps a browser from following redirects, which would sign it in again at
// Okta without a question.
func (b *browser) stay() {
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
}

// wantIn and wantOut look at whether the app is reached.
func (b *browser) wantIn(when string) {
	b.t.Helper()
	if p := b.get("/orders"); p.StatusCode != http.StatusOK {
		b.t.Errorf("%s: not signed in any more: %s to %s", when, p.Status, p.Header.Get("Location"))
	}
}

func (b *browser) wantOut(when string) {
	b.t.Helper()
	if p := b.get("/orders"); p.StatusCode != http.StatusFound || !strings.Contains(p.Header.Get("Location"), "/authorize") {
		b.t.Errorf("%s: still signed in: %s", when, p.Status)
	}
}

func (w *world) signedIn() *browser {
	w.t.Helper()
	b := w.browser()
	b.signIn("/")
	b.stay()
	b.wantIn("at first")
	return b
}

func (w *world) universalLogout(u oktaemu.UniversalLogout, want int) {
	w.t.Helper()
	u.User, u.Client, u.URL = alice, "0oa1client", w.site+"/passkeys/universal-logout"
	status, err := w.okta.SendUniversalLogout(w.t.Context(), u)
	if err != nil || status != want {
		w.t.Errorf("%+v: status %d %v, want %d", u, status, err, want)
	}
}

func TestUniversalLogoutThroughTheProxy(t *testing.T) {
	w := newWorld(t)
	w.start("")
	for _, u := range []oktaemu.UniversalLogout{{}, {Format: "iss_sub"}, {Custom: true}} {
		first, second := w.signedIn(), w.signedIn()
		w.universalLogout(u, http.StatusNoContent)
		first.wantOut("after universal logout")
		second.wantOut("after universal logout, in another browser")
		// Cutoffs are whole seconds: who signs in within the same one is out too.
		time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
	}
	b := w.signedIn()
	for flaw, want := range map[string]int{
		oktaemu.FlawWrongAudience: http.StatusUnauthorized, oktaemu.FlawWrongType: http.StatusUnauthorized, oktaemu.FlawExpired: http.StatusUnauthorized,
		oktaemu.FlawForeignKey: http.StatusUnauthorized, oktaemu.FlawNoToken: http.StatusUnauthorized, oktaemu.FlawWrongClient: http.StatusForbidden,
		oktaemu.FlawUnknownFormat: http.StatusBadRequest,
	} {
		w.universalLogout(oktaemu.UniversalLogout{Flaw: flaw}, want)
		b.wantIn(flaw)
	}
	logs := w.logs()
	if !strings.Contains(logs, "signed out by universal logout") || !strings.Contains(logs, "sign-out by the provider refused") {
		t.Error("the log tells nothing of it")
	}
	// Every signed token begins so: {"alg":"RS256"
	if strings.Contains(logs, "eyJhbGciOiJSUzI1NiI") || !strings.Contains(logs, `"Authorization":["REDACTED"]`) {
		t.Error("the log holds a token, or no request that had one")
	}
}

func TestUniversalLogoutSurvivesReload(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.signedIn()
	w.universalLogout(oktaemu.UniversalLogout{}, http.StatusNoContent)
	asked := w.discoveries()
	b.CloseIdleConnections() // one that was dialled and never used dies with the old server
	w.start("brand {\nname Renamed\n}")
	b.wantOut("after a reload")
	w.universalLogout(oktaemu.UniversalLogout{}, http.StatusNoContent)
	if w.discoveries() != asked {
		t.Error("a reload forgot the org's keys")
	}
}

func TestUniversalLogoutIssuerSetting(t *testing.T) {
	w := newWorld(t)
	// An org under another name: the org's own no longer counts.
	with := func(issuer string) string {
		return strings.Replace(w.caddyfile(""), "client_id 0oa1client", "client_id 0oa1client\nuniversal_logout_issuer "+issuer, 1)
	}
	if err := load(t, with("https://example.okta.com")); err != nil {
		t.Fatal(err)
	}
	w.universalLogout(oktaemu.UniversalLogout{}, http.StatusUnauthorized)
	w.universalLogout(oktaemu.UniversalLogout{Custom: true}, http.StatusNoContent)
	if err := load(t, with(w.okta.OrgIssuer())); err != nil {
		t.Fatal(err)
	}
	w.universalLogout(oktaemu.UniversalLogout{}, http.StatusNoContent)
	for _, bad := range []string{"example.okta.com", "http://example.okta.com", "ftp://example.okta.com"} {
		if err := load(t, with(bad)); err == nil || !strings.Contains(err.Error(), "universal_logout_issuer") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestBackchannelLogoutThroughTheProxy(t *testing.T) {
	w := newWorld(t)
	w.start("")
	send := func(l oktaemu.LogoutToken, want int) {
		t.Helper()
		l.Client, l.URL = "0oa1client", w.site+"/passkeys/backchannel-logout"
		status, err := w.okta.SendLogoutToken(t.Context(), l)
		if err != nil || status != want {
			t.Errorf("%+v: status %d %v, want %d", l, status, err, want)
		}
	}
	b := w.signedIn()
	sid := w.okta.SessionID(alice)
	send(oktaemu.LogoutToken{SID: sid, Flaw: oktaemu.FlawNonce}, http.StatusBadRequest)
	send(oktaemu.LogoutToken{SID: "another"}, http.StatusOK)
	b.wantIn("after another session's end")
	send(oktaemu.LogoutToken{SID: sid}, http.StatusOK)
	b.wantOut("after back-channel logout")
}

// TestFrontchannelLogoutThroughTheProxy signs out of another app: Okta's page
// loads our address in a frame, without cookies.
func TestFrontchannelLogoutThroughTheProxy(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.signedIn()
	target := "/passkeys/frontchannel-logout?" + url.Values{"iss": {w.okta.Issuer()}, "sid": {w.okta.SessionID(alice)}}.Encode()
	stranger := w.browser()
	for name, bad := range map[string]string{
		"no sid":         "/passkeys/frontchannel-logout?iss=" + url.QueryEscape(w.okta.Issuer()),
		"another issuer": strings.Replace(target, "oauth2", "other", 1),
	} {
		// With the session's own cookies, as a link on any page brings them.
		if p := b.get(bad, "Sec-Fetch-Site", "cross-site"); p.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", name, p.Status)
		}
		b.wantIn(name)
	}
	p := stranger.get(target, "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe")
	if p.StatusCode != http.StatusOK || !strings.HasSuffix(p.Header.Get("Content-Security-Policy"), "frame-ancestors "+w.okta.OrgIssuer()) ||
		p.Header.Get("X-Frame-Options") != "" || p.Header.Get("Cache-Control") != "no-store" || len(p.Cookies()) != 0 {
		t.Errorf("%s %v", p.Status, p.Header)
	}
	b.wantOut("after front-channel logout")
	if strings.Contains(w.logs(), w.okta.SessionID(alice)) {
		t.Error("the log holds the sid")
	}
}

// TestStrangersCannotDrainSignOuts floods with made-up sids from the address that
// everybody has, as behind a proxy that is not trusted to say who asks.
func TestStrangersCannotDrainSignOuts(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b, stranger := w.signedIn(), w.browser()
	target := "/passkeys/frontchannel-logout?iss=" + url.QueryEscape(w.okta.Issuer()) + "&sid="
	limited := 0
	for i := range 100 {
		if p := stranger.get(fmt.Sprintf("%smade-up-%d", target, i)); p.StatusCode == http.StatusTooManyRequests {
			limited++
		}
	}
	if limited == 0 {
		t.Error("nothing limits made-up sids")
	}
	w.start("brand {\nname Renamed\n}") // a reload forgets nobody
	if p := w.browser().get(target + url.QueryEscape(w.okta.SessionID(alice))); p.StatusCode != http.StatusOK {
		t.Errorf("a true sign-out: %s", p.Status)
	}
	b.wantOut("after front-channel logout")
}

// TestUnauthenticatedFrontchannelLogoutRevokesNoToken is an advisory of
// mod_auth_openidc (August 2026): whoever knows a sid must not reach Okta's
// tokens through us.
func TestUnauthenticatedFrontchannelLogoutRevokesNoToken(t *testing.T) {
	w := newWorld(t)
	w.startOffline("")
	for _, withCookies := range []bool{false, true} {
		owner, asks := w.signedIn(), w.browser()
		if withCookies {
			asks = owner
		}
		asks.get("/passkeys/frontchannel-logout?" + url.Values{"iss": {w.okta.Issuer()}, "sid": {w.okta.SessionID(alice)}}.Encode())
		owner.wantOut("after front-channel logout")
		if err := w.okta.EndSessions(alice); err != nil { // the next sign-in has a sid of its own
			t.Fatal(err)
		}
	}
	if n := w.revokedTokens(); n != 0 {
		t.Errorf("%d tokens were revoked at Okta", n)
	}
}

// revokedTokens counts what Okta was asked to revoke.
func (w *world) revokedTokens() (n int) {
	for _, e := range w.okta.Events() {
		if e.Name == oktaemu.EventTokenRevoked {
			n++
		}
	}
	return n
}

func TestFrontchannelLogoutTakesTheSessionsOwnCookieBack(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.signedIn()
	p := b.send(http.MethodPost, "/passkeys/frontchannel-logout", url.Values{"iss": {w.okta.Issuer()}, "sid": {w.okta.SessionID(alice)}})
	if p.StatusCode != http.StatusOK || len(p.Cookies()) == 0 {
		t.Errorf("%s, cookies %v", p.Status, p.Cookies())
	}
	b.wantOut("after front-channel logout with cookies")
}

// TestTokenValidAfterLogout is CVE-2024-21492: what was copied before sign-out
// must not count after it.
func TestTokenValidAfterLogout(t *testing.T) {
	w := newWorld(t)
	w.startOffline("")
	b := w.signedIn()
	site, err := url.Parse(w.site)
	if err != nil {
		t.Fatal(err)
	}
	thief := w.browser()
	thief.stay()
	thief.Jar.SetCookies(site, b.Jar.Cookies(site))
	thief.wantIn("with a copied cookie")
	if p := b.send(http.MethodPost, "/passkeys/logout", url.Values{}); p.StatusCode != http.StatusSeeOther {
		t.Errorf("sign-out: %s", p.Status)
	}
	thief.wantOut("after the owner's sign-out")
	if n := w.revokedTokens(); n != 1 {
		t.Errorf("%d refresh tokens were revoked at Okta, want one", n)
	}
	// The thief's sign-out has no session any more, and asks Okta for nothing.
	thief.send(http.MethodPost, "/passkeys/logout", url.Values{})
	if n := w.revokedTokens(); n != 1 {
		t.Error("a dead session made us call Okta")
	}
}
