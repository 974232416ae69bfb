package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
)

// bank is another site whose page posts a form to a path of the app, by a button
// that a person presses, in the window or in a frame.
func bank(t *testing.T, d *demo, path string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<!doctype html><title>Bank</title><link rel="icon" href="data:,"><h1>Paid</h1>
			<form method="post" action="%s"><input type="hidden" name="SAMLResponse" value="PHNhbWw+ & more">
			<button>Back to the shop</button></form>`, d.app+path)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// postedAgain is in the log when the app gets such a form.
const postedAgain = "form of another site posted again"

// TestAFormOfAnotherSiteLeadsOnToItsAddress: the session lives, and the page must
// not say that nobody is signed in.
func TestAFormOfAnotherSiteLeadsOnToItsAddress(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	p, tb := newPerson(t, d)
	tb.open("/orders")
	tb.signIn(alice)
	tb.at("/orders")
	tb.open(bank(t, d, "/echo?payment=7&deep=%2Flink"))
	tb.press("Back to the shop")
	tb.see("Another site sent you here with a form")
	if tb.status() != http.StatusUnauthorized {
		t.Errorf("status %d", tb.status())
	}
	tb.shoot("foreign-form")
	tb.press("Go on to Acme Orders")
	got := tb.echoed()
	if got.Method != http.MethodGet || got.URI != "/echo?payment=7&deep=%2Flink" || got.User != alice.login || len(got.Body) != 0 {
		t.Errorf("the app got %+v", got)
	}
	if strings.Contains(d.log(), postedAgain) {
		t.Error("the app got the form")
	}
	if v := p.seen.list(&p.seen.violations); len(v) > 0 {
		t.Errorf("violations of our own policy: %q", v)
	}
}

// TestAFormOfAnotherSiteIsPassedOn where the configuration says so: by itself, or
// without scripts by a button, once, with the session and its own sender.
func TestAFormOfAnotherSiteIsPassedOn(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never", "--settings", "repost /echo")
	p, tb := newPerson(t, d)
	tb.open("/orders")
	tb.signIn(alice)
	tb.at("/orders")
	shop := bank(t, d, "/echo?payment=7")
	check := func(how string) {
		got := tb.echoed()
		if got.Method != http.MethodPost || got.URI != "/echo?payment=7" || got.User != alice.login || got.Origin != shop ||
			got.ContentType != "application/x-www-form-urlencoded" || string(got.Body) != "SAMLResponse=PHNhbWw%2B+%26+more" {
			t.Errorf("%s: the app got %+v %s", how, got, got.Body)
		}
	}
	tb.open(shop)
	tb.press("Back to the shop")
	check("by itself")
	// The page that posts is no stop on the way back.
	get[bool](tb, "(history.back(), true)")
	tb.see("Paid")

	tb.scripts(false)
	tb.open(shop)
	tb.press("Back to the shop")
	tb.see("It is passed on to Acme Orders")
	tb.shoot("foreign-form-repost-noscript")
	tb.press("Pass it on")
	check("by the button")
	tb.scripts(true)
	if n := strings.Count(d.log(), postedAgain); n != 2 {
		t.Errorf("the app got %d forms", n)
	}

	// While it is on its way, for its picture.
	call(tb, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: "HTMLFormElement.prototype.submit = () => {}"})
	tb.open(shop)
	tb.press("Back to the shop")
	tb.see("It is passed on to Acme Orders")
	tb.shoot("foreign-form-repost")
	if v := p.seen.list(&p.seen.violations); len(v) > 0 {
		t.Errorf("violations of our own policy: %q", v)
	}
}

// TestAFormOfAnotherSiteFindsNobody: it is not kept, nothing goes round, and the
// sign-in leads to its address.
func TestAFormOfAnotherSiteFindsNobody(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never", "--settings", "repost /echo")
	_, tb := newPerson(t, d)
	tb.open(bank(t, d, "/echo?payment=7"))
	tb.press("Back to the shop")
	tb.see("Nobody is signed in here")
	tb.shoot("foreign-form-nobody")
	tb.press("Sign in")
	tb.signIn(alice)
	if got := tb.echoed(); got.Method != http.MethodGet || got.URI != "/echo?payment=7" {
		t.Errorf("the app got %+v", got)
	}
	if strings.Contains(d.log(), postedAgain) {
		t.Error("the app got the form")
	}
}
