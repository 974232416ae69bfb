package e2e

import "testing"

// TestConfirmBeforeAddingAPasskey is somebody who came by a session that Okta
// has had for long.
func TestConfirmBeforeAddingAPasskey(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	_, tb := newPerson(t, d)
	d.okta.fault("old_auth_time")
	tb.open("/orders?page=2")
	tb.signIn(alice)
	tb.at("/passkeys/append?return=%2Forders%3Fpage%3D2")
	tb.see("Confirm it's you before you add a passkey")
	tb.shoot("step-up-offer")
	// Okta takes no notice of what it was asked: it is not asked for ever.
	tb.press("Confirm it's you")
	tb.see("You could not be confirmed")
	tb.shoot("step-up-too-old")
	tb.open("/passkeys/append?return=%2Forders%3Fpage%3D2")
	d.okta.clearFaults()
	tb.press("Confirm it's you")
	tb.at("/passkeys/append?return=%2Forders%3Fpage%3D2")
	tb.press("Activate passkey")
	tb.press("Continue")
	tb.at("/orders?page=2")
	if n := tb.passkeys(); n != 1 {
		t.Errorf("the device holds %d passkeys, want 1", n)
	}
}

func TestNotNowInsteadOfConfirming(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	_, tb := newPerson(t, d)
	d.okta.fault("old_auth_time")
	tb.open("/orders?page=2")
	tb.signIn(alice)
	tb.see("Confirm it's you before you add a passkey")
	tb.press("Not now")
	tb.at("/orders?page=2")
	tb.signOut()
	tb.open("/orders?page=3")
	tb.signIn(alice)
	tb.at("/orders?page=3") // asked once, not again
}

func TestConfirmBeforeDeletingAPasskey(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	_, tb := newPerson(t, d)
	tb.open("/orders")
	tb.signIn(alice)
	tb.press("Activate passkey")
	tb.press("Continue")
	tb.at("/orders")
	tb.signOut()
	d.okta.fault("old_auth_time")
	tb.open("/passkeys/?return=%2Forders")
	tb.signIn(alice)
	tb.items(1) // to look needs no confirmation
	tb.click("a delete control", "pointOfSelected('.cb-passkey-list-item-delete-icon .cb-link-button')")
	tb.see("Delete")
	tb.press("Delete")
	tb.see("Confirm it's you before you change your passkeys")
	tb.until("nothing to stand before it", "!document.querySelector('.cb-modal') && !document.querySelector('main').inert")
	tb.shoot("step-up-list")
	d.okta.clearFaults()
	tb.press("Confirm it's you")
	tb.at("/passkeys/?return=%2Forders")
	tb.items(1)
	tb.deletePasskey()
	tb.items(0)
}

// TestAFormThatNeedsAFresherSignInIsSentAfterIt: what was typed outlives the round
// to Okta, and goes to the app once, by a click.
func TestAFormThatNeedsAFresherSignInIsSentAfterIt(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never", "--settings", "step_up 5m /echo")
	p, tb := newPerson(t, d)
	d.okta.fault("old_auth_time")
	tb.open("/forms")
	tb.signIn(alice)
	tb.at("/forms")
	d.okta.clearFaults()
	tb.complain()
	tb.press("Send complaint")
	tb.see("it needs a sign-in from just now")
	tb.see("Your form is kept")
	tb.shoot("form-kept-step-up")
	tb.press("Confirm it's you")
	tb.at("/passkeys/resume")
	tb.see("Anvil fell up & missed: 100%")
	tb.press("Send it now")
	if got := tb.echoed(); len(got.Body) < 3000 || got.User == "" {
		t.Errorf("the app gets %+v", got)
	}
	tb.at("/echo?form=complaint")
	if v := p.seen.list(&p.seen.violations); len(v) > 0 {
		t.Errorf("violations of our own policy: %q", v)
	}
}
