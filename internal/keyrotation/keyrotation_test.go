package keyrotation

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/clock"
)

// shelf is a storage in memory; fail makes its methods fail by name.
type shelf struct {
	mu     sync.Mutex
	values map[string][]byte
	locked chan struct{}
	fail   map[string]bool
	stores int
}

func newShelf() *shelf {
	return &shelf{values: make(map[string][]byte), locked: make(chan struct{}, 1), fail: make(map[string]bool)}
}

var errBroken = errors.New("the disk is gone")

func (s *shelf) Load(_ context.Context, name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.values[name]
	switch {
	case s.fail["load"]:
		return nil, errBroken
	case !ok:
		return nil, fs.ErrNotExist
	}
	return bytes.Clone(v), nil
}

func (s *shelf) Store(_ context.Context, name string, value []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail["store"] {
		return errBroken
	}
	s.stores++
	s.values[name] = bytes.Clone(value)
	return nil
}

func (s *shelf) Lock(ctx context.Context, _ string) (func() error, error) {
	select {
	case s.locked <- struct{}{}:
		return func() error { <-s.locked; return nil }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

var schedule = Schedule{Every: 30 * 24 * time.Hour, Lead: time.Hour, Keep: 8 * time.Hour}

const interval = 10 * time.Minute

func newRing(t *testing.T, s *shelf, c *clock.Clock, change ...func(*Config)) *Ring {
	t.Helper()
	config := Config{
		Storage: s, Name: "keys", Schedule: schedule, Now: c.Now,
		Generate: func() ([]byte, error) {
			b := make([]byte, 32)
			_, err := rand.Read(b)
			return b, err
		},
	}
	for _, f := range change {
		f(&config)
	}
	r, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestNoReplicaRefusesWhatAnotherMade runs three replicas whose clocks differ
// over a hundred days, and has each of them open what each other has sealed in
// the last eight hours.
func TestNoReplicaRefusesWhatAnotherMade(t *testing.T) {
	s := newShelf()
	begin := time.Unix(1_800_000_000, 0)
	type replica struct {
		clock *clock.Clock // its own, by skew ahead of the right time
		skew  time.Duration
		ring  *Ring
		keys  []Key
	}
	var replicas []*replica
	for i, skew := range []time.Duration{0, 4 * time.Minute, -4 * time.Minute} {
		c := clock.At(begin.Add(skew))
		replicas = append(replicas, &replica{c, skew, newRing(t, s, c), nil})
		_ = i
	}
	type sealed struct {
		by string
		at time.Time
	}
	var alive []sealed
	seen := make(map[string]bool)
	// Each replica turns at its own minute of the interval.
	for minute := range 100 * 24 * 60 {
		now := begin.Add(time.Duration(minute) * time.Minute)
		for i, r := range replicas {
			r.clock.Set(now.Add(r.skew))
			if minute%10 == i*3 || r.keys == nil {
				var err error
				if r.keys, err = r.ring.Turn(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			// Between two turns the current key may change by the clock alone.
			r.keys = r.ring.last.ordered(r.clock.Now())
			seen[r.keys[0].ID] = true
			if minute%7 == 0 {
				alive = append(alive, sealed{r.keys[0].ID, now})
			}
		}
		for len(alive) > 0 && now.Sub(alive[0].at) >= schedule.Keep {
			alive = alive[1:]
		}
		if minute%13 != 0 {
			continue
		}
		for _, r := range replicas {
			good := make(map[string]bool)
			for _, k := range r.keys {
				good[k.ID] = true
			}
			for _, a := range alive {
				if !good[a.by] {
					t.Fatalf("minute %d: what was sealed %s ago does not open", minute, now.Sub(a.at))
				}
			}
			if len(r.keys) > 3 {
				t.Fatalf("minute %d: %d keys", minute, len(r.keys))
			}
		}
	}
	if len(seen) != 4 {
		t.Errorf("%d keys were in use in a hundred days", len(seen))
	}
	if s.stores != 7 { // one at the start, then one to publish and one to withdraw each time
		t.Errorf("%d writes", s.stores)
	}
}

func TestWithdrawnKeyOpensNoMore(t *testing.T) {
	s, c := newShelf(), clock.New()
	r := newRing(t, s, c)
	first, err := r.Turn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var keys []Key
	for range 40 * 24 {
		c.Advance(time.Hour)
		if keys, err = r.Turn(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range keys {
		if k.ID == first[0].ID {
			t.Error("a stolen old key is good for ever")
		}
	}
}

func TestLateReplicaTakesNobodyBySurprise(t *testing.T) {
	s, c := newShelf(), clock.New()
	r := newRing(t, s, c)
	before, err := r.Turn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.Advance(365 * 24 * time.Hour)
	after, err := newRing(t, s, c).Turn(t.Context())
	if err != nil || len(after) != 2 || after[0].ID != before[0].ID || after[1].From.Sub(c.Now()) != schedule.Lead {
		t.Errorf("after a year: %v %v", after, err)
	}
}

func TestConcurrentFirstStartMakesOneKey(t *testing.T) {
	s, c := newShelf(), clock.New()
	got := make([]string, 8)
	var wg sync.WaitGroup
	for i := range got {
		r := newRing(t, s, c)
		wg.Go(func() {
			if keys, err := r.Turn(t.Context()); err == nil {
				got[i] = keys[0].ID
			}
		})
	}
	wg.Wait()
	for _, id := range got {
		if id == "" || id != got[0] {
			t.Fatalf("keys %q", got)
		}
	}
}

func TestEarlierKeyIsTakenOver(t *testing.T) {
	s, c := newShelf(), clock.New()
	earlier := bytes.Repeat([]byte("e"), 32)
	take := func(config *Config) {
		config.Earlier = func(context.Context) ([]byte, error) { return earlier, nil }
	}
	keys, err := newRing(t, s, c, take).Turn(t.Context())
	if err != nil || len(keys) != 1 || !bytes.Equal(keys[0].Secret, earlier) {
		t.Fatalf("%v %v", keys, err)
	}
	if raw := string(s.values["keys"]); strings.Contains(raw, string(earlier)) || !strings.Contains(raw, `"version":1`) {
		t.Errorf("kept as %s", raw)
	}
	failing := func(config *Config) {
		config.Earlier = func(context.Context) ([]byte, error) { return nil, errBroken }
	}
	if _, err := newRing(t, newShelf(), c, failing).Turn(t.Context()); !errors.Is(err, errBroken) {
		t.Errorf("an earlier key that cannot be read: %v", err)
	}
}

func TestStorageTroubleKeepsTheKeys(t *testing.T) {
	for name, trouble := range map[string]func(*shelf){
		"cannot be read":   func(s *shelf) { s.fail["load"] = true },
		"cannot be stored": func(s *shelf) { s.fail["store"] = true },
		"garbage":          func(s *shelf) { s.values["keys"] = []byte("secret garbage") },
		"empty":            func(s *shelf) { s.values["keys"] = nil },
		"a later release":  func(s *shelf) { s.values["keys"] = []byte(`{"version":2,"keys":[]}`) },
		"no keys":          func(s *shelf) { s.values["keys"] = []byte(`{"version":1,"keys":[]}`) },
		"no secret":        func(s *shelf) { s.values["keys"] = []byte(`{"version":1,"keys":[{"id":"a"}]}`) },
		"out of order": func(s *shelf) {
			s.values["keys"] = []byte(`{"version":1,"keys":[{"id":"a","secret":"YQ==","from":"2027-01-02T00:00:00Z"},{"id":"b","secret":"YQ==","from":"2027-01-01T00:00:00Z"}]}`)
		},
	} {
		s, c := newShelf(), clock.New()
		r := newRing(t, s, c)
		before, err := r.Turn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c.Advance(schedule.Every) // a change is due
		trouble(s)
		after, err := r.Turn(t.Context())
		if err == nil || len(after) != 1 || after[0].ID != before[0].ID {
			t.Errorf("%s: %v %v", name, after, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret garbage") {
			t.Errorf("%s: the error holds the text: %v", name, err)
		}
		if name != "cannot be stored" {
			if keys, err := newRing(t, s, c).Turn(t.Context()); err == nil || len(keys) != 0 {
				t.Errorf("%s: a start goes on with %v", name, keys)
			}
		}
	}
}

func TestLockOfADeadReplica(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		r := newRing(t, s, clock.New(), func(c *Config) { c.Now = time.Now })
		if _, err := r.Turn(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.locked <- struct{}{}
		time.Sleep(schedule.Every)
		began := time.Now()
		keys, err := r.Turn(t.Context())
		if !errors.Is(err, context.DeadlineExceeded) || len(keys) != 1 || time.Since(began) != lockPatience {
			t.Errorf("after %s: %v %v", time.Since(began), keys, err)
		}
	})
}

func TestFollowTellsOfEachChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		r := newRing(t, s, clock.New(), func(c *Config) { c.Now = time.Now })
		if _, err := r.Turn(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		var told []string
		go func() {
			defer close(ended)
			r.Follow(ctx, interval, func(keys []Key) { told = append(told, fmt.Sprint(len(keys))) })
		}()
		time.Sleep(32 * 24 * time.Hour)
		cancel()
		<-ended
		// Published, taken over, the old one withdrawn.
		if got := strings.Join(told, " "); got != "2 2 1" {
			t.Errorf("told of lists of %s keys", got)
		}
	})
}

func TestSchedulesThatCannotWork(t *testing.T) {
	for _, s := range []Schedule{{Every: -1}, {Lead: -1}, {Keep: -1}, {Every: time.Hour, Lead: time.Hour}} {
		if _, err := New(Config{Schedule: s}); err == nil {
			t.Errorf("%+v is taken", s)
		}
	}
}

func TestWithoutScheduleOneKeyForEver(t *testing.T) {
	s, c := newShelf(), clock.New()
	r := newRing(t, s, c, func(c *Config) { c.Schedule.Every = 0 })
	for range 10 {
		keys, err := r.Turn(t.Context())
		if err != nil || len(keys) != 1 {
			t.Fatal(keys, err)
		}
		c.Advance(365 * 24 * time.Hour)
	}
	if s.stores != 1 {
		t.Errorf("%d writes", s.stores)
	}
}
