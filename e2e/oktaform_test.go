package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// The tests in this file use Okta's own form on the page with the passkey.

// TestBackToSignIn: the user decides again, and the page offers the form, not
// what they have left.
func TestBackToSignIn(t *testing.T) {
	t.Parallel()
	onEachPage(t, func(d *demo) {
		t := d.t
		p, tb := newPerson(t, d)
		tb.open(wanted)
		tb.anotherWay()
		for range 2 {
			tb.identify(bob.login)
			tb.until("the password's field", "[...document.querySelectorAll("+quote(passwordField)+")].some(visible)")
			// In the middle of another sign-in it is not offered; the third generation
			// draws its form a moment before it tells so.
			tb.until("the offer of the passkey to go", "named('Sign in with a passkey').length === 0")
			tb.press("Back to sign in")
			tb.conventional()
		}
		tb.press("Sign in with a passkey")
		tb.offered()
		tb.press("Sign in another way")
		tb.formWorks(wanted)
		p.undisturbed()
	}, "--enroll", "never")
}

// TestAWrongPassword: Okta's message is seen, and the next try counts.
func TestAWrongPassword(t *testing.T) {
	t.Parallel()
	onEachPage(t, func(d *demo) {
		t := d.t
		p, tb := newPerson(t, d)
		tb.open(wanted)
		tb.anotherWay()
		tb.identify(alice.login)
		tb.verify("wrong horse")
		tb.see("Unable to sign in")
		// The second generation takes one submission a second; people are slower.
		tb.until("a second to pass", "performance.now() - (window.wrongAt ??= performance.now()) > 1000")
		tb.verify(alice.password)
		tb.at(wanted)
		tb.see("User: " + alice.login)
		p.undisturbed("401 (Unauthorized) " + d.okta.origin + "/idp/idx/challenge/answer")
	}, "--enroll", "never")
}

// TestTwoTabs: each has a sign-in of its own, and each ends where it began.
func TestTwoTabs(t *testing.T) {
	t.Parallel()
	onEachPage(t, func(d *demo) {
		t := d.t
		d.corbado.fault("login-no-conditional-ui")
		p, one := newPerson(t, d)
		one.enroll(alice, wanted)
		two := p.newTab()
		for _, first := range []string{"the passkey", "the password"} {
			t.Run(first+" first", func(t *testing.T) {
				one.within(t).reset()
				two.within(t).open("/orders?page=3")
				one.open(wanted)
				two.anotherWay()
				passkey := func() {
					one.typeLogin(alice.login)
					one.at(wanted)
				}
				if first == "the passkey" {
					passkey()
				}
				two.formWorks("/orders?page=3")
				if first != "the passkey" {
					passkey()
				}
				for _, tb := range []*tab{one, two} {
					tb.open("/orders")
					tb.see("User: " + alice.login)
				}
			})
		}
		one.within(t)
		two.within(t)
		p.undisturbed()
	})
}

// TestTheSignInExpires: Okta says so, and leads to a fresh one.
func TestTheSignInExpires(t *testing.T) {
	t.Parallel()
	const inactive = "You have been logged out due to inactivity"
	onEachPage(t, func(d *demo) {
		t := d.t
		d.corbado.fault("login-no-conditional-ui")
		p, tb := newPerson(t, d)
		tb.enroll(alice, wanted)

		t.Run("under the form", func(t *testing.T) {
			tb.within(t).reset()
			tb.open(wanted)
			tb.anotherWay()
			d.okta.clock("2h")
			tb.identify(alice.login)
			tb.see(inactive)
			d.okta.clock("-2h")
			tb.backFromExpiry()
			tb.anotherWay()
			tb.formWorks(wanted)
		})
		t.Run("under the passkey", func(t *testing.T) {
			tb.within(t).reset()
			// By default the page has Okta begin the sign-in again, so it cannot expire.
			d.okta.editPage(func(page map[string]any) {
				template, _ := page["template"].(string)
				page["template"] = strings.Replace(template, "handOff&#34;:&#34;auto", "handOff&#34;:&#34;state-token", 1)
			})
			tb.open(wanted)
			tb.offered()
			d.okta.clock("2h")
			tb.typeLogin(alice.login)
			tb.see(inactive)
			d.okta.clock("-2h")
			tb.backFromExpiry()
			tb.anotherWay()
			tb.formWorks(wanted)
		})
		tb.within(t)
		p.undisturbed("401 (Unauthorized) "+d.okta.origin+"/idp/idx/identify", "400 (Bad Request) "+d.okta.origin+"/sso/idps/")
	})
}

// backFromExpiry takes the widget's way back: to the sign-in, or to Okta's home.
func (tb *tab) backFromExpiry() {
	tb.t.Helper()
	tb.press("Back to sign in")
	tb.until("the way back", "location.pathname !== '/' || named('Sign in to Acme Orders').length")
	if get[bool](tb, "location.pathname === '/'") {
		tb.press("Sign in to Acme Orders")
	}
}

// clock moves Okta's clock.
func (e emulator) clock(by string) {
	e.t.Helper()
	e.control(http.MethodPost, "clock", map[string]any{"advance": by})
}
