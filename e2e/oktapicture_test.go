package e2e

import "testing"

// TestPicturesOfOktasPage takes a picture of each face of the page with the
// passkey, for each widget.
func TestPicturesOfOktasPage(t *testing.T) {
	t.Parallel()
	onEachPage(t, func(d *demo) {
		t := d.t
		name := func(face string) string {
			return "signin-" + fileName(t)[len("TestPicturesOfOktasPage-"):] + "-" + face
		}
		d.corbado.fault("login-no-conditional-ui")
		_, tb := newPerson(t, d)
		tb.open(wanted)
		tb.offered()
		tb.shoot(name("offer"))
		tb.press("Sign in another way")
		tb.conventional()
		tb.shoot(name("form"))
		tb.signIn(alice)
		tb.press("Activate passkey")
		tb.press("Continue")
		tb.at(wanted)
		tb.reset()

		d.corbado.fault("login-finish-denied")
		tb.open(wanted)
		tb.typeLogin(alice.login)
		tb.conventional()
		tb.see(loginFailed)
		tb.shoot(name("component-error"))
		d.corbado.clearFaults()

		d.corbado.fault("login-no-conditional-ui")
		d.corbado.fault("signed-data-expired")
		tb.open(wanted)
		tb.typeLogin(alice.login)
		tb.refused()
		tb.shoot(name("okta-error"))
		tb.press("Sign in with a passkey")
		tb.offered()
		tb.see("Welcome back")
		tb.shoot(name("one-tap"))
	})
}
