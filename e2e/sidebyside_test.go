package e2e

import "testing"

func TestTwoTabsSignInSideBySide(t *testing.T) {
	t.Parallel()
	p, first := newPerson(t, startDemo(t, "--enroll", "never"))
	second := p.newTab()
	first.open("/orders?tab=1")
	second.open("/orders?tab=2")
	first.identify(alice.login)
	second.identify(alice.login)
	// The one that came last finishes first.
	second.verify(alice.password)
	second.at("/orders?tab=2")
	first.verify(alice.password)
	first.at("/orders?tab=1")
	first.see(alice.login)
	second.see(alice.login)
}

func TestASecondTabIsSignedInWithoutAForm(t *testing.T) {
	t.Parallel()
	p, first := newPerson(t, startDemo(t, "--enroll", "never"))
	first.open("/orders?tab=1")
	first.signIn(alice)
	first.at("/orders?tab=1")
	second := p.newTab()
	second.open("/orders?tab=2")
	second.at("/orders?tab=2")
	second.see(alice.login)
}
