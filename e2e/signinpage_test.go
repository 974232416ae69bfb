package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// signInPage is one way to show Okta's sign-in page with the passkey on it.
type signInPage struct {
	name string
	// args are for the demo.
	args []string
}

// widgetFolder holds Okta's real Sign-In Widget, once npm has put it there.
const (
	widgetPackage = "../internal/operator/signinpage/widgettest"
	widgetFolder  = widgetPackage + "/node_modules/@okta/okta-signin-widget/dist"
)

// With the emulator's stand-in for the widget, and with the real one.
var (
	ownPage = signInPage{"own", []string{"--plain-signin=false"}}
	g2Page  = signInPage{"g2", []string{"--plain-signin=false", "--widget", widgetFolder, "--widget-generation", "g2"}}
	g3Page  = signInPage{"g3", []string{"--plain-signin=false", "--widget", widgetFolder, "--widget-generation", "g3"}}
)

// onEachPage plays a test with each of the pages and a demo of its own.
func onEachPage(t *testing.T, play func(*demo), args ...string) {
	t.Helper()
	for _, page := range []signInPage{ownPage, g2Page, g3Page} {
		t.Run(page.name, func(t *testing.T) {
			t.Parallel()
			play(startDemoWith(t, page, args...))
		})
	}
}

func startDemoWith(t *testing.T, page signInPage, args ...string) *demo {
	t.Helper()
	if page.name != ownPage.name {
		if _, err := os.Stat(filepath.Join(widgetFolder, "js")); err != nil {
			t.Fatalf("Okta's widget is not there: run (cd internal/operator/signinpage/widgettest && npm ci)\n%v", err)
		}
	}
	return startDemo(t, slices.Concat(page.args, args)...)
}

// Is a part of the page shown? A hidden widget is in the page all the time.
const (
	passkeyShown = "[...document.querySelectorAll('#passkeys-signin')].some(visible)"
	formShown    = "[...document.querySelectorAll('#okta-login-container " + identifierField + "')].some(visible) && !" + passkeyShown
)

// offered waits for the component in Okta's page, ready to be used.
func (tb *tab) offered() {
	tb.t.Helper()
	tb.until("the passkey on Okta's page", passkeyShown+
		" && [...document.querySelectorAll('#passkeys-component :is(input, button)')].some(visible)")
}

// conventional waits for Okta's own form in its page.
func (tb *tab) conventional() {
	tb.t.Helper()
	tb.until("Okta's own form", formShown)
}

// givenUp waits until the component was there and has left the page to Okta's own
// form. That is there before the component too, and would be used then.
func (tb *tab) givenUp() {
	tb.t.Helper()
	tb.until("the component's end", formShown+" && named('Sign in with a passkey').length > 0")
}

// anotherWay leaves the passkey for Okta's own form.
func (tb *tab) anotherWay() {
	tb.t.Helper()
	tb.offered()
	tb.press("Sign in another way")
	tb.conventional()
}

// enroll signs in with the password and adds a passkey.
func (tb *tab) enroll(who account, start string) {
	tb.t.Helper()
	tb.open(start)
	tb.anotherWay()
	tb.signIn(who)
	tb.on("/passkeys/append")
	tb.press("Activate passkey")
	tb.press("Continue")
	tb.at(start)
}

// typeLogin gives the component a user name.
func (tb *tab) typeLogin(login string) {
	tb.t.Helper()
	tb.offered()
	tb.fill("#passkeys-component input", login)
	tb.press("Login")
}

// formWorks signs in with the password through the form that must be there, and
// arrives in the app.
func (tb *tab) formWorks(start string) {
	tb.t.Helper()
	tb.conventional()
	tb.signIn(alice)
	tb.at(start)
	tb.see("User: " + alice.login)
}

// undisturbed expects no uncaught exception, no violation of a policy, and
// nothing in the console but what contains one of the texts.
func (p *person) undisturbed(expected ...string) {
	p.t.Helper()
	for _, violation := range p.seen.list(&p.seen.violations) {
		p.t.Errorf("Content-Security-Policy: %s", violation)
	}
	for _, line := range p.seen.list(&p.seen.console) {
		if p.beforeOkta(line) {
			continue
		}
		if !slices.ContainsFunc(expected, func(text string) bool { return text != "" && strings.Contains(line, text) }) {
			p.t.Errorf("console: %s", line)
		}
	}
}

// beforeOkta finds Chromium's remark about the page that stands in for one of the
// app's on the way to Okta: its status says that nobody is signed in.
func (p *person) beforeOkta(line string) bool {
	_, path, found := strings.Cut(line, "status of 401 (Unauthorized) "+p.demo.app)
	return found && !strings.HasPrefix(path, "/passkeys/")
}

// within goes on in a part of the test, for tests that share a demo.
func (tb *tab) within(t *testing.T) *tab {
	t.Helper()
	tb.t = t
	tb.demo.within(t)
	return tb
}

func (d *demo) within(t *testing.T) *demo {
	t.Helper()
	d.t, d.okta, d.corbado = t, d.okta.within(t), d.corbado.within(t)
	return d
}

// editPage changes the page that is published at Okta.
func (e emulator) editPage(change func(page map[string]any)) {
	e.t.Helper()
	var page map[string]any
	if err := json.Unmarshal(e.control(http.MethodGet, "sign-in-page", nil), &page); err != nil {
		e.t.Fatal(err)
	}
	change(page)
	e.control(http.MethodPut, "sign-in-page", page)
}
