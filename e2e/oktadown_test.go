package e2e

import (
	"net/http"
	"testing"
)

func TestOktaDownALiveSessionGoesOn(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	_, tb := newPerson(t, d)
	tb.open("/orders?page=2")
	tb.signIn(alice)
	tb.at("/orders?page=2")

	d.okta.fault("down")
	tb.open("/orders?page=3")
	tb.at("/orders?page=3")
	tb.see(alice.login)
	tb.open("/passkeys/")
	tb.items(0)
	tb.press("Add a passkey")
	tb.items(1)
}

func TestOktaDownANewSignInIsToldSo(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	d.okta.fault("down")
	_, tb := newPerson(t, d)
	tb.open("/orders?page=2")
	tb.see("Sign-in is not available right now")
	tb.see("Request ID")
	if status := tb.status(); status != http.StatusServiceUnavailable {
		t.Errorf("the page's status is %d, want 503", status)
	}

	d.okta.clearFaults()
	// The sidecar leaves Okta alone for a second or two after a failure.
	for range 20 {
		shown := get[float64](tb, "performance.timeOrigin")
		tb.press("Try again")
		tb.until("the next page", "performance.timeOrigin !== "+quoteNumber(shown)+" && (named('Try again').length || named('Next').length)")
		if get[bool](tb, "named('Next').length > 0") {
			break
		}
		tb.until("half a second to pass", "performance.now() > 500")
	}
	tb.signIn(alice)
	tb.at("/orders?page=2")
}

func TestOktaDownInTheMiddleOfASignIn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ fault, title string }{
		{"fail_token", "Sign-in is not available right now"},
		{"token_garbage", "Sign-in is not available right now"},
		{"wrong_nonce", "Sign-in could not be completed"},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			t.Parallel()
			d := startDemo(t, "--enroll", "never")
			_, tb := newPerson(t, d)
			tb.open("/orders?page=2")
			tb.asked()
			d.okta.fault(tt.fault)
			tb.signIn(alice)
			tb.see(tt.title)
			tb.see("Request ID")
			d.okta.clearFaults()
			tb.press("Try again")
			tb.at("/orders?page=2")
		})
	}
}

// TestOktaDownSignOut: the session here ends in any case.
func TestOktaDownSignOut(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	_, tb := newPerson(t, d)
	tb.open("/orders")
	tb.signIn(alice)
	tb.at("/orders")
	d.okta.fault("fail_logout")
	tb.open("/passkeys/logout")
	tb.press("Sign out")
	tb.until("Okta", "location.origin === "+quote(d.okta.origin))
	d.okta.clearFaults()
	d.okta.control(http.MethodDelete, "sessions", nil)
	tb.open("/orders")
	tb.asked()
}
