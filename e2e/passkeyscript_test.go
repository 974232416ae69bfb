package e2e

import (
	"testing"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// The tests in this file break Corbado's script on Okta's page. It is not Okta's,
// so its end must not be the end of the sign-in.

const wanted = "/orders?page=2"

// complaint is what our script writes into the console, and notLoaded what
// Chromium does.
const (
	complaint = "passkeys: the script did not"
	notLoaded = "Failed to load resource"
)

// TestCorbadosScriptDoesNotCome: the form is there at once and works.
func TestCorbadosScriptDoesNotCome(t *testing.T) {
	t.Parallel()
	onEachPage(t, func(d *demo) {
		t := d.t
		for _, tt := range []struct {
			fault    string
			expected []string
		}{
			{"cdn-503", []string{complaint, notLoaded}},
			{"cdn-hang", []string{complaint, notLoaded}},
			{"cdn-throws", []string{"the Corbado emulator's fault cdn-throws"}},
			{"cdn-malformed", []string{complaint, "SyntaxError"}},
		} {
			t.Run(tt.fault, func(t *testing.T) {
				d.within(t).corbado.fault(tt.fault)
				p, tb := newPerson(t, d)
				tb.open(wanted)
				tb.formWorks(wanted)
				p.undisturbed(tt.expected...)
				d.corbado.clearFaults()
			})
		}
		t.Run("blocked by the browser", func(t *testing.T) {
			p, tb := newPerson(t, d.within(t))
			call(tb, network.SetBlockedURLs, network.SetBlockedURLsParams{URLPatterns: []*network.BlockPattern{{URLPattern: d.corbado.origin + "/*", Block: true}}})
			tb.open(wanted)
			tb.formWorks(wanted)
			p.undisturbed(complaint, notLoaded)
		})
	}, "--enroll", "never")
}

// TestCorbadosScriptComesLate: what the user has begun stays under their hands,
// and there is a way to the passkey.
func TestCorbadosScriptComesLate(t *testing.T) {
	t.Parallel()
	onEachPage(t, func(d *demo) {
		t := d.t
		p, tb := newPerson(t, d)
		held := make(chan fetch.RequestID, 1)
		tb.must("listen", chromedp.Listen(tb.life, func(event any) {
			if e, ok := event.(*fetch.EventRequestPaused); ok {
				held <- e.RequestID
			}
		}))
		call(tb, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: d.corbado.origin + "/*.js"}}})
		tb.open(wanted)
		tb.conventional()
		tb.fill(identifierField, "al")
		tb.key("i")
		select {
		case id := <-held:
			call(tb, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: id})
		case <-tb.ctx.Done():
			t.Fatal("the page asks for no script")
		}
		tb.until("the way to the passkey", "named('Sign in with a passkey').length")
		tb.conventional()
		if typed := get[string](tb, "document.querySelector("+quote(identifierField)+").value"); typed != "ali" {
			t.Errorf("of what was typed %q is left", typed)
		}
		tb.formWorks(wanted)
		p.undisturbed(complaint) // on a slow machine
	}, "--enroll", "never")
}

// brokenLogins are stand-ins for a script that comes and then fails. mounts tells
// that there is a component for a while.
var brokenLogins = []struct {
	name, script, expected string
	mounts                 bool
}{
	{"brings nothing", `Object.defineProperty(window, 'Corbado', { set() {}, get() {} })`, "", false},
	{"throws when it is mounted", `Object.defineProperty(window, 'Corbado', { set() {}, get: () => ({
		mountCorbadoConnectLogin() { throw new Error('broken'); },
	}) })`, "passkeys: the component did not mount", false},
	{"shows nothing", `Object.defineProperty(window, 'Corbado', { set() {}, get: () => ({
		mountCorbadoConnectLogin(element) { element.append(document.createElement('div')); },
	}) })`, "passkeys: the component shows nothing", true},
	{"crashes", `Object.defineProperty(window, 'Corbado', { set() {}, get: () => ({
		mountCorbadoConnectLogin(element) {
			element.append(document.createElement('input'));
			setTimeout(() => { element.replaceChildren(); throw new Error('broken'); }, 100);
		},
	}) })`, "broken", true},
}

// TestCorbadosComponentIsBroken: the form comes by itself, at the latest after
// four seconds.
func TestCorbadosComponentIsBroken(t *testing.T) {
	t.Parallel()
	d := startDemoWith(t, ownPage, "--enroll", "never")
	for _, tt := range brokenLogins {
		t.Run(tt.name, func(t *testing.T) {
			p, tb := newPerson(t, d.within(t))
			call(tb, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: tt.script})
			tb.open(wanted)
			if tt.mounts {
				tb.givenUp()
			}
			tb.formWorks(wanted)
			p.undisturbed(tt.expected, "passkeys: the component shows nothing")
		})
	}
}

// TestOktaForbidsCorbado: an administrator has forgotten Corbado in the page's
// Content-Security-Policy.
func TestOktaForbidsCorbado(t *testing.T) {
	t.Parallel()
	d := startDemoWith(t, ownPage, "--enroll", "never")
	d.okta.editPage(func(page map[string]any) { page["sources"] = []string{} })
	p, tb := newPerson(t, d)
	tb.open(wanted)
	tb.givenUp()
	tb.formWorks(wanted)
	if len(p.seen.list(&p.seen.violations)) == 0 {
		t.Error("nothing was forbidden")
	}
}
