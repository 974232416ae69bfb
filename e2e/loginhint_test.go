package e2e

import (
	"net/http"
	"net/url"
	"testing"
)

// oktaRefuses is Okta's text for every failure at an identity provider.
const oktaRefuses = "There was a problem signing you into your identity provider. Please contact your administrator for help."

// refused waits for Okta's error above its own form, which is the only thing on
// offer besides another try.
func (tb *tab) refused() {
	tb.t.Helper()
	tb.see(oktaRefuses)
	tb.conventional()
	tb.until("the way to the passkey", "named('Sign in with a passkey').length")
}

// TestSignedDataThatOktaMustNotTake: Corbado signs it too late, with another key,
// or it is cut on the way.
func TestSignedDataThatOktaMustNotTake(t *testing.T) {
	t.Parallel()
	onEachPage(t, func(d *demo) {
		t := d.t
		d.corbado.fault("login-no-conditional-ui")
		p, tb := newPerson(t, d)
		tb.enroll(alice, wanted)
		for _, fault := range []string{"signed-data-expired", "signed-data-foreign"} {
			t.Run(fault, func(t *testing.T) {
				tb.within(t).reset()
				d.corbado.fault(fault)
				tb.open(wanted)
				tb.typeLogin(alice.login)
				tb.refused()
				tb.formWorks(wanted)
				tb.cameBy(false)
			})
		}
		t.Run("garbled, which the page sees", func(t *testing.T) {
			tb.within(t).reset()
			d.corbado.fault("signed-data-garbled")
			tb.open(wanted)
			before := len(p.handOffs())
			tb.typeLogin(alice.login)
			tb.see("Signing in with the passkey did not work")
			tb.conventional()
			if n := len(p.handOffs()); n != before {
				t.Errorf("it was handed to Okta %d times", n-before)
			}
			tb.formWorks(wanted)
		})
		t.Run("and another try", func(t *testing.T) {
			tb.within(t).reset()
			d.corbado.fault("signed-data-expired")
			tb.open(wanted)
			tb.typeLogin(alice.login)
			tb.refused()
			d.corbado.clearFaults()
			d.corbado.fault("login-no-conditional-ui")
			tb.press("Sign in with a passkey")
			tb.oneTap(alice)
			tb.at(wanted)
			tb.cameBy(true)
		})
		tb.within(t)
		p.undisturbed("passkeys: the component completed without signed data")
	})
}

// handOver opens Okta's hand-off as the page does, from the page that is open.
func (tb *tab) handOver(fromURI, hint string) {
	tb.t.Helper()
	query := url.Values{"fromURI": {fromURI}, "login_hint": {hint}}
	tb.open(tb.demo.okta.origin + "/sso/idps/" + passkeyIDP + "?" + query.Encode())
}

// TestSignedDataOfSomebodyElse: a thief has alice's address bar, after she has
// signed in.
func TestSignedDataOfSomebodyElse(t *testing.T) {
	t.Parallel()
	onEachPage(t, func(d *demo) {
		t := d.t
		d.corbado.fault("login-no-conditional-ui")
		p, tb := newPerson(t, d)
		tb.enroll(alice, wanted)
		tb.signOut()
		tb.open(wanted)
		tb.typeLogin(alice.login)
		tb.at(wanted)
		spent := p.seen.parameter("login_hint")[0]

		thief, theirs := newPerson(t, d)
		for name, hint := range map[string]string{"replayed": spent, "garbled": spent[:len(spent)/2] + "x" + spent[len(spent)/2+1:], "no token": "%00", "none": ""} {
			t.Run(name, func(t *testing.T) {
				theirs.within(t).open(wanted)
				theirs.offered()
				theirs.handOver(theirs.where(), hint)
				theirs.refused()
			})
		}
		theirs.within(t).open("/passkeys/session")
		if status := theirs.status(); status != http.StatusUnauthorized {
			t.Errorf("the thief's session: %d", status)
		}
		// Whoever has the password may use the form, still.
		theirs.open(wanted)
		theirs.anotherWay()
		theirs.identify(bob.login)
		theirs.verify(bob.password)
		theirs.backAtSite()
		thief.undisturbed("401 (Unauthorized) " + d.app + "/passkeys/session")
		p.undisturbed()
	})
}

// TestOktaLeadsNowhereElse: a link of an attacker's names where to go after the
// hand-off.
func TestOktaLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	d := startDemoWith(t, ownPage, "--enroll", "never")
	_, tb := newPerson(t, d)
	for _, fromURI := range []string{
		"https://evil.example/", "//evil.example/", `/\evil.example/`, d.okta.origin + ".evil.example/", d.okta.origin + "@evil.example/", "javascript:alert(1)",
	} {
		t.Run(fromURI, func(t *testing.T) {
			tb.within(t).handOver(fromURI, "a.b.c")
			tb.see("fromURI")
			if status := tb.status(); status != http.StatusBadRequest || !get[bool](tb, "location.origin === "+quote(d.okta.origin)) {
				t.Errorf("status %d at %s", status, tb.where())
			}
			tb.open(wanted)
			tb.anotherWay()
		})
	}
	tb.within(t).formWorks(wanted)
}
