package e2e

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a test may take, and waitFor how long one thing in it.
const (
	patience = time.Minute
	waitFor  = 20 * time.Second
)

// account is a user of the demo.
type account struct{ login, password string }

var (
	alice = account{"alice@acme.test", "correct horse"}
	bob   = account{"bob@acme.test", "battery staple"}
)

// person is somebody with a browser profile of their own: no cookies, no
// storage, no passkeys.
type person struct {
	t    *testing.T
	demo *demo
	// first is the context of the first tab, which the profile hangs on.
	first context.Context
	seen  *record
	tabs  []*tab
}

// newPerson opens a fresh profile with one tab.
func newPerson(t *testing.T, d *demo) (*person, *tab) {
	t.Helper()
	p := &person{t: t, demo: d, seen: new(record)}
	t.Cleanup(func() {
		if t.Failed() {
			for i, tb := range p.tabs {
				tb.keepEvidence(strconv.Itoa(i + 1))
			}
		}
		for _, tb := range slices.Backward(p.tabs) {
			tb.close()
		}
	})
	return p, p.newTab()
}

// newTab opens one more tab in the profile, with a virtual authenticator.
func (p *person) newTab() *tab {
	p.t.Helper()
	parent, options := p.first, []chromedp.ContextOption(nil)
	if parent == nil {
		parent = chromium(p.t)
		options = append(options, chromedp.WithNewBrowserContext())
	}
	life, closeTab := chromedp.NewContext(parent, options...)
	if p.first == nil {
		p.first = life
	}
	// The first action binds the tab's life to its context: no deadline there.
	if err := chromedp.Do(life); err != nil {
		closeTab()
		p.t.Fatalf("open a tab: %v", err)
	}
	ctx, cancel := context.WithTimeout(life, patience)
	tb := &tab{t: p.t, demo: p.demo, ctx: ctx, life: life, seen: p.seen, close: func() { cancel(); closeTab() }}
	p.tabs = append(p.tabs, tb)
	tb.prepare()
	return tb
}

// reportViolations hands what a page's Content-Security-Policy stopped to the
// test, by way of a binding.
const (
	violationBinding = "__e2eViolation"
	reportViolations = `document.addEventListener('securitypolicyviolation',
		(e) => ` + violationBinding + `(e.effectiveDirective + ' ' + e.blockedURI + ' on ' + e.documentURI))`
)

func (tb *tab) prepare() {
	tb.t.Helper()
	tb.must("listen", chromedp.Listen(tb.life, tb.seen.listener(tb)))
	call(tb, network.Enable, network.EnableParams{})
	call(tb, runtime.AddBinding, runtime.AddBindingParams{Name: violationBinding})
	call(tb, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: reportViolations})
	// Tabs of tests that run side by side must each believe they are in front.
	call(tb, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	tb.addAuthenticator()
	tb.shape(desktop)
}

// forget drops every cookie of the profile, Okta's too.
func (tb *tab) forget() {
	tb.t.Helper()
	call(tb, network.ClearBrowserCookies, cdp.Empty{})
}

// scripts switches the browser's JavaScript on or off.
func (tb *tab) scripts(on bool) {
	tb.t.Helper()
	call(tb, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
}

// signOut goes through the question.
func (tb *tab) signOut() {
	tb.t.Helper()
	tb.open("/passkeys/logout")
	tb.press("Sign out")
	tb.on("/passkeys/signed-out")
}

// fileName makes a test's name fit for a file.
func fileName(t *testing.T) string {
	t.Helper()
	return strings.NewReplacer("/", "-", " ", "_").Replace(t.Name())
}
