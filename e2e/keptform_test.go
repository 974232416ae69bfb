package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
)

// echoed is what the legacy app says that it got.
type echoed struct {
	Method, URI, User, Origin, Referer string
	ContentType                        string `json:"content_type"`
	Length                             int64
	Body                               []byte
}

// keptForm returns the sealed form that the tab keeps.
func (tb *tab) keptForm() string {
	tb.t.Helper()
	return get[string](tb, "JSON.parse(sessionStorage.getItem('passkeys-form')).form")
}

func (tb *tab) echoed() echoed {
	tb.t.Helper()
	tb.until("the app's echo", "document.contentType === 'application/json'")
	var e echoed
	if err := json.Unmarshal([]byte(get[string](tb, "document.body.innerText")), &e); err != nil {
		tb.t.Fatalf("%v in %s", err, tb.says())
	}
	return e
}

// photo is a file with every byte in it, line ends and a boundary's beginning.
const photo = `new File([new Uint8Array(3000).map((_, i) => i % 256), '\r\n------WebKitFormBoundary\r\n'], 'böse "katze".png', {type: 'image/png'})`

// complain fills in the form with a file and returns what the browser is going to
// send, but for the boundary.
func (tb *tab) complain() {
	tb.t.Helper()
	tb.open("/forms")
	tb.fill("#subject", "Anvil fell up & missed: 100%")
	tb.fill("#pin", "4711-secret")
	get[bool](tb, `(() => {
		const files = new DataTransfer();
		files.items.add(`+photo+`);
		document.querySelector('#photo').files = files.files;
		return true;
	})()`)
}

// ended waits until the session has ended by its idle time.
func (tb *tab) ended() {
	tb.t.Helper()
	for end := time.Now().Add(waitFor); tb.fetch("/passkeys/session", "{}").Status != http.StatusUnauthorized; {
		if time.Now().After(end) {
			tb.t.Fatal("the session does not end")
		}
		time.Sleep(100 * time.Millisecond) // there is nothing to be told by
	}
}

func TestAFormIsSentAgainAfterSignIn(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	p, tb := newPerson(t, d)
	tb.open("/orders")
	tb.signIn(alice)
	tb.at("/orders")
	tb.fill("#item", "Jet-propelled unicycle & more")
	tb.forget()
	tb.press("Enter order")
	tb.see("Your form is kept")
	if tb.status() != http.StatusUnauthorized {
		t.Errorf("status %d", tb.status())
	}
	tb.shoot("form-kept")
	for _, clear := range []string{"unicycle", "quantity"} {
		if kept := get[string](tb, "JSON.stringify({...sessionStorage, ...localStorage})"); strings.Contains(kept, clear) || len(kept) < 200 {
			t.Errorf("the browser keeps %q in clear: %s", clear, kept)
		}
	}
	tb.press("Sign in")
	tb.signIn(alice)
	tb.at("/passkeys/resume")
	tb.see("quantity")
	tb.press("Send it now")
	tb.at("/orders")
	tb.see("Jet-propelled unicycle & more")
	if get[bool](tb, "'passkeys-form' in sessionStorage") {
		t.Error("the form is still kept")
	}
	tb.open("/passkeys/resume")
	tb.see("No form is waiting")
	if v := p.seen.list(&p.seen.violations); len(v) > 0 {
		t.Errorf("violations of our own policy: %q", v)
	}
	if strings.Contains(d.log(), "unicycle") {
		t.Error("the form is in the log")
	}
}

// TestAFormWithAFileIsSentAgainByteForByte compares with what the app gets when
// the session is alive.
func TestAFormWithAFileIsSentAgainByteForByte(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never", "--idle", "8s")
	_, tb := newPerson(t, d)
	tb.open("/forms")
	tb.signIn(alice)
	tb.at("/forms")
	tb.complain()
	tb.press("Send complaint")
	want := tb.echoed()

	tb.complain()
	tb.ended()
	tb.press("Send complaint")
	tb.see("Your form is kept")
	tb.press("Sign in")
	tb.at("/passkeys/resume") // Okta's session is alive
	tb.see("/echo?form=complaint")
	tb.see("Anvil fell up & missed: 100%")
	tb.see(`File böse "katze".png`)
	if strings.Contains(tb.says(), "4711") {
		t.Error("the PIN is on the screen")
	}
	tb.shoot("form-offer")
	form := tb.keptForm()
	tb.press("Send it now")
	got := tb.echoed()
	tb.at("/echo?form=complaint")

	// Only the boundary, which the browser makes again for each form, may differ.
	same := func(e echoed) echoed {
		_, boundary, _ := strings.Cut(e.ContentType, "boundary=")
		e.ContentType = strings.ReplaceAll(e.ContentType, boundary, "BOUNDARY")
		e.Body = bytes.ReplaceAll(e.Body, []byte(boundary), []byte("BOUNDARY"))
		return e
	}
	if !bytes.Equal(same(got).Body, same(want).Body) || len(want.Body) < 3000 {
		t.Errorf("the body is another:\n%q\n%q", got.Body, want.Body)
	}
	got, want = same(got), same(want)
	got.Body, want.Body = nil, nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the app gets\n%+v, with a session\n%+v", got, want)
	}

	// Once.
	tb.open("/orders")
	tb.see(alice.login)
	tb.post("/echo?form=complaint", "passkeys-resend", form)
	tb.see("It goes through once")
}

