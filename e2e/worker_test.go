package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// TestAnAppWithAServiceWorker: page loads that a worker passes on lead to Okta and
// back, in the window and out of a frame, and no call of a script does.
func TestAnAppWithAServiceWorker(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"passthrough", "networkfirst", "cachefirst", "byaddress"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			d := startDemo(t, "--enroll", "never")
			p, tb := newPerson(t, d)
			tb.open("/workers?kind=" + kind)
			tb.signIn(alice)
			tb.at("/workers?kind=" + kind)
			tb.see("In charge: " + kind)

			// Okta's session is alive.
			tb.setSession("")
			tb.open("/orders?page=2#row=7")
			tb.at("/orders?page=2#row=7")
			tb.see(alice.login)

			// It is over: somebody types a password.
			tb.forget()
			tb.open("/orders?page=3#row=8")
			tb.asked()
			tb.signIn(alice)
			tb.at("/orders?page=3#row=8")
			tb.see(alice.login)

			tb.forget()
			for what, headers := range map[string]string{"htmx": `{"HX-Request": "true", Accept: "text/html, */*"}`, "turbo": `{Accept: "text/html, application/xhtml+xml"}`} {
				if answer := tb.fetch("/orders?page="+what, "{headers: "+headers+"}"); answer.Status != http.StatusUnauthorized || !strings.Contains(answer.Body, `"error":"login_required"`) {
					t.Errorf("%s gets %+v", what, answer)
				}
			}
			aFrameBehindAWorker(tb, p, kind)
			if v := p.seen.list(&p.seen.violations); len(v) > 0 {
				t.Errorf("violations of our own policy: %q", v)
			}
		})
	}
}

// aFrameBehindAWorker: the sidecar cannot know that a page load is a frame's.
func aFrameBehindAWorker(tb *tab, p *person, kind string) {
	tb.t.Helper()
	tb.open("/workers?again&kind=" + kind)
	tb.asked()
	tb.signIn(alice)
	tb.see("In charge: " + kind)
	tb.seeInFrame("Complaint")
	tb.forget()
	get[bool](tb, "(document.querySelector('iframe').src = '/forms?anew', true)")
	tb.seeInFrame("Sign in to continue")
	window := p.popup(tb, func() { tb.click("the way out of the frame", pointInFrame("a.button")) })
	window.identify(alice.login)
	window.verify(alice.password) // the site then closes the window
	p.closed(window)
	tb.seeInFrame("Complaint")
}

// TestAFormThatAWorkerPassesOnIsNotLost: the browser has it, and sends it again.
func TestAFormThatAWorkerPassesOnIsNotLost(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	p, tb := newPerson(t, d)
	tb.open("/workers?kind=passthrough")
	tb.signIn(alice)
	tb.see("In charge: passthrough")
	tb.open("/forms")
	tb.fill("#subject", "Anvil by a worker")
	tb.forget()
	tb.press("Send complaint")
	tb.see("Nothing is lost while this page is open.")
	tb.shoot("worker-form")
	window := p.popup(tb, func() { tb.press("Sign in in a new window") })
	window.identify(alice.login)
	window.verify(alice.password) // the site then closes the window
	p.closed(window)
	tb.see("You are signed in again")
	tb.press("Send the form")
	tb.see("/echo?form=complaint")
}
