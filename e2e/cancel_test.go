package e2e

import "testing"

func TestCancelThenTryAgain(t *testing.T) {
	t.Parallel()
	_, tb := newPerson(t, startDemo(t))
	tb.fingerprint(false)
	tb.open("/orders?page=2")
	tb.signIn(alice)
	tb.press("Activate passkey")
	tb.see("cancelled")
	tb.on("/passkeys/append")

	tb.fingerprint(true)
	tb.press("Activate passkey")
	tb.press("Continue")
	tb.at("/orders?page=2")
	if n := tb.passkeys(); n != 1 {
		t.Errorf("the device holds %d passkeys, want 1", n)
	}
}

func TestCancelThenGoOn(t *testing.T) {
	t.Parallel()
	_, tb := newPerson(t, startDemo(t))
	tb.fingerprint(false)
	tb.open("/orders?page=2")
	tb.signIn(alice)
	tb.press("Activate passkey")
	tb.see("cancelled")
	tb.press("Not now")
	tb.at("/orders?page=2")
}

func TestCancelInTheListThenAdd(t *testing.T) {
	t.Parallel()
	_, tb := newPerson(t, startDemo(t, "--enroll", "never"))
	tb.fingerprint(false)
	tb.open("/passkeys/")
	tb.signIn(alice)
	tb.items(0)
	tb.press("Add a passkey")
	tb.see("cancelled")

	tb.fingerprint(true)
	tb.press("Add a passkey")
	tb.items(1)
}

func TestAPasskeyIsThereAlready(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "always")
	_, tb := newPerson(t, d)
	tb.open("/passkeys/")
	tb.signIn(alice)
	tb.items(0)
	tb.press("Add a passkey")
	tb.items(1)

	tb.open("/passkeys/append?return=%2Forders%3Fpage%3D2")
	tb.press("Activate passkey")
	tb.at("/orders?page=2")
}
