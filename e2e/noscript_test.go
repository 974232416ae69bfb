package e2e

import "testing"

func TestJavaScriptOff(t *testing.T) {
	t.Parallel()
	_, tb := newPerson(t, startDemo(t))
	tb.scripts(false)
	tb.open("/orders?page=2")
	tb.signIn(alice)
	tb.on("/passkeys/append")
	tb.see("Adding a passkey needs JavaScript")
	tb.press("Continue without a passkey")
	tb.at("/orders?page=2")
	tb.see(alice.login)

	tb.open("/passkeys/append?return=%2Forders%3Fpage%3D3")
	if get[bool](tb, "named('Not now').length > 0") {
		t.Error("there are two links to go on")
	}
	tb.press("Continue without a passkey")
	tb.at("/orders?page=3")

	tb.open("/passkeys/")
	tb.see("Your passkeys are shown with JavaScript")
	tb.press("Back to Acme Orders")
	tb.at("/")

	tb.signOut()
	tb.see("You are signed out")
	tb.press("Sign in again")
	tb.asked()
}
