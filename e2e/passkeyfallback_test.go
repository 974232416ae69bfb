package e2e

import "testing"

// The tests in this file let the component on Okta's page fail while it is used.

// loginFailed is what the component says, and our page shows.
const loginFailed = "Passkey login failed unexpectedly"

// TestCorbadoKnowsNoWayIn: a component that cannot sign anybody in gives the
// page back.
func TestCorbadoKnowsNoWayIn(t *testing.T) {
	t.Parallel()
	d := startDemoWith(t, ownPage, "--enroll", "never")
	for _, tt := range []struct{ fault, expected string }{
		{"login-not-allowed", ""},
		{"frontend-down", "blocked by CORS policy"},
		{"frontend-503", notLoaded},
		{"frontend-malformed", "Cannot convert undefined or null to object"}, // in Corbado's script
		{"frontend-hang", notLoaded},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			corbado := d.within(t).corbado
			corbado.clearFaults()
			corbado.fault(tt.fault)
			p, tb := newPerson(t, d)
			tb.open(wanted)
			tb.givenUp()
			tb.formWorks(wanted)
			p.undisturbed(tt.expected, notLoaded, "passkeys: the component shows nothing")
		})
	}
}

// TestThePasskeyIsRefused: the form is there, with what Corbado says about it,
// and the user's name in it.
func TestThePasskeyIsRefused(t *testing.T) {
	t.Parallel()
	onEachPage(t, func(d *demo) {
		t := d.t
		d.corbado.fault("login-no-conditional-ui")
		p, tb := newPerson(t, d)
		tb.enroll(alice, wanted)
		for _, tt := range []struct{ fault, says string }{
			{"login-finish-denied", loginFailed},
			{"login-passkey-gone", loginFailed},
			{"login-no-passkey", ""},
		} {
			t.Run(tt.fault, func(t *testing.T) {
				tb.within(t).reset()
				tb.open(wanted)
				tb.offered()
				d.corbado.fault(tt.fault)
				tb.typeLogin(alice.login)
				tb.conventional()
				tb.see(tt.says)
				tb.until("the user's name in the form", "document.querySelector("+quote(identifierField)+").value === "+quote(alice.login))
				tb.formWorks(wanted)
			})
		}
		t.Run("by the user", func(t *testing.T) {
			tb.within(t).reset()
			tb.open(wanted)
			tb.fingerprint(false)
			tb.typeLogin(alice.login)
			tb.conventional()
			tb.fingerprint(true)
			// A second thought.
			tb.press("Sign in with a passkey")
			tb.typeLogin(alice.login)
			tb.at(wanted)
			tb.cameBy(true)
		})
		tb.within(t)
		p.undisturbed(notLoaded)
	})
}

// reset signs out, mends everything and drops what the component remembers.
func (tb *tab) reset() {
	tb.t.Helper()
	tb.demo.corbado.clearFaults()
	tb.demo.corbado.fault("login-no-conditional-ui")
	tb.signOut()
	tb.forgetComponent()
}

// TestTheComponentsOwnScreens: it says why and stays; there is a way out.
func TestTheComponentsOwnScreens(t *testing.T) {
	t.Parallel()
	d := startDemoWith(t, ownPage)
	d.corbado.fault("login-no-conditional-ui")
	p, tb := newPerson(t, d)
	tb.enroll(alice, wanted)
	for _, tt := range []struct{ fault, says, way string }{
		{"login-user-unknown", "There is no account registered with this email", "Sign in another way"},
		{"login-user-unknown", "There is no account registered with this email", "Signup for an account"},
		{"login-other-device", "A passkey was found on your mobile device", "Sign in another way"},
		{"login-other-device", "A passkey was found on your mobile device", "Continue with email"},
	} {
		t.Run(tt.fault+" "+tt.way, func(t *testing.T) {
			tb.within(t).reset()
			tb.open(wanted)
			d.corbado.fault(tt.fault)
			tb.typeLogin(alice.login)
			tb.see(tt.says)
			tb.press(tt.way)
			tb.formWorks(wanted)
		})
	}
	tb.within(t)
	p.undisturbed()
}