// post submits a form of one field, as the page for kept forms does.
func (tb *tab) post(action, name, value string) {
	tb.t.Helper()
	get[bool](tb, `(() => {
		const form = Object.assign(document.createElement('form'), {method: 'post', enctype: 'text/plain', action: `+quote(action)+`});
		form.append(Object.assign(document.createElement('input'), {name: `+quote(name)+`, value: `+quote(value)+`}));
		document.body.append(form);
		form.submit();
		return true;
	})()`)
}

func TestAnotherUserCannotSeeOrSendTheForm(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never", "--idle", "8s")
	_, tb := newPerson(t, d)
	tb.open("/forms")
	tb.signIn(alice)
	tb.at("/forms")
	tb.complain()
	tb.ended()
	tb.press("Send complaint")
	tb.see("Your form is kept")
	form := tb.keptForm()
	tb.open("/passkeys/login?prompt=login&return=%2Fpasskeys%2Fresume")
	tb.asked()
	tb.signIn(bob)
	tb.see("This form is not yours")
	if strings.Contains(tb.says(), "Anvil") || strings.Contains(tb.says(), "subject") {
		t.Errorf("bob reads alice's form: %s", tb.says())
	}
	tb.shoot("form-other-user")
	tb.post("/echo?form=complaint", "passkeys-resend", form)
	tb.see("This form cannot be sent again")
	tb.see("Somebody else filled it in")
	tb.open("/passkeys/resume")
	tb.press("Discard it")
	tb.see("No form is waiting")
}

// TestAFormThatIsTooLargeIsNotLostEither: the browser has it, and sends it again
// when its page is loaded again.
func TestAFormThatIsTooLargeIsNotLostEither(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	p, tb := newPerson(t, d)
	tb.open("/forms")
	tb.signIn(alice)
	tb.at("/forms")
	tb.complain()
	get[bool](tb, `(() => {
		const files = new DataTransfer();
		files.items.add(new File([new Uint8Array(3 << 20)], 'large.bin'));
		document.querySelector('#photo').files = files.files;
		return true;
	})()`)
	tb.forget()
	tb.press("Send complaint")
	tb.see("larger than 1.0 MiB")
	tb.shoot("form-too-large")
	other := p.newTab()
	other.open("/passkeys/login?return=%2Fpasskeys%2Fsigned-in")
	other.signIn(alice)
	other.see("You can close this window")
	other.shoot("signed-in")
	tb.see("You are signed in again")
	tb.shoot("form-too-large-signed-in")
	tb.press("Send the form")
	if got := tb.echoed(); got.Length < 3<<20 || got.User != alice.login {
		t.Errorf("the app gets %d bytes from %q", got.Length, got.User)
	}
}

// TestWithoutScriptsTheFormIsNotLost: the browser sends it again by itself.
func TestWithoutScriptsTheFormIsNotLost(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	p, tb := newPerson(t, d)
	tb.open("/orders")
	tb.signIn(alice)
	tb.at("/orders")
	tb.scripts(false)
	tb.fill("#item", "Tornado seeds")
	tb.forget()
	tb.press("Enter order")
	tb.see("This browser could not keep your form")
	other := p.newTab()
	other.open("/passkeys/login?return=%2Fpasskeys%2Fsigned-in")
	other.signIn(alice)
	other.see("You can close this window")
	call(tb, page.Reload, page.ReloadParams{})
	tb.see("Tornado seeds")
	tb.at("/orders")
}

// TestACrossSitePostIsNeverKept: it would be sent with the user's session after
// the sign-in.
func TestACrossSitePostIsNeverKept(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	_, tb := newPerson(t, d)
	tb.open(d.okta.origin + "/oauth2/default/.well-known/openid-configuration")
	tb.post(d.app+"/orders", "item", "forged")
	tb.see("Sign in to continue")
	if strings.Contains(tb.says(), "form") || get[int](tb, "sessionStorage.length") != 0 {
		t.Errorf("kept: %s", tb.says())
	}
}
