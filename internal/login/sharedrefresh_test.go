package login

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
)

// shared is a shared state in the memory of the test.
type shared struct {
	mu     sync.Mutex
	turns  map[string]time.Time
	values map[string][]byte
	down   bool
	// unreadable fails in the middle: a turn is given, a result is not.
	unreadable bool
}

func newShared() *shared { return &shared{turns: map[string]time.Time{}, values: map[string][]byte{}} }

var errDown = errors.New("connection refused")

// Once implements Turns.
func (s *shared) Once(_ context.Context, key string, ttl time.Duration) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return false, errDown
	}
	if time.Now().Before(s.turns[key]) {
		return false, nil
	}
	s.turns[key] = time.Now().Add(ttl)
	return true, nil
}

// Delete implements Turns.
func (s *shared) Delete(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.turns, key)
	return nil
}

// Put implements Results.
func (s *shared) Put(_ context.Context, key string, value []byte, ttl time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down || ttl <= 0 {
		return errDown
	}
	s.values[key] = bytes.Clone(value)
	return nil
}

// Get implements Results.
func (s *shared) Get(_ context.Context, key string) ([]byte, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down || s.unreadable {
		return nil, false, errDown
	}
	v, ok := s.values[key]
	return v, ok, nil
}

// replica is another process with the same keys, behind the same address.
func (o *oktaSite) replica(t *testing.T) *site {
	t.Helper()
	config := o.rp.config
	config.Handover = nil
	p := provider.New(provider.Config{Issuer: o.okta.Issuer(), Now: o.clock.Now, Log: slog.New(slog.DiscardHandler)})
	rp, err := New(config, p, o.store, nil, slog.New(slog.NewJSONHandler(o.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return &site{t: t, clock: o.clock, log: o.log, rp: rp, store: o.store}
}

// storm sends n requests at once with the browser's cookies to the sites in
// turn. It returns how many were let in, and the browsers after that.
func storm(b *browser, n int, sites ...*site) (passed int, after []*browser) {
	var (
		mu    sync.Mutex
		group sync.WaitGroup
		start = make(chan struct{})
	)
	for i := range n {
		one := copyOf(b)
		one.site = sites[i%len(sites)]
		after = append(after, one)
		group.Go(func() {
			<-start
			r := httptest.NewRequestWithContext(b.site.t.Context(), http.MethodGet, "/a", nil)
			if p := one.do(r); p.problem == nil && p.StatusCode == http.StatusOK {
				mu.Lock()
				passed++
				mu.Unlock()
			}
		})
	}
	close(start)
	group.Wait()
	return passed, after
}

// wantOneRefresh checks that a storm cost one refresh, and that everybody got
// its cookie.
func wantOneRefresh(t *testing.T, o *oktaSite, passed int, after []*browser) {
	t.Helper()
	if passed != len(after) {
		t.Errorf("%d of %d requests were let in; log: %s", passed, len(after), o.log)
	}
	if n := o.refreshes(); n != 1 || o.happened(okta.EventRefreshReuseDetected) != 0 {
		t.Errorf("%d refreshes, %d reuses", n, o.happened(okta.EventRefreshReuseDetected))
	}
	token := after[0].session().RefreshToken
	if token == o.app.session().RefreshToken {
		t.Error("the cookie was not renewed")
	}
	for _, b := range after {
		if got := b.session(); got.RefreshToken != token || !got.RefreshAt.After(o.clock.Now()) {
			t.Fatalf("session %+v", got)
		}
	}
}

func TestRefreshStorm(t *testing.T) {
	t.Parallel()
	o := newOfflineSite(t, noLeeway)
	o.clock.Advance(refreshEvery)
	o.fault(okta.Fault{Name: okta.FaultSlowToken, Delay: 100 * time.Millisecond})
	passed, after := storm(o.app, 200, o.site)
	wantOneRefresh(t, o, passed, after)
	// And those that come later with the old cookie.
	o.clock.Advance(10 * time.Minute)
	passed, _ = storm(o.app, 20, o.site)
	if passed != 20 || o.refreshes() != 1 {
		t.Errorf("%d of 20 let in later, %d refreshes", passed, o.refreshes())
	}
}

func TestRefreshStormOnTwoReplicas(t *testing.T) {
	t.Parallel()
	state := newShared()
	o := newOfflineSite(t, noLeeway, func(_ *okta.Config, c *Config) { c.Turns, c.Results = state, state })
	other := o.replica(t)
	o.clock.Advance(refreshEvery)
	o.fault(okta.Fault{Name: okta.FaultSlowToken, Delay: 100 * time.Millisecond})
	passed, after := storm(o.app, 200, o.site, other)
	wantOneRefresh(t, o, passed, after)
	if len(state.turns) != 0 {
		t.Errorf("turns not given back: %v", state.turns)
	}
	// The shared state names nobody and holds no token in clear.
	token := after[0].session().RefreshToken
	for key, value := range state.values {
		for _, s := range []string{o.app.session().ID, token, "alice"} {
			if strings.Contains(key, s) || bytes.Contains(value, []byte(s)) {
				t.Errorf("the shared state holds %q", s)
			}
		}
	}
}

func TestLostSetCookieOnAnotherReplica(t *testing.T) {
	t.Parallel()
	state := newShared()
	o := newOfflineSite(t, noLeeway, func(_ *okta.Config, c *Config) { c.Turns, c.Results = state, state })
	other := o.replica(t)
	o.clock.Advance(refreshEvery)
	wantSignedIn(t, copyOf(o.app).get("/a"))
	o.clock.Advance(refreshEvery + time.Minute)
	elsewhere := copyOf(o.app)
	elsewhere.site = other
	wantSignedIn(t, elsewhere.get("/a")) // its refresh starts from the first one's token
	if o.refreshes() != 2 || o.happened(okta.EventRefreshReuseDetected) != 0 {
		t.Errorf("%d refreshes, %d reuses", o.refreshes(), o.happened(okta.EventRefreshReuseDetected))
	}
}

func TestSessionEndedOnOneReplicaIsEndedOnTheOther(t *testing.T) {
	t.Parallel()
	state := newShared()
	o := newOfflineSite(t, func(_ *okta.Config, c *Config) { c.Turns, c.Results = state, state })
	elsewhere := copyOf(o.app)
	elsewhere.site = o.replica(t)
	o.clock.Advance(refreshEvery)
	if err := o.okta.DisableUser("alice@acme.test"); err != nil {
		t.Fatal(err)
	}
	wantSignedOut(t, o, o.app, o.app.get("/a"))
	wantSignedOut(t, o, elsewhere, elsewhere.get("/a"))
	if n := o.happened(okta.EventTokenRefused); n != 1 {
		t.Errorf("Okta was asked %d times", n)
	}
}

func TestRefreshWithSharedStateDown(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(*shared){
		"altogether":    func(s *shared) { s.down = true },
		"in the middle": func(s *shared) { s.unreadable = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state := newShared()
			o := newOfflineSite(t, noLeeway, func(_ *okta.Config, c *Config) { c.Turns, c.Results = state, state })
			fail(state)
			o.clock.Advance(refreshEvery)
			passed, after := storm(o.app, 50, o.site)
			wantOneRefresh(t, o, passed, after)
			if len(state.turns) != 0 {
				t.Errorf("turns not given back: %v", state.turns)
			}
		})
	}
}

// Whoever can write into the shared state gets nowhere: a result is sealed, and
// serves its own session only.
func TestForgedResultInTheSharedState(t *testing.T) {
	t.Parallel()
	state := newShared()
	o := newOfflineSite(t, func(_ *okta.Config, c *Config) { c.Turns, c.Results = state, state })
	victim := o.app.session()
	attacker := *victim
	attacker.ID, attacker.Subject, attacker.RefreshAt = "another-session", "00uMALLORY", victim.RefreshAt.Add(time.Hour)
	for name, forge := range map[string]func() []byte{
		"garbage": func() []byte { return []byte("s" + victim.ID) },
		"another session's": func() []byte {
			other := newShared()
			(&sharedRefresh{results: other, box: o.rp.shared.box, log: o.rp.log}).handOver(t.Context(), &attacker, refreshed{session: &attacker}, time.Hour)
			_, key := refreshKeys(attacker.ID)
			return other.values[key]
		},
		"another session's end": func() []byte {
			other := newShared()
			(&sharedRefresh{results: other, box: o.rp.shared.box, log: o.rp.log}).handOver(t.Context(), &attacker, refreshed{ended: true}, time.Hour)
			_, key := refreshKeys(attacker.ID)
			return other.values[key]
		},
		"a session cookie": func() []byte {
			for _, c := range o.app.cookies {
				if strings.HasSuffix(c.Name, "session") {
					return []byte(c.Value)
				}
			}
			return nil
		},
	} {
		_, key := refreshKeys(victim.ID)
		sealed := forge()
		if len(sealed) == 0 {
			t.Fatalf("%s: nothing to forge with", name)
		}
		state.values[key] = sealed
		if got := o.rp.shared.open(sealed, victim); got.ended || got.session != nil {
			t.Errorf("%s was taken: %+v", name, got)
		}
	}
	o.clock.Advance(refreshEvery)
	wantSignedIn(t, o.app.get("/a"))
	if got := o.app.session(); got.Subject != victim.Subject || got.ID != victim.ID {
		t.Errorf("session %+v", got)
	}
}

func TestReplicaThatDiesInTheMiddleOfARefresh(t *testing.T) {
	t.Parallel()
	state := newShared()
	o := newOfflineSite(t, func(_ *okta.Config, c *Config) { c.Turns, c.Results = state, state })
	turn, _ := refreshKeys(o.app.session().ID)
	state.turns[turn] = time.Now().Add(100 * time.Millisecond) // what is left of its turn
	o.clock.Advance(refreshEvery)
	wantSignedIn(t, o.app.get("/a"))
	if o.refreshes() != 1 {
		t.Errorf("%d refreshes", o.refreshes())
	}
}
