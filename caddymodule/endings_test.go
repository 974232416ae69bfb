package caddymodule

import (
	"net/http"
	"strings"
	"testing"
)

// TestCookiesOfAnotherPort: browsers send a host's cookies to all its ports, so two
// sidecars on one host see each other's. Neither takes them, nor shows them to its
// app.
func TestCookiesOfAnotherPort(t *testing.T) {
	w := newWorld(t)
	w.start("")
	other := w.signedIn()
	if err := load(t, strings.Replace(w.caddyfile(""), "client_id 0oa1client", "client_id 0oa2neighbour", 1)); err != nil {
		t.Fatal(err)
	}
	other.CloseIdleConnections()
	if p := other.get("/orders", "Accept", "application/json"); p.StatusCode != http.StatusUnauthorized {
		t.Errorf("the neighbour's session was taken: %s", p.Status)
	}
	if got := other.get("/healthz", "Cookie", "theme=dark; passkeys-session=x; __Host-passkeys-session=y").app(t).Headers["Cookie"]; len(got) != 1 || got[0] != "theme=dark" {
		t.Errorf("the app saw %q", got)
	}
}
