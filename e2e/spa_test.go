package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// inDialog is an expression for a control in the dialog of session.js.
func inDialog(name string) string {
	return `(() => {
		const button = [...document.querySelectorAll('body > div')].flatMap((host) => [...(host.shadowRoot?.querySelectorAll('dialog[open] button') ?? [])])
			.find((b) => b.textContent === ` + quote(name) + `);
		if (!button) return null;
		const box = button.getClientRects()[0];
		return {x: box.x + box.width / 2, y: box.y + box.height / 2};
	})()`
}

func (tb *tab) pressInDialog(name string) {
	tb.t.Helper()
	tb.click("the dialog's control "+name, inDialog(name))
}

// popup waits for the window that the tab opens, and returns it as a tab.
func (p *person) popup(opener *tab, open func()) *tab {
	p.t.Helper()
	// Other tests' persons open windows in the same browser.
	id := chromedp.FromContext(opener.life).Target.TargetID
	opened := chromedp.WaitNewTarget(opener.life, func(info *target.Info) bool { return info.Type == "page" && info.OpenerID == id })
	open()
	select {
	case window := <-opened:
		return p.attach(window)
	case <-time.After(waitFor):
		p.t.Fatal("no window opens")
		return nil
	}
}

// closed waits until a window has closed itself.
func (p *person) closed(window *tab) {
	p.t.Helper()
	id := chromedp.FromContext(window.life).Target.TargetID
	for end := time.Now().Add(waitFor); ; time.Sleep(20 * time.Millisecond) { // there is nothing to be told by
		all, err := chromedp.Targets(p.first)
		if err != nil {
			p.t.Fatal(err)
		}
		if !slices.ContainsFunc(all, func(i *target.Info) bool { return i.TargetID == id }) {
			return
		}
		if time.Now().After(end) {
			p.t.Fatal("the window stays open")
		}
	}
}

// attach drives a window that a page has opened.
func (p *person) attach(id target.ID) *tab {
	p.t.Helper()
	life, closeTab := chromedp.NewContext(p.first, chromedp.WithTargetID(id))
	err := chromedp.Do(life)
	for range 10 {
		if err == nil {
			break
		}
		// On its first way to the site the browser may move it to another process.
		closeTab()
		life, closeTab = chromedp.NewContext(p.first, chromedp.WithTargetID(id))
		err = chromedp.Do(life)
	}
	if err != nil {
		closeTab()
		p.t.Fatalf("attach to the new window: %v", err)
	}
	tb := &tab{t: p.t, demo: p.demo, ctx: life, life: life, seen: p.seen, close: closeTab}
	p.tabs = append(p.tabs, tb)
	return tb
}

// TestASinglePageAppLosesNothing: the session ends, a call is refused, the user
// signs in in a window of its own, and the very call goes through.
func TestASinglePageAppLosesNothing(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	p, tb := newPerson(t, d)
	tb.open("/stock")
	tb.signIn(alice)
	tb.at("/stock")
	tb.fill("#note", "Anvil, 3 pieces")
	tb.forget()
	tb.press("Book it")
	tb.until("the dialog", inDialog("Sign in"))
	tb.shoot("spa-ended")
	window := p.popup(tb, func() { tb.pressInDialog("Sign in") })
	window.asked()
	window.identify(alice.login)
	window.fill(passwordField, alice.password)
	window.press("Verify")
	tb.see(`Booked: {"note":"Anvil, 3 pieces"}`)
	p.closed(window)
	if tb.where() != d.app+"/stock" || get[bool](tb, "!!document.querySelector('body > div')") {
		t.Errorf("at %s, with the dialog", tb.where())
	}
	if v := p.seen.list(&p.seen.violations); len(v) > 0 {
		t.Errorf("violations of our own policy: %q", v)
	}
}

func TestAnotherUserDoesNotGoOnWithThePage(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	p, tb := newPerson(t, d)
	tb.open("/stock")
	tb.signIn(alice)
	tb.at("/stock")
	tb.until("the script", "window.passkeysSession?.endsAt")
	tb.fill("#note", "of alice")
	tb.forget()
	tb.press("Book it")
	window := p.popup(tb, func() { tb.pressInDialog("Sign in") })
	window.asked()
	window.identify(bob.login)
	window.fill(passwordField, bob.password)
	window.press("Verify")
	tb.until("the page anew", "document.querySelector('#note')?.value === 'Anvil, 2 pieces'")
	if strings.Contains(d.process.Said(), "POST /echo  for "+bob.login) {
		t.Error("bob sent what alice wrote")
	}
}

// TestTheUserIsWarnedAndStaysSignedIn.
func TestTheUserIsWarnedAndStaysSignedIn(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never", "--idle", "9s")
	_, tb := newPerson(t, d)
	tb.open("/stock")
	tb.signIn(alice)
	tb.at("/stock")
	tb.until("the warning", inDialog("Stay signed in"))
	tb.shoot("spa-warning")
	first := get[float64](tb, "passkeysSession.endsAt.getTime()")
	tb.pressInDialog("Stay signed in")
	tb.until("the session's new end", "passkeysSession.endsAt.getTime() > "+quoteNumber(first+1000))
	tb.until("no dialog", "!document.querySelector('body > div')")
	if answer := tb.fetch("/passkeys/session", "{}"); answer.Status != http.StatusOK {
		t.Errorf("%+v", answer)
	}
	// Left alone, it ends.
	tb.until("the warning again", inDialog("Stay signed in"))
	tb.until("the end", inDialog("Sign in"))
}
