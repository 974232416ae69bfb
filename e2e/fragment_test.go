package e2e

import (
	"strings"
	"testing"
)

const fragment = "#row=7&access_token=fragment-secret"

// fragmentStayedHere checks that no request took the fragment along.
func fragmentStayedHere(t *testing.T, d *demo, p *person) {
	t.Helper()
	for _, list := range [][]string{p.seen.list(&p.seen.requests), p.seen.list(&p.seen.locations), p.seen.list(&p.seen.cookies)} {
		for _, line := range list {
			if strings.Contains(line, "fragment-secret") {
				t.Errorf("the fragment left the browser: %s", line)
			}
		}
	}
	if strings.Contains(d.log(), "fragment-secret") {
		t.Error("the fragment is in the log")
	}
	if v := p.seen.list(&p.seen.violations); len(v) > 0 {
		t.Errorf("violations of our own policy: %q", v)
	}
}

// TestTheFragmentComesBack, without a click, whether Okta asks for a password or
// not.
func TestTheFragmentComesBack(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	p, tb := newPerson(t, d)
	tb.open("/orders?page=2" + fragment)
	tb.asked()
	if strings.Contains(tb.where(), "#") {
		t.Errorf("Okta's page is told the fragment: %s", tb.where())
	}
	tb.signIn(alice)
	tb.at("/orders?page=2" + fragment)
	tb.see(alice.login)

	// Okta's session is alive.
	tb.setSession("")
	tb.open("/orders?page=3" + fragment)
	tb.at("/orders?page=3" + fragment)
	tb.see(alice.login)

	tb.setSession("")
	tb.open("/orders?page=4")
	tb.at("/orders?page=4")
	fragmentStayedHere(t, d, p)
}

func TestTheFragmentComesBackPastTheOffer(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	p, tb := newPerson(t, d)
	tb.open("/orders?page=2" + fragment)
	tb.signIn(alice)
	tb.on("/passkeys/append")
	tb.at("/passkeys/append?return=%2Forders%3Fpage%3D2") // the component does not get to see it
	tb.press("Not now")
	tb.at("/orders?page=2" + fragment)
	fragmentStayedHere(t, d, p)
}

func TestTwoTabsEachGetTheirFragment(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	p, first := newPerson(t, d)
	second := p.newTab()
	first.open("/orders#first")
	first.asked()
	second.open("/orders#second")
	second.asked()
	second.signIn(alice)
	second.at("/orders#second")
	first.signIn(alice)
	first.at("/orders#first")
}

// TestASignInThatIsMadeAgainKeepsTheFragment: the cookie of the attempt is gone
// when Okta answers, or Okta's page had been open for too long.
func TestASignInThatIsMadeAgainKeepsTheFragment(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	_, tb := newPerson(t, d)
	tb.open("/orders?page=2#row=7")
	tb.asked()
	tb.open("/passkeys/login?restart=1&return=%2Forders%3Fpage%3D2")
	tb.asked()
	tb.signIn(alice)
	tb.at("/orders?page=2#row=7")
}

// TestWithoutScriptsTheWayToOktaIsOpen.
func TestWithoutScriptsTheWayToOktaIsOpen(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	_, tb := newPerson(t, d)
	tb.scripts(false)
	tb.open("/orders?page=2#row=7")
	tb.signIn(alice)
	tb.until("the page", "location.pathname + location.search === '/orders?page=2'")
}
