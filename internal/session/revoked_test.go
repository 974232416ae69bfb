package session

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/clock"
)

// revocations counts how often it is asked.
type revocations struct {
	generation uint64
	dead       map[string]bool
	asked      int
	err        error
}

func (rv *revocations) Generation() uint64 { return rv.generation }

func (rv *revocations) Revoked(s *Session) bool {
	rv.asked++
	return rv.dead[s.ID]
}

func (rv *revocations) EndSession(_ context.Context, id string) error {
	rv.dead[id] = true
	rv.generation++
	return rv.err
}

func newRevocableStore(tb testing.TB, c *clock.Clock) (*Store, *revocations) {
	tb.Helper()
	ring, err := seal.NewKeyring(key)
	if err != nil {
		tb.Fatal(err)
	}
	rv := &revocations{generation: 1, dead: make(map[string]bool)}
	st, err := New(Config{
		Keyring: ring, Idle: time.Hour, Lifetime: 8 * time.Hour, LogoutPath: "/passkeys/logout", Revocations: rv, Now: c.Now,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return st, rv
}

func TestRememberedSessionIsLookedUpAgainAfterEachRevocation(t *testing.T) {
	c := clock.New()
	st, rv := newRevocableStore(t, c)
	r := start(t, st, alice(3))
	s, err := st.Read(r)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := st.Read(r); err != nil {
			t.Fatal(err)
		}
	}
	if rv.asked != 1 {
		t.Errorf("asked %d times although nothing was revoked", rv.asked)
	}
	_ = rv.EndSession(t.Context(), "somebody else's")
	for range 5 {
		if _, err := st.Read(r); err != nil {
			t.Fatal(err)
		}
	}
	if rv.asked != 2 {
		t.Errorf("asked %d times after one revocation, want 2", rv.asked)
	}
	_ = rv.EndSession(t.Context(), s.ID)
	for range 2 {
		if _, err := st.Read(r); !errors.Is(err, ErrRevoked) {
			t.Errorf("a remembered session outlived its revocation: %v", err)
		}
	}
}

func TestEndRevokesEvenWhenTheFleetCannotBeTold(t *testing.T) {
	c := clock.New()
	st, rv := newRevocableStore(t, c)
	rv.err = errors.New("queue full")
	r := start(t, st, alice(3))
	st.End(httptest.NewRecorder(), r)
	if _, err := st.Read(r); !errors.Is(err, ErrRevoked) {
		t.Errorf("replayed after the sign-out: %v", err)
	}
	// There is nothing to revoke without a session.
	before := len(rv.dead)
	st.End(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", "/", nil))
	if len(rv.dead) != before {
		t.Error("ended a session that the request did not carry")
	}
}

// An answer that was long under way must not put a session that has ended in the
// place of the one that began meanwhile.
func TestRenewWritesNothingForASessionThatEndedMeanwhile(t *testing.T) {
	c := clock.New()
	st, rv := newRevocableStore(t, c)
	s, err := st.Read(start(t, st, alice(3)))
	if err != nil {
		t.Fatal(err)
	}
	_ = rv.EndSession(t.Context(), s.ID)
	w := httptest.NewRecorder()
	if err := st.Renew(w, s); err != nil || len(w.Header()) != 0 {
		t.Errorf("%v, %v", err, w.Header())
	}
}

func TestStandingSession(t *testing.T) {
	c := clock.New()
	st, rv := newRevocableStore(t, c)
	began, r := c.Now(), start(t, st, alice(3))
	for after, want := range map[time.Duration]bool{0: true, 2 * time.Hour: true, 8*time.Hour - time.Second: true, 8 * time.Hour: false} {
		c.Set(began.Add(after))
		if s := st.Standing(r); (s != nil) != want {
			t.Errorf("after %s: %+v", after, s)
		}
	}
	c.Set(began.Add(8 * time.Hour))
	if !st.Known(r) || st.IDToken(r) != "id.token.raw" {
		t.Error("what it takes to sign out at the provider went with the session")
	}
	c.Set(began.Add(2 * time.Hour))
	st.End(httptest.NewRecorder(), r)
	if len(rv.dead) != 1 || st.Standing(r) != nil {
		t.Errorf("an idle session was not ended: %v", rv.dead)
	}
	nobody := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
	if st.Standing(nobody) != nil || st.Known(nobody) || st.IDToken(nobody) != "" {
		t.Error("nobody has a session")
	}
}

func TestIDTokenBelongsToItsSession(t *testing.T) {
	c := clock.New()
	st, rv := newRevocableStore(t, c)
	one, other := start(t, st, alice(0)), start(t, st, alice(0))
	session, _, _ := strings.Cut(one.Header.Get("Cookie"), "; ")
	_, token, _ := strings.Cut(other.Header.Get("Cookie"), "; ")
	mixed := one.Clone(t.Context())
	mixed.Header.Set("Cookie", session+"; "+token)
	if got := st.IDToken(mixed); got != "" {
		t.Errorf("the token of another session: %q", got)
	}
	st.End(httptest.NewRecorder(), mixed)
	if len(rv.dead) != 2 {
		t.Errorf("%d sessions ended, want that of each cookie", len(rv.dead))
	}
	alone := one.Clone(t.Context())
	alone.Header.Set("Cookie", token)
	if got := st.IDToken(alone); got != "id.token.raw" || !st.Known(alone) {
		t.Errorf("a token without a session: %q", got)
	}
	// One that is too large leaves none of the user before.
	w := httptest.NewRecorder()
	big := alice(0)
	if err := st.Start(w, &big, strings.Repeat("x", 20_000)); err != nil {
		t.Fatal(err)
	}
	if got := carry(t, w); st.IDToken(got) != "" || strings.Count(got.Header.Get("Cookie"), "id-token") != 1 {
		t.Errorf("%q", st.IDToken(got))
	}
}
