package e2e

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/storage"
)

// passkeyIDP is the demo's identity provider at Okta that stands for Corbado.
const passkeyIDP = "0oademopasskeys00001"

// TestSignInWithThePasskeyAlone is the whole circle: the password for the last
// time, a passkey, sign-out, and from then on the passkey on Okta's page, in
// each way that the component has.
func TestSignInWithThePasskeyAlone(t *testing.T) {
	t.Parallel()
	onEachPage(t, func(d *demo) {
		t := d.t
		const start = "/orders?page=2&q=caf%C3%A9"
		d.corbado.fault("login-no-conditional-ui")
		p, tb := newPerson(t, d)
		tb.enroll(alice, start)
		tb.cameBy(false)
		tb.signOut()

		t.Run("the e-mail address typed", func(t *testing.T) {
			tb.within(t).byPasskey(start, func() { tb.typeLogin(alice.login) })
		})
		t.Run("one tap", func(t *testing.T) {
			tb.within(t).byPasskey(start, func() { tb.oneTap(alice) })
		})
		t.Run("from the browser's autofill", func(t *testing.T) {
			tb.within(t).forgetComponent()
			d.corbado.clearFaults()
			tb.byPasskey(start, func() {}) // the device's owner agrees at once
			d.corbado.fault("login-no-conditional-ui")
		})
		t.Run("anew, although signed in", func(t *testing.T) {
			const again = "/passkeys/login?prompt=login&return=%2Forders%3Fpage%3D3"
			tb.within(t).open(start)
			tb.oneTap(alice)
			tb.at(start)
			tb.open(again)
			tb.oneTap(alice)
			tb.at("/orders?page=3")
			tb.cameBy(true)
			if !slices.ContainsFunc(p.handOffs(), func(url string) bool { return strings.Contains(url, "?stateToken=") }) {
				t.Errorf("a sign-in that Okta cannot begin again was handed off with %q", p.handOffs())
			}
		})
		tb.within(t)
		p.undisturbed()
		p.keepsQuiet()
		t.Run("this test would have noticed a broken policy", func(t *testing.T) {
			tb.within(t).signOut()
			tb.open(start)
			tb.offered()
			tb.breakPolicy()
			if len(p.seen.list(&p.seen.violations)) == 0 {
				t.Error("a script that the policy of Okta's page forbids was not noticed")
			}
		})
	})
}

// byPasskey signs in on Okta's page without a password, and signs out.
func (tb *tab) byPasskey(start string, how func()) {
	tb.t.Helper()
	before := len(tb.seen.list(&tb.seen.requests))
	tb.open(start)
	how()
	tb.at(start)
	tb.see("User: " + alice.login)
	tb.cameBy(true)
	for _, request := range tb.seen.list(&tb.seen.requests)[before:] {
		if strings.Contains(request, "/idp/idx/identify") || strings.Contains(request, "/idp/idx/challenge") {
			tb.t.Errorf("the form was sent: %s", request)
		}
	}
	tb.signOut()
}

// oneTap takes the component's offer to sign in as the same user again.
func (tb *tab) oneTap(who account) {
	tb.t.Helper()
	tb.offered()
	tb.see("Welcome back")
	tb.press("Login with passkey " + who.login)
}

// cameBy expects the sidecar to know how alice has signed in.
func (tb *tab) cameBy(passkey bool) {
	tb.t.Helper()
	answer := tb.fetch("/passkeys/session", "{}")
	var session struct {
		Email   string   `json:"email"`
		AMR     []string `json:"amr"`
		IDP     string   `json:"idp"`
		Passkey bool     `json:"passkey"`
	}
	if err := json.Unmarshal([]byte(answer.Body), &session); err != nil || answer.Status != http.StatusOK {
		tb.t.Fatalf("/passkeys/session: %+v: %v", answer, err)
	}
	if session.Email != alice.login || session.Passkey != passkey || (session.IDP == passkeyIDP) != passkey || slices.Contains(session.AMR, "pwd") == passkey {
		tb.t.Errorf("/passkeys/session says %+v; want passkey %v", session, passkey)
	}
}

// forgetComponent drops what the component keeps on Okta's page.
func (tb *tab) forgetComponent() {
	tb.t.Helper()
	call(tb, storage.ClearDataForOrigin, storage.ClearDataForOriginParams{Origin: tb.demo.okta.origin, StorageTypes: "local_storage"})
}

// handOffs returns the addresses that the page has handed signed data to.
func (p *person) handOffs() []string {
	var list []string
	for _, request := range p.seen.list(&p.seen.requests) {
		if _, address, _ := strings.Cut(request, " "); strings.HasPrefix(address, p.demo.okta.origin+"/sso/idps/") {
			list = append(list, address)
		}
	}
	return list
}

// keepsQuiet expects nothing of the hand-off in the log.
func (p *person) keepsQuiet() {
	p.t.Helper()
	log := p.demo.log()
	for _, name := range []string{"login_hint", "stateToken"} {
		values := p.seen.parameter(name)
		if len(values) == 0 {
			p.t.Errorf("no %s was seen; the test has lost sight of it", name)
		}
		for _, value := range values {
			if strings.Contains(log, value) {
				p.t.Errorf("a %s is in the log", name)
				break
			}
		}
	}
}
