package session

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
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

func newRevocableStore(tb testing.TB, c *clock) (*Store, *revocations) {
	tb.Helper()
	ring, err := seal.NewKeyring(key)
	if err != nil {
		tb.Fatal(err)
	}
	rv := &revocations{generation: 1, dead: make(map[string]bool)}
	st, err := New(Config{
		Keyring: ring, Idle: time.Hour, Lifetime: 8 * time.Hour, LogoutPath: "/passkeys/logout", Revocations: rv, Now: c.now,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return st, rv
}

func TestRememberedSessionIsLookedUpAgainAfterEachRevocation(t *testing.T) {
	c := &clock{time.Unix(1_800_000_000, 0)}
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
	c := &clock{time.Unix(1_800_000_000, 0)}
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
	c := &clock{time.Unix(1_800_000_000, 0)}
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
