package session

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
)

func TestEndRenewalAndWhatIsLeft(t *testing.T) {
	keys, err := seal.NewKeyring([]byte(strings.Repeat("k", seal.MinSecret)))
	if err != nil {
		t.Fatal(err)
	}
	began := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	now := began
	st, err := New(Config{Keyring: keys, Idle: time.Hour, Lifetime: 90 * time.Minute, LogoutPath: "/passkeys/logout", Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	carry := func(w *httptest.ResponseRecorder) *http.Request {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		for _, c := range w.Result().Cookies() {
			r.AddCookie(c)
		}
		return r
	}
	w := httptest.NewRecorder()
	s := &Session{Issuer: "https://login.example.com", Subject: "00u1"}
	if err := st.Start(w, s, "token"); err != nil {
		t.Fatal(err)
	}
	if ends := st.Ends(s); !ends.Equal(began.Add(time.Hour)) {
		t.Errorf("ends at %s", ends)
	}
	if !st.Ends(nil).IsZero() {
		t.Error("nobody's session ends")
	}
	if token := (&Session{ExpiresAt: began}); !st.Ends(token).Equal(began) {
		t.Errorf("a bearer token ends at %s", st.Ends(token))
	}
	now = began.Add(time.Minute)
	if st.Due(s) {
		t.Error("due after a minute")
	}
	renewed := httptest.NewRecorder()
	if err := st.Renew(renewed, s); err != nil {
		t.Fatal(err)
	}
	if s, err = st.Read(carry(renewed)); err != nil || !st.Ends(s).Equal(now.Add(time.Hour)) {
		t.Errorf("renewed: %v, ends at %s", err, st.Ends(s))
	}
	now = began.Add(50 * time.Minute)
	renewed = httptest.NewRecorder()
	if err := st.Renew(renewed, s); err != nil || !st.Ends(s).Equal(began.Add(90*time.Minute)) {
		t.Errorf("past its lifetime: %v, ends at %s", err, st.Ends(s))
	}

	// What ended still says whose it was, as long as its cookie can be read.
	now = began.Add(61 * time.Minute)
	r := carry(w)
	if _, err := st.Read(r); !errors.Is(err, ErrExpired) {
		t.Errorf("read: %v", err)
	}
	if former := st.Former(r); former == nil || former.Subject != "00u1" {
		t.Errorf("former %v", former)
	}
	now = began.Add(3 * time.Hour)
	if former := st.Former(r); former != nil {
		t.Errorf("long after: %v", former)
	}
	r.Header.Set("Cookie", "__Host-passkeys-session=garbage")
	if former := st.Former(r); former != nil {
		t.Errorf("garbage: %v", former)
	}
	r.Header.Del("Cookie")
	if former := st.Former(r); former != nil {
		t.Errorf("no cookie: %v", former)
	}
}
