package e2e

import (
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/page"
)

// The tests in this file take a picture of every page in every state, and fail
// where one is wider than the window.

func TestPicturesOfTheSignInForm(t *testing.T) {
	t.Parallel()
	_, tb := newPerson(t, startDemo(t))
	tb.open("/orders")
	tb.asked()
	tb.shoot("okta-identifier")
	tb.identify(alice.login)
	tb.see("Verify with your password")
	tb.shoot("okta-password")
	tb.verify("wrong horse")
	tb.see("Unable to sign in")
	tb.shoot("okta-password-wrong")
	tb.open(tb.demo.okta.origin + "/")
	tb.shoot("okta-home")
}

// holdBack keeps a page from going on by itself, for its picture.
const holdBack = `{
	const send = window.fetch;
	window.fetch = (to, ...rest) => String(to).endsWith('/append/result') ? new Promise(() => {}) : send(to, ...rest);
	const later = window.setTimeout;
	window.setTimeout = (work, ms, ...rest) => ms === 1500 ? 0 : later(work, ms, ...rest);
}`

func TestPicturesOfTheOffer(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	_, tb := newPerson(t, d)
	call(tb, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: holdBack})
	const offer = "/passkeys/append?return=%2Forders"
	d.corbado.fault("cdn-hang")
	tb.open(offer)
	tb.signIn(alice)
	tb.see("One moment")
	tb.shoot("append-loading")
	d.corbado.clearFaults()

	d.corbado.fault("cdn-down")
	tb.open(offer)
	tb.see("Passkeys cannot be reached right now")
	tb.see("Continue to Acme Orders")
	tb.shoot("append-unavailable")
	d.corbado.clearFaults()

	for _, fault := range []string{"append-after-error", "append-after-hybrid"} {
		d.corbado.fault(fault)
		tb.open(offer)
		tb.until("the component", "document.querySelector('.cb-connect button')")
		tb.shoot(fault)
		d.corbado.clearFaults()
	}

	tb.scripts(false)
	tb.open(offer)
	tb.see("Adding a passkey needs JavaScript")
	tb.shoot("append-noscript")
	tb.scripts(true)

	tb.open(offer)
	tb.see("Activate passkey")
	tb.shoot("append-before")
	tb.press("Learn more")
	tb.see("Back")
	tb.shoot("append-learn-more")
	tb.press("Back")
	tb.fingerprint(false)
	tb.press("Activate passkey")
	tb.see("cancelled")
	tb.shoot("append-cancelled")
	tb.fingerprint(true)
	tb.press("Activate passkey")
	tb.see("Success")
	tb.shoot("append-after")
	tb.press("Continue")
	tb.open("/orders")
	tb.see(alice.login)
	tb.shoot("app")

	// The session ends while the component loads.
	d.corbado.faultWith(map[string]any{"name": "cdn-delay", "delay": "1s", "times": 2})
	tb.open(offer)
	tb.see("One moment")
	tb.forget()
	tb.see("Your session has ended")
	tb.shoot("append-session-ended")
}

func TestPicturesOfTheList(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	_, tb := newPerson(t, d)
	d.corbado.fault("cdn-hang")
	tb.open("/passkeys/")
	tb.signIn(alice)
	tb.see("One moment")
	tb.shoot("list-loading")
	d.corbado.clearFaults()

	tb.open("/passkeys/")
	tb.items(0)
	tb.shoot("list-empty")
	tb.press("Add a passkey")
	tb.items(1)
	tb.shoot("list-one")
	tb.press("Add a passkey")
	tb.see("No passkey created")
	tb.shoot("list-modal-exists")
	tb.press("Close")
	tb.until("the dialog to close", "!document.querySelector('.cb-modal')")
	tb.click("a delete control", "pointOfSelected('.cb-passkey-list-item-delete-icon .cb-link-button')")
	tb.see("Cancel")
	tb.shoot("list-modal-delete")
	tb.press("Cancel")

	for _, fault := range []string{"cdn-down", "frontend-down", "backend-down"} {
		d.corbado.fault(fault)
		tb.open("/passkeys/")
		tb.see(unavailable)
		tb.shoot("list-unavailable-" + fault)
		d.corbado.clearFaults()
	}

	tb.scripts(false)
	tb.open("/passkeys/")
	tb.see("Your passkeys are shown with JavaScript")
	tb.shoot("list-noscript")
	tb.scripts(true)

	tb.open("/passkeys/")
	tb.items(1)
	tb.forget()
	tb.press("Add a passkey")
	tb.see("Your session has ended")
	tb.shoot("list-session-ended")
}

