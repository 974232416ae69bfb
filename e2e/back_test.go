package e2e

import (
	"strings"
	"testing"
)

// goBack presses the browser's Back as often as that.
func (tb *tab) goBack(times string) {
	tb.t.Helper()
	get[bool](tb, "(history.go(-"+times+"), true)")
}

// TestBackAfterSignOut shows nothing of the user who signed out: neither from the
// back/forward cache nor from the HTTP cache.
func TestBackAfterSignOut(t *testing.T) {
	t.Parallel()
	for name, page := range map[string]string{"a page without our script": "/report", "a page with session.js": "/report?watched"} {
		// A page that the script does not know the user of yet comes again.
		known := "true"
		if strings.Contains(page, "watched") {
			known = "window.passkeysSession?.endsAt"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := startDemo(t, "--enroll", "never")
			_, tb := newPerson(t, d)
			tb.open(page)
			tb.signIn(alice)
			tb.at(page)
			tb.see("Confidential, for " + alice.login)
			tb.until("the script", known)
			// The page comes back as it was while its user is signed in.
			get[bool](tb, "(window.asItWas = true, addEventListener('pageshow', (e) => { window.persisted = e.persisted }), true)")
			tb.press("Leave")
			tb.on("/passkeys/logout")
			tb.goBack("1")
			tb.at(page)
			tb.until("the page as it was", "window.asItWas && window.persisted && getComputedStyle(document.documentElement).visibility === 'visible' && "+known)
			tb.press("Leave")
			tb.press("Sign out")
			tb.on("/passkeys/signed-out")
			tb.goBack("2")
			tb.asked()
			if tb.says() == "" || get[bool](tb, "!!window.asItWas") {
				t.Errorf("at %s it says %q", tb.where(), tb.says())
			}
		})
	}
}

// TestBackToAPageOfAnEndedSession: whatever ended it, session.js does not show it.
func TestBackToAPageOfAnEndedSession(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	_, tb := newPerson(t, d)
	tb.open("/report?watched")
	tb.signIn(alice)
	tb.at("/report?watched")
	tb.until("the script", "window.passkeysSession?.endsAt")
	get[bool](tb, "(window.asItWas = true)")
	tb.press("Leave")
	tb.on("/passkeys/logout")
	tb.forget()
	tb.goBack("1")
	tb.asked()
}
