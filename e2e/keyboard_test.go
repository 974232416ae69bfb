package e2e

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func TestKeyboardNotNow(t *testing.T) {
	t.Parallel()
	_, tb := newPerson(t, startDemo(t))
	tb.open("/orders?page=2")
	tb.signIn(alice)
	tb.see("Activate passkey")
	tb.tabTo("Not now")
	tb.key(kb.Enter)
	tb.at("/orders?page=2")
}

func TestKeyboardAddAndDelete(t *testing.T) {
	t.Parallel()
	_, tb := newPerson(t, startDemo(t))
	tb.open("/orders?page=2")
	tb.signIn(alice)
	tb.tabTo("Activate passkey")
	tb.key(kb.Enter)
	tb.tabTo("Continue")
	tb.key(kb.Enter)
	tb.at("/orders?page=2")

	tb.open("/passkeys/")
	tb.items(1)
	const remove = "document.querySelector('.cb-passkey-list-item-delete-icon .cb-link-button')"
	name := get[string](tb, "nameOf("+remove+")")
	tb.tabTo(name)
	tb.key(kb.Enter)
	tb.until("the focus to be in the dialog", "document.activeElement.closest('[role=dialog]')")
	for range 8 { // round and round, and never behind it
		tb.key(kb.Tab)
		tb.until("the focus to stay out of what is behind the dialog",
			"!document.activeElement.closest('main, header, footer')")
	}
	tb.key(kb.Escape)
	tb.until("the dialog to close", "!document.querySelector('.cb-modal')")
	tb.until("the focus to be back", "document.activeElement === "+remove)

	tb.key(kb.Enter)
	tb.tabTo("Delete")
	tb.key(kb.Enter)
	tb.items(0)
	tb.tabTo("Add a passkey")
	tb.key(kb.Enter)
	tb.items(1)
	tb.tabTo("Sign out")
	tb.key(kb.Enter)
	tb.on("/passkeys/logout")
	tb.tabTo("Sign out")
	tb.key(kb.Enter)
	tb.on("/passkeys/signed-out")
}