func TestPicturesOfSignOut(t *testing.T) {
	t.Parallel()
	_, tb := newPerson(t, startDemo(t, "--enroll", "never"))
	tb.open("/orders")
	tb.signIn(alice)
	tb.open("/passkeys/logout")
	tb.see("Sign out?")
	tb.shoot("logout-question")
	tb.press("Sign out")
	tb.on("/passkeys/signed-out")
	tb.shoot("signed-out")
}

// TestPicturesOfTroubleAtOkta shows the page of each thing that Okta can do
// wrong in a sign-in.
func TestPicturesOfTroubleAtOkta(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		picture string
		fault   map[string]any
		title   string
	}{
		{"not-assigned", map[string]any{"name": "authorize_error", "error": "access_denied", "error_description": "User is not assigned to the client application."}, "Your account may not use this app"},
		{"no-policy", map[string]any{"name": "authorize_error", "error": "access_denied", "error_description": "Policy evaluation failed for this request, please check the policy configurations."}, "Sign-in is not set up correctly"},
		{"denied", map[string]any{"name": "authorize_error", "error": "access_denied", "error_description": "The resource owner or authorization server denied the request."}, "The identity provider did not let you in"},
		{"invalid-scope", map[string]any{"name": "authorize_error", "error": "invalid_scope", "error_description": "One or more scopes are not configured for the authorization server resource."}, "Sign-in is not set up correctly"},
		{"server-error", map[string]any{"name": "authorize_error", "error": "server_error"}, "The identity provider had a problem"},
		{"token-busy", map[string]any{"name": "fail_token", "status": http.StatusTooManyRequests}, "Sign-in is not available right now"},
		{"wrong-nonce", map[string]any{"name": "wrong_nonce"}, "Sign-in could not be completed"},
		{"wrong-issuer", map[string]any{"name": "discovery_wrong_issuer"}, "Sign-in is not set up correctly"},
		{"down", map[string]any{"name": "down"}, "Sign-in is not available right now"},
	} {
		t.Run(tt.picture, func(t *testing.T) {
			t.Parallel()
			d := startDemo(t, "--enroll", "never")
			d.okta.faultWith(tt.fault)
			_, tb := newPerson(t, d)
			tb.open("/orders?page=2")
			if get[bool](tb, "location.origin === "+quote(d.okta.origin)) { // it goes wrong later
				tb.signIn(alice)
			}
			tb.see(tt.title)
			tb.see("Request ID")
			tb.shoot("problem-" + tt.picture)
		})
	}
}

func TestPicturesOfOtherProblems(t *testing.T) {
	t.Parallel()
	_, tb := newPerson(t, startDemo(t, "--enroll", "never"))
	tb.open("/passkeys/callback?code=a&code=b")
	tb.see("This is no answer to a sign-in")
	tb.shoot("problem-invalid-callback")
	tb.open("/passkeys/callback?code=a&state=r000000000000000000000000000000")
	tb.see("Your browser does not send our cookie back")
	tb.shoot("problem-cookies-blocked")
	tb.open("/passkeys/nowhere")
	tb.see("There is no such page")
	tb.shoot("problem-not-found")
	tb.open("/passkeys/connect-token")
	tb.see("This page does not take that method")
	tb.shoot("problem-method")

	tb.open("/orders")
	tb.signIn(alice)
	for range 2 {
		tb.setSession("")
		tb.open("/orders")
		tb.at("/orders")
	}
	tb.setSession("")
	tb.open("/orders")
	tb.see("Sign-in goes round in circles")
	tb.shoot("problem-loop")
}
