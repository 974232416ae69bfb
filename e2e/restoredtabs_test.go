package e2e

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// restore opens tabs at their addresses, all at once, and returns them.
func (p *person) restore(count int, address func(n int) string) []*tab {
	p.t.Helper()
	for len(p.tabs) < count {
		p.newTab()
	}
	var all sync.WaitGroup
	for n, tb := range p.tabs {
		all.Go(func() {
			if _, err := chromedp.Call(tb.ctx, page.Navigate, page.NavigateParams{URL: p.demo.app + address(n)}); err != nil {
				p.t.Errorf("open tab %d: %v", n, err)
			}
		})
	}
	all.Wait()
	return p.tabs
}

func ofTab(n int) string { return fmt.Sprintf("/orders?tab=%d#row=%d", n, n) }

// TestRestoredTabs while Okta's session is alive: each comes to its own
// address, with its fragment. (caddymodule plays it with fifty, at once.)
func TestRestoredTabs(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	p, first := newPerson(t, d)
	first.open("/orders")
	first.signIn(alice)
	first.at("/orders")
	first.setSession("")
	for n, tb := range p.restore(12, ofTab) {
		tb.at(ofTab(n))
		tb.see(alice.login)
	}
}

// TestRestoredTabsAndOnePassword: Okta's session is over, too. The tab that was
// first, whose cookie made room for those of others, is where somebody signs in.
func TestRestoredTabsAndOnePassword(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	p, first := newPerson(t, d)
	first.open(ofTab(0))
	first.asked()
	tabs := p.restore(8, func(n int) string { return strings.Replace(ofTab(n), "?", "?again&", 1) })
	for n, tb := range tabs {
		tb.asked()
		if n > 0 {
			continue
		}
		tb.signIn(alice)
		tb.at("/orders?again&tab=0#row=0")
	}
	for n, tb := range tabs[1:] {
		// Okta knows them by now, and its page goes on when it is loaded again.
		tb.open(tb.where())
		tb.at(strings.Replace(ofTab(n+1), "?", "?again&", 1))
		tb.see(alice.login)
	}
}

// TestALongAddressWaitsInTheTab.
func TestALongAddressWaitsInTheTab(t *testing.T) {
	t.Parallel()
	d := startDemo(t) // with the offer of a passkey
	p, tb := newPerson(t, d)
	const long = 13000 // Caddy takes 16 kB of headers
	address := "/orders?_a=" + repeat("(x:!t),", long)
	tb.open(address + "#row=7")
	tb.signIn(alice)
	tb.at(address + "#row=7") // the offer cannot lead on to it
	tb.see(alice.login)

	// One that the offer can lead on to.
	address = "/orders?_a=" + repeat("filter,", 2000)
	tb.forget()
	tb.open(address + "#row=8")
	tb.signIn(alice)
	tb.on("/passkeys/append")
	tb.press("Not now")
	tb.at(address + "#row=8")

	tb.setSession("")
	tb.open(`/orders?file=\\srv\share`)
	tb.at(`/orders?file=\\srv\share`)
	tb.setSession("")
	tb.open(d.app + "//orders?x=1")
	tb.at("/orders?x=1") // where the app itself redirects that
	odd := "GET " + d.app + "//orders?x=1"
	if n := len(slices.DeleteFunc(p.seen.list(&p.seen.requests), func(r string) bool { return r != odd })); n != 2 {
		t.Errorf("%d requests for the path with two slashes, before and after the sign-in", n)
	}
	if v := p.seen.list(&p.seen.violations); len(v) > 0 {
		t.Errorf("violations of our own policy: %q", v)
	}
}

// TestATabThatKeepsNothing says so.
func TestATabThatKeepsNothing(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	_, tb := newPerson(t, d)
	tb.open("/orders?_a=" + repeat("x", 3000))
	tb.asked()
	// The tab's storage is gone when it comes back.
	call(tb, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: "sessionStorage.clear()"})
	tb.signIn(alice)
	tb.see("Part of the address was lost")
	tb.shoot("address-too-long")
	tb.press("Continue")
	tb.at("/orders")
}

// repeat makes a text of about that many bytes.
func repeat(part string, size int) string { return strings.Repeat(part, size/len(part)) }
