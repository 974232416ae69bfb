package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
)

const sessionCookie = "passkeys-session"

// session returns the session cookie's value.
func (tb *tab) session() string {
	tb.t.Helper()
	all := call(tb, network.GetCookies, network.GetCookiesParams{URLs: []string{tb.demo.app + "/"}})
	for _, c := range all.Cookies {
		if c.Name == sessionCookie {
			return c.Value
		}
	}
	tb.t.Fatalf("the browser has no cookie %s", sessionCookie)
	return ""
}

// setSession replaces the session cookie.
func (tb *tab) setSession(value string) {
	tb.t.Helper()
	yes := true
	call(tb, network.SetCookie, network.SetCookieParams{Name: sessionCookie, Value: value, URL: tb.demo.app + "/", HTTPOnly: &yes})
}

// TestABadSessionCookieMeansSignedOut and nothing worse: no error page, no loop.
func TestABadSessionCookieMeansSignedOut(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	elsewhere := startDemo(t, "--enroll", "never")
	_, there := newPerson(t, elsewhere)
	there.open("/orders")
	there.signIn(alice)
	there.at("/orders")
	foreign := there.session()

	for _, tt := range []struct{ name, value string }{
		{"garbage", "%%%garbage%%%"},
		{"truncated", foreign[:len(foreign)/2]},
		{"sealed with another key", foreign},
		{"too long", strings.Repeat("A", 4000)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, tb := newPerson(t, d)
			tb.setSession(tt.value)
			tb.open("/orders?page=2")
			tb.asked()
			tb.signIn(alice)
			tb.at("/orders?page=2")
			tb.see(alice.login)

			// With a session at Okta nobody notices.
			tb.setSession(tt.value)
			tb.open("/orders?page=3")
			tb.at("/orders?page=3")
			tb.see(alice.login)
		})
	}
}

// TestABrowserThatKeepsNoSession would be sent round for ever, because Okta
// signs it in without asking.
func TestABrowserThatKeepsNoSession(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	_, tb := newPerson(t, d)
	tb.open("/orders?page=0")
	tb.signIn(alice)
	for range 2 {
		tb.setSession("")
		tb.open("/orders?page=1")
		tb.at("/orders?page=1")
	}
	tb.setSession("")
	tb.open("/orders?page=2")
	tb.see("Sign-in goes round in circles")
	tb.see("Request ID")
	tb.press("Try again")
	tb.at("/orders?page=2")
	tb.see(alice.login)
}
