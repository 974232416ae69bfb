package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
)

// brokenComponents are stand-ins for a script from the CDN that loads and then
// fails. The page's own script is not changed.
var brokenComponents = map[string]string{
	"throws when it is mounted": `Object.defineProperty(window, 'Corbado', { set() {}, get: () => ({
		mountCorbadoConnectAppend() { throw new Error('broken'); },
		mountCorbadoConnectPasskeyList() { throw new Error('broken'); },
	}) })`,
	"crashes later": `{
		const crash = (element) => {
			element.append(document.createElement('p'));
			setTimeout(() => { element.replaceChildren(); throw new Error('broken'); }, 100);
		};
		Object.defineProperty(window, 'Corbado', { set() {}, get: () => ({
			mountCorbadoConnectAppend: crash, mountCorbadoConnectPasskeyList: crash,
		}) });
	}`,
	"brings nothing": `Object.defineProperty(window, 'Corbado', { set() {}, get() {} })`,
}

// unavailable is what the list says when there is none.
const unavailable = "Your passkeys cannot be shown right now"

// TestCorbadoDown: nobody is kept from the app, and the list says what is wrong.
func TestCorbadoDown(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{
		"backend-down",
		"backend-401",
		"backend-429",
		"backend-503",
		"backend-malformed",
		"frontend-down",
		"frontend-503",
		"cdn-down",
		"cdn-503",
		"cdn-malformed",
		"cdn-hang", // waits for eight seconds, twice
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			d := startDemo(t)
			d.corbado.fault(fault)
			_, tb := newPerson(t, d)
			tb.open("/orders?page=2")
			tb.signIn(alice)
			tb.at("/orders?page=2")
			tb.see(alice.login)
			tb.listIsOut()
		})
	}
}

func TestTheComponentIsBroken(t *testing.T) {
	t.Parallel()
	for name, script := range brokenComponents {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, tb := newPerson(t, startDemo(t))
			call(tb, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
			tb.open("/orders?page=2")
			tb.signIn(alice)
			tb.at("/orders?page=2")
			tb.see(alice.login)
			tb.listIsOut()
		})
	}
}

// TestTheListStaysWhenADeleteFails: it came, so it is shown, and the component
// tells what went wrong since.
func TestTheListStaysWhenADeleteFails(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	_, tb := newPerson(t, d)
	tb.open("/passkeys/")
	tb.signIn(alice)
	tb.items(0)
	tb.press("Add a passkey")
	tb.items(1)
	d.corbado.fault("backend-down")
	tb.click("a delete control", "pointOfSelected('.cb-passkey-list-item-delete-icon .cb-link-button')")
	tb.press("Delete")
	tb.see("Passkey deletion failed")
	tb.items(1)
	if says := tb.says(); strings.Contains(says, unavailable) {
		t.Errorf("the list is given up:\n%s", says)
	}
}

// TestCorbadoHangs: the component waits longer than anybody likes to; there is a
// way out all the time.
func TestCorbadoHangs(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"backend-hang", "frontend-hang"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			d := startDemo(t)
			d.corbado.fault(fault)
			_, tb := newPerson(t, d)
			tb.open("/orders?page=2")
			tb.signIn(alice)
			tb.on("/passkeys/append")
			tb.until("the component", "document.querySelector('.cb-connect')")
			tb.press("Not now")
			tb.at("/orders?page=2")
			tb.open("/passkeys/")
			tb.until("the component", "document.querySelector('.cb-connect')")
			tb.press("Back to Acme Orders")
			tb.at("/")
		})
	}
}

func TestTheListComesBackWithCorbado(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	_, tb := newPerson(t, d)
	tb.open("/passkeys/")
	tb.signIn(alice)
	tb.items(0)
	tb.press("Add a passkey")
	tb.items(1)

	d.corbado.fault("cdn-down")
	tb.open("/passkeys/")
	tb.see(unavailable)
	d.corbado.clearFaults()
	tb.press("Try again")
	tb.items(1)

	// The published component crashes on a date that it cannot read.
	d.corbado.fault("list-bad-dates")
	tb.open("/passkeys/")
	tb.see(unavailable)
	d.corbado.clearFaults()
	tb.press("Try again")
	tb.items(1)
}

func TestTheSessionEndsUnderTheList(t *testing.T) {
	t.Parallel()
	_, tb := newPerson(t, startDemo(t, "--enroll", "never"))
	tb.open("/passkeys/")
	tb.signIn(alice)
	tb.items(0)
	tb.forget()
	tb.press("Add a passkey")
	tb.see("Your session has ended")
	tb.press("Sign in again")
	tb.asked()
	tb.signIn(alice)
	tb.at("/passkeys/")
	tb.items(0)
}

// listIsOut expects the list to say that something is wrong, with a way on.
func (tb *tab) listIsOut() {
	tb.t.Helper()
	tb.open("/passkeys/")
	tb.see(unavailable)
	tb.until("a way to try again", "named('Try again').length")
	if get[bool](tb, "named('Add a passkey').length > 0") {
		tb.t.Error("there is a button to add a passkey, which cannot work")
	}
	tb.press("Back to Acme Orders")
	tb.at("/")
	tb.see(alice.login)
}
