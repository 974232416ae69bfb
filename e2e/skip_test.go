package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func TestNotNowIsRememberedForThisUserOfThisBrowser(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	_, tb := newPerson(t, d)
	tb.open("/orders?page=2")
	tb.signIn(alice)
	tb.on("/passkeys/append")
	tb.see("Activate passkey")
	tb.press("Not now")
	tb.at("/orders?page=2")

	tb.signOut()
	tb.open("/orders?page=3")
	tb.signIn(alice)
	tb.at("/orders?page=3")

	tb.signOut()
	tb.open("/orders?page=4")
	tb.signIn(bob)
	tb.on("/passkeys/append")
	tb.see("Activate passkey")
	if says := tb.says(); strings.Contains(says, alice.login) {
		t.Errorf("bob is shown alice's address:\n%s", says)
	}

	// Another browser knows nothing of it.
	_, other := newPerson(t, d)
	other.open("/orders")
	other.signIn(alice)
	other.on("/passkeys/append")
}

func TestNotNowBeforeTheComponentHasLoaded(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	d.corbado.fault("cdn-hang")
	_, tb := newPerson(t, d)
	tb.open("/orders?page=2")
	tb.signIn(alice)
	tb.on("/passkeys/append")
	tb.see("One moment")
	tb.press("Not now")
	tb.at("/orders?page=2")
}

func TestTheComponentsOwnWaysOut(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ fault, way string }{
		{"append-after-error", "Skip"},
		{"append-after-hybrid", "Continue without new passkey"},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			t.Parallel()
			d := startDemo(t)
			d.corbado.fault(tt.fault)
			_, tb := newPerson(t, d)
			tb.open("/orders?page=2")
			tb.signIn(alice)
			tb.on("/passkeys/append")
			tb.tabTo(tt.way)
			if get[bool](tb, "named('Not now').length > 0") {
				t.Error("there are two ways to say no")
			}
			tb.key(kb.Enter)
			tb.at("/orders?page=2")

			tb.signOut()
			tb.open("/orders?page=3")
			tb.signIn(alice)
			tb.at("/orders?page=3")
		})
	}
}

func TestNobodyIsAskedWhoNeedNotBe(t *testing.T) {
	t.Parallel()
	t.Run("enroll never", func(t *testing.T) {
		t.Parallel()
		_, tb := newPerson(t, startDemo(t, "--enroll", "never"))
		tb.open("/orders?page=2")
		tb.signIn(alice)
		tb.at("/orders?page=2")
	})
	t.Run("on the way to the passkeys already", func(t *testing.T) {
		t.Parallel()
		_, tb := newPerson(t, startDemo(t, "--enroll", "always"))
		tb.open("/passkeys/")
		tb.signIn(alice)
		tb.at("/passkeys/")
	})
	for _, fault := range []string{"append-not-allowed", "append-no-options"} {
		t.Run("Corbado says "+fault, func(t *testing.T) {
			t.Parallel()
			d := startDemo(t)
			d.corbado.fault(fault)
			_, tb := newPerson(t, d)
			tb.open("/orders?page=2")
			tb.signIn(alice)
			tb.at("/orders?page=2")
		})
	}
}
