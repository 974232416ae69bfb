package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestTheWholeJourney is what the product is for, from the first click to
// sign-out, and what must hold on every page of it.
func TestTheWholeJourney(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	p, tb := newPerson(t, d)
	journey(tb)

	t.Run("no page breaks its Content-Security-Policy", func(t *testing.T) {
		for _, v := range p.seen.list(&p.seen.violations) {
			t.Error(v)
		}
	})
	t.Run("no page complains to the console", func(t *testing.T) {
		for _, line := range p.seen.list(&p.seen.console) {
			// What was asked for without a session, in whose place stands the page
			// that leads to Okta.
			if !strings.Contains(line, "status of 401 (Unauthorized) "+d.app+"/orders") {
				t.Error(line)
			}
		}
	})
	t.Run("no request leaves to another host", func(t *testing.T) {
		for _, request := range p.seen.list(&p.seen.requests) {
			_, address, _ := strings.Cut(request, " ")
			u, err := url.Parse(address)
			if err != nil || u.Scheme == "data" {
				continue
			}
			if origin := u.Scheme + "://" + u.Host; !slices.Contains([]string{d.app, d.okta.origin, d.corbado.origin}, origin) {
				t.Error(request)
			}
		}
	})
	t.Run("the log holds no secret, token, cookie or code", func(t *testing.T) {
		findSecrets(t, p.seen, d.log())
	})
	t.Run("the audit knows of the passkey that was added and deleted", func(t *testing.T) {
		for _, action := range []string{"passkey_added", "passkey_removed", "signed_out"} {
			if n := strings.Count(d.log(), `"logger":"http.handlers.passkeys.audit","msg":"`+action+`"`); n != 1 {
				t.Errorf("%d lines of %s", n, action)
			}
		}
	})
	t.Run("this test would have noticed", func(t *testing.T) {
		tb.breakPolicy()
		if len(p.seen.list(&p.seen.violations)) == 0 || len(p.seen.list(&p.seen.console)) == 0 {
			t.Error("a script that the policy forbids was not noticed")
		}
	})
}

// breakPolicy puts a forbidden script into the page.
func (tb *tab) breakPolicy() {
	tb.t.Helper()
	_, err := chromedp.Run(tb.ctx, chromedp.Evaluate[bool](`new Promise((done) => {
		document.addEventListener('securitypolicyviolation', () => done(true));
		document.body.append(Object.assign(document.createElement('script'), {textContent: '1'}));
	})`, chromedp.EvalAwaitPromise))
	tb.must("a forbidden script", err)
}

// journey is the happy way, with the usual slips.
func journey(tb *tab) {
	tb.t.Helper()
	const start = "/orders?page=2&q=caf%C3%A9"
	tb.open(start)
	tb.asked()
	tb.identify(alice.login)
	tb.verify("wrong horse")
	tb.see("Unable to sign in")
	tb.verify(alice.password)
	tb.at("/passkeys/append?return=" + url.QueryEscape(start))
	tb.see("Add a passkey")
	tb.press("Activate passkey")
	tb.press("Continue")
	tb.at(start)
	tb.see(alice.login)
	if n := tb.passkeys(); n != 1 {
		tb.t.Fatalf("the device holds %d passkeys, want 1", n)
	}
	if says := tb.says(); strings.Contains(says, "passkeys-") {
		tb.t.Errorf("the app was sent cookies of ours:\n%s", says)
	}

	tb.open("/passkeys/")
	tb.items(1)
	tb.press("Add a passkey")
	tb.see("No passkey created")
	tb.press("Close")
	tb.until("the dialog to close", "!document.querySelector('.cb-modal')")
	tb.deletePasskey()
	tb.items(0)

	tb.press("Back to Acme Orders")
	tb.at("/")
	tb.open("/passkeys/logout")
	tb.see("Sign out?")
	tb.press("Sign out")
	tb.on("/passkeys/signed-out")
	tb.see("You are signed out")
	tb.until("what the component kept to be gone", "!Object.keys(localStorage).some((key) => key.startsWith('cbo_connect_'))")

	tb.open(start)
	tb.asked()
}

// items waits for so many passkeys in the list.
func (tb *tab) items(n int) {
	tb.t.Helper()
	if n == 0 {
		tb.see("no passkey saved")
	}
	tb.until(fmt.Sprintf("%d passkeys in the list", n),
		fmt.Sprintf("document.querySelectorAll('.cb-connect-passkey-list .cb-passkey-list-item').length === %d", n))
}

// deletePasskey deletes the first passkey of the list.
func (tb *tab) deletePasskey() {
	tb.t.Helper()
	tb.click("a delete control", "pointOfSelected('.cb-passkey-list-item-delete-icon .cb-link-button')")
	tb.see("Delete")
	tb.press("Delete")
	tb.until("the dialog to close", "!document.querySelector('.cb-modal')")
}

// findSecrets looks in a log for everything secret that the browser has seen.
func findSecrets(t *testing.T, seen *record, log string) {
	t.Helper()
	secrets := map[string]string{alice.password: "a password", url.QueryEscape(alice.password): "a password", "wrong horse": "a wrong password"}
	for _, line := range seen.list(&seen.cookies) {
		name, rest, _ := strings.Cut(line, "=")
		value, _, _ := strings.Cut(rest, ";")
		secrets[value] = "cookie " + name
	}
	for _, name := range []string{"code", "id_token_hint"} {
		for _, value := range seen.parameter(name) {
			secrets[value] = "parameter " + name
		}
	}
	tokens := seen.list(&seen.tokens)
	for _, body := range tokens {
		var answer struct {
			Secret string `json:"secret"`
		}
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			t.Fatalf("connect-token answered %q: %v", body, err)
		}
		secrets[answer.Secret] = "a connect token"
	}
	delete(secrets, "")
	if len(log) < 1000 || !strings.Contains(log, `"debug"`) {
		t.Fatalf("this is no log at DEBUG level:\n%s", log)
	}
	if len(tokens) < 3 || len(secrets) < 12 {
		t.Fatalf("only %d connect tokens and %d secrets were seen; the test has lost sight of them", len(tokens), len(secrets))
	}
	for value, what := range secrets {
		for line := range strings.SplitSeq(log, "\n") {
			if strings.Contains(line, value) {
				t.Errorf("%s is in the log:\n%s", what, strings.ReplaceAll(line, value, "<HERE>"))
				break
			}
		}
	}
}
