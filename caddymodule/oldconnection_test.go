package caddymodule

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// A connection that was opened at the moment of a reload is no back door to the
// rules before it. The load in cmd/passkey-sidecar opens such ones.
func TestConnectionDoesNotOutliveItsConfiguration(t *testing.T) {
	replaced := make(chan struct{})
	close(replaced)
	for name, c := range map[string]struct {
		replaced <-chan struct{}
		proto    int
		want     string
	}{
		"HTTP/2, live":       {make(chan struct{}), 2, ""},
		"HTTP/2, replaced":   {replaced, 2, "close"},
		"HTTP/1.1, replaced": {replaced, 1, ""}, // the server does it, and an upgrade needs the field
		"HTTP/3, replaced":   {replaced, 3, ""}, // it knows no such field
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.ProtoMajor = c.proto
		w := httptest.NewRecorder()
		(&Passkeys{replaced: c.replaced}).endOldConnection(w, r)
		if got := w.Header().Get("Connection"); got != c.want {
			t.Errorf("%s: Connection %q, want %q", name, got, c.want)
		}
	}
}
