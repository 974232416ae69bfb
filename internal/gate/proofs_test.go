package gate

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

func subject(_ *http.Request, s *session.Session) string {
	if s.Subject == "" {
		return ""
	}
	return "proof of " + s.Subject
}

func withProofs(t *testing.T, names ...string) *Headers {
	t.Helper()
	h := newHeaders(t, Identity{{"X-User", "sub"}})
	for _, name := range names {
		if err := h.Carry(name, subject); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func TestForgedAssertionHeader(t *testing.T) {
	h := withProofs(t, "x-passkeys-assertion")
	for _, name := range []string{"X-Passkeys-Assertion", "x-passkeys-assertion", "X_Passkeys_Assertion", "X.PASSKEYS_Assertion"} {
		for who, tc := range map[string]struct {
			s    *session.Session
			want http.Header
		}{
			"nobody":     {nil, http.Header{}},
			"without it": {&session.Session{}, http.Header{}},
			"alice":      {&session.Session{Subject: "00u1"}, http.Header{"X-Passkeys-Assertion": {"proof of 00u1"}, "X-User": {"00u1"}}},
		} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.Header[name] = []string{"mallory", "mallory"}
			r.Header["Connection"] = []string{name}
			h.Scrub(r)
			h.Stamp(r, tc.s)
			if diff := cmp.Diff(tc.want, r.Header); diff != "" {
				t.Errorf("%s for %s: %s", name, who, diff)
			}
		}
	}
}

func TestClientAuthorizationBesideBasicAuth(t *testing.T) {
	h := withProofs(t, "Authorization")
	for who, tc := range map[string]struct {
		s    *session.Session
		want http.Header
	}{
		"nobody": {nil, http.Header{}},
		"alice":  {&session.Session{Subject: "00u1"}, http.Header{"Authorization": {"proof of 00u1"}, "X-User": {"00u1"}}},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header["Authorization"] = []string{"Bearer x"}
		r.Header["authorization"] = []string{"Basic bWFsbG9yeTp4"}
		r.Header["Connection"] = []string{"authorization"}
		h.Scrub(r)
		if got := r.Header["Authorization"]; len(got) != 1 || got[0] != "Bearer x" {
			t.Errorf("%s: the bearer token is gone before it was looked at: %q", who, got)
		}
		h.Stamp(r, tc.s)
		if diff := cmp.Diff(tc.want, r.Header); diff != "" {
			t.Errorf("%s: %s", who, diff)
		}
	}
	// As a plain identity header it is deleted at once, as any.
	plain := newHeaders(t, Identity{{"Authorization", "email"}})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer x")
	plain.Scrub(r)
	plain.Stamp(r, nil)
	if len(r.Header) != 0 {
		t.Errorf("the app sees %v", r.Header)
	}
	// And where it is not ours, it is the app's business.
	r.Header.Set("Authorization", "Bearer x")
	withProofs(t).Scrub(r)
	if r.Header.Get("Authorization") != "Bearer x" {
		t.Error("the app's own Authorization is gone")
	}
}

func TestHeadersThatCannotCarryAProof(t *testing.T) {
	h := withProofs(t, "X-Proof")
	for _, name := range []string{"", "X Proof", "Connection", "Sec-Proof", "Cookie", "x_user", "X-PROOF"} {
		if err := h.Carry(name, subject); err == nil {
			t.Errorf("%q was accepted", name)
		}
	}
}
