package e2e

import (
	"net/http"
	"testing"
)

// unassign takes the app away from a user.
func (d *demo) unassign(who account, clientID string) {
	d.t.Helper()
	d.okta.control(http.MethodPatch, "users/"+who.login, map[string]any{"unassigned_from": []string{clientID}})
}

func TestAnAccountThatMayNotUseTheApp(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	p, tb := newPerson(t, d)
	tb.open("/orders?page=2")
	tb.asked()
	d.unassign(alice, p.seen.parameter("client_id")[0])
	tb.signIn(alice)
	tb.see("Your account may not use this app")
	tb.see("Request ID")
	if status := tb.status(); status != http.StatusForbidden {
		t.Errorf("the page's status is %d, want 403", status)
	}

	tb.press("Use another account")
	tb.asked()
	tb.signIn(bob)
	tb.at("/orders?page=2")
	tb.see(bob.login)
}

func TestAddressesThatAreNone(t *testing.T) {
	t.Parallel()
	_, tb := newPerson(t, startDemo(t, "--enroll", "never"))
	tb.open("/")
	tb.signIn(alice)
	tb.at("/")
	for _, tt := range []struct {
		path   string
		status int
		title  string
		way    string
	}{
		{"/passkeys/nowhere", http.StatusNotFound, "There is no such page", "Go to the start page"},
		{"/passkeys/assets/nothing.js", http.StatusNotFound, "There is no such page", "Go to the start page"},
		{"/passkeys/connect-token", http.StatusMethodNotAllowed, "This page does not take that method", "Go to the start page"},
	} {
		tb.open(tt.path)
		tb.see(tt.title)
		if status := tb.status(); status != tt.status {
			t.Errorf("%s: status %d, want %d", tt.path, status, tt.status)
		}
		tb.press(tt.way)
		tb.at("/")
	}
}
