package e2e

import (
	"testing"
)

// pointInFrame is where to click on an element of the page's frame. A page that
// refuses to be framed has none.
func pointInFrame(selector string) string {
	return `(() => {
		const frame = document.querySelector('iframe');
		const e = [...(frame.contentDocument?.querySelectorAll(` + quote(selector) + `) ?? [])].find(visible);
		if (!e) return null;
		e.scrollIntoView({block: 'center', behavior: 'instant'});
		const [outer, inner] = [frame.getBoundingClientRect(), e.getBoundingClientRect()];
		return {x: outer.x + frame.clientLeft + inner.x + inner.width / 2, y: outer.y + frame.clientTop + inner.y + inner.height / 2};
	})()`
}

// seeInFrame waits for a text in the page's frame.
func (tb *tab) seeInFrame(text string) {
	tb.t.Helper()
	tb.until("the text "+text+" in the frame", "(document.querySelector('iframe').contentDocument?.body?.innerText ?? '').includes("+quote(text)+")")
}

// TestAFrameOfTheAppSignsInByAWindow: Okta refuses to be framed, and the rest of
// the page stays as it is.
func TestAFrameOfTheAppSignsInByAWindow(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	p, tb := newPerson(t, d)
	tb.open("/frames")
	tb.signIn(alice)
	tb.at("/frames")
	tb.seeInFrame("Complaint")
	get[bool](tb, "(document.querySelector('h1').dataset.kept = 'yes', true)")
	tb.forget()
	get[bool](tb, "(document.querySelector('iframe').contentWindow.location.reload(), true)")
	tb.seeInFrame("Sign in to continue")
	tb.shoot("frame")
	window := p.popup(tb, func() { tb.click("the way out of the frame", pointInFrame("a.button")) })
	window.identify(alice.login)
	window.verify(alice.password) // the site then closes the window
	p.closed(window)
	tb.seeInFrame("Complaint")
	if kept := get[string](tb, "document.querySelector('h1').dataset.kept ?? ''"); kept != "yes" {
		t.Error("the page around the frame is another one")
	}
	if v := p.seen.list(&p.seen.violations); len(v) > 0 {
		t.Errorf("violations of our own policy: %q", v)
	}
}

// TestAFormInAFrameIsNotLost: the browser has it, and sends it again when its
// frame is loaded again.
func TestAFormInAFrameIsNotLost(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	p, tb := newPerson(t, d)
	tb.open("/frames")
	tb.signIn(alice)
	tb.at("/frames")
	tb.seeInFrame("Complaint")
	get[bool](tb, "(document.querySelector('iframe').contentDocument.querySelector('#subject').value = 'Anvil in a frame', true)")
	tb.forget()
	tb.click("Send complaint", pointInFrame("button[type=submit]"))
	tb.seeInFrame("This form is not kept.")
	tb.shoot("frame-form")
	window := p.popup(tb, func() { tb.click("the way out of the frame", pointInFrame("a.button")) })
	window.identify(alice.login)
	window.verify(alice.password) // the site then closes the window
	p.closed(window)
	tb.seeInFrame("You are signed in again")
	tb.click("Send the form", pointInFrame("#reload"))
	tb.seeInFrame("/echo?form=complaint")
	if n := d.said("POST /echo  for " + alice.login); n != 1 {
		t.Errorf("the app got the form %d times", n)
	}
	if v := p.seen.list(&p.seen.violations); len(v) > 0 {
		t.Errorf("violations of our own policy: %q", v)
	}
}
