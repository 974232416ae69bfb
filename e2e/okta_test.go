package e2e

// The Okta emulator's pages, as Okta's own are used.

const (
	identifierField = `input[name="identifier"]`
	passwordField   = `input[name="credentials.passcode"]` //nolint:gosec // G101: a selector, not a credential
)

// identify is the first step of the sign-in form.
func (tb *tab) identify(login string) {
	tb.t.Helper()
	tb.fill(identifierField, login)
	tb.press("Next")
}

// verify is the second step.
func (tb *tab) verify(password string) {
	tb.t.Helper()
	tb.fill(passwordField, password)
	tb.press("Verify")
}

// signIn fills the sign-in form and returns when the tab is back at the site,
// wherever that is.
func (tb *tab) signIn(who account) {
	tb.t.Helper()
	tb.identify(who.login)
	tb.verify(who.password)
	tb.backAtSite()
}

func (tb *tab) backAtSite() {
	tb.t.Helper()
	tb.until("the site", "location.origin === "+quote(tb.demo.app))
}

// asked waits for the sign-in form.
func (tb *tab) asked() {
	tb.t.Helper()
	tb.until("the sign-in form", "location.origin === "+quote(tb.demo.okta.origin)+
		" && document.querySelector("+quote(identifierField)+")")
}
