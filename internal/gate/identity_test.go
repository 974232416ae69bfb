package gate

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// A client says it used a passkey, and the session says otherwise, or the other
// way round.
func TestForgedPasskeyHeader(t *testing.T) {
	h := newHeaders(t, Identity{{"X-Passkey", "passkey"}, {"X-Idp", "idp"}, {"X-Amr", "amr"}, {"X-Acr", "acr"}})
	for _, passkey := range []bool{false, true} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		for _, name := range []string{"X-Passkey", "x_passkey", "X-Idp", "X-Amr", "X-Acr"} {
			r.Header[name] = []string{"true"}
		}
		h.Scrub(r)
		want := http.Header{"X-Idp": {"0oacorbado"}, "X-Amr": {"pop hwk mfa"}, "X-Acr": {"urn:okta:loa:2fa:any"}}
		if passkey {
			want["X-Passkey"] = []string{"true"}
		}
		h.Stamp(r, &session.Session{Subject: "00u1", IDP: "0oacorbado", AMR: "pop hwk mfa", ACR: "urn:okta:loa:2fa:any", Passkey: passkey})
		if diff := cmp.Diff(want, r.Header); diff != "" {
			t.Errorf("by passkey %v: %s", passkey, diff)
		}
	}
}
