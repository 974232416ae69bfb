package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/chromedp"
)

// callbacks returns the addresses that Okta sent the browser back to.
func (p *person) callbacks() []string {
	var list []string
	for _, request := range p.seen.list(&p.seen.requests) {
		_, address, _ := strings.Cut(request, " ")
		if strings.HasPrefix(address, p.demo.app+"/passkeys/callback?") {
			list = append(list, address)
		}
	}
	return list
}

// tokenCalls counts the calls of Okta's token endpoint, good and bad.
func (d *demo) tokenCalls() int {
	d.t.Helper()
	return d.okta.count("token_issued") + d.okta.count("token_refused")
}

func TestReplayedCallback(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	p, tb := newPerson(t, d)
	tb.open("/orders?page=2")
	tb.signIn(alice)
	tb.at("/orders?page=2")
	used := p.callbacks()[0]
	calls := d.tokenCalls()

	// Who is signed in goes where that sign-in led, in its own tab, and in another to
	// the start page.
	tb.open(used)
	tb.at("/orders?page=2")
	other := p.newTab()
	other.open(used)
	other.at("/")
	tb.see(alice.login)
	// Who is not, begins again.
	tb.forget()
	tb.open(used)
	tb.asked()
	if now := d.tokenCalls(); now != calls {
		t.Errorf("a used callback led to %d calls of the token endpoint", now-calls)
	}
	tb.signIn(alice)
	tb.see(alice.login)
}

// TestForeignCallback is login CSRF: an attacker has a victim's browser finish
// the attacker's sign-in, so that the victim works in the attacker's account.
func TestForeignCallback(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	_, theirs := newPerson(t, d)
	// The attacker's browser is stopped on its way back, so the code is unused.
	stopped := make(chan string, 1)
	theirs.must("listen", chromedp.Listen(theirs.ctx, func(event any) {
		if e, ok := event.(*fetch.EventRequestPaused); ok {
			stopped <- e.Request.URL
		}
	}))
	call(theirs, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "*/passkeys/callback*"}}})
	theirs.open("/orders")
	theirs.identify(bob.login)
	theirs.verify(bob.password)
	var unused string
	select {
	case unused = <-stopped:
	case <-theirs.ctx.Done():
		t.Fatal("the attacker was not sent back")
	}

	_, victim := newPerson(t, d)
	victim.open(unused)
	victim.asked()
	if calls := d.tokenCalls(); calls != 0 {
		t.Errorf("a foreign callback led to %d calls of the token endpoint", calls)
	}
	victim.signIn(alice)
	victim.see(alice.login)
}

func TestCallbackWithoutAState(t *testing.T) {
	t.Parallel()
	for _, query := range []string{"", "?code=stolen", "?code=stolen&state=f0000000000000000000000000000000", "?error=access_denied&state=x"} {
		t.Run("query "+query, func(t *testing.T) {
			t.Parallel()
			d := startDemo(t, "--enroll", "never")
			_, tb := newPerson(t, d)
			tb.open("/passkeys/callback" + query)
			tb.asked()
			if calls := d.tokenCalls(); calls != 0 {
				t.Errorf("%d calls of the token endpoint", calls)
			}
		})
	}
}
