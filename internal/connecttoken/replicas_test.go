package connecttoken

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/clock"
)

// sharedCounter is what replicas share.
type sharedCounter struct {
	counts map[string]int64
	err    error
}

func (c *sharedCounter) Add(_ context.Context, key string, _ time.Duration) (int64, error) {
	c.counts[key]++
	return c.counts[key], c.err
}

// Whoever spreads requests over the replicas gets no more than from one.
func TestTokenFloodOverReplicasIsLimited(t *testing.T) {
	c := clock.At(start.Truncate(time.Minute).Add(15 * time.Second))
	shared := &sharedCounter{counts: make(map[string]int64)}
	replicas := make([]*fixture, 4)
	for i := range replicas {
		replicas[i] = newFixture(t, func(conf *Config) { conf.Now, conf.Limiter, conf.Replicas = c.Now, nil, shared })
	}
	given := 0
	var refused error
	for i := range 4 * defaultBurst {
		if err := replicas[i%4].Serve(httptest.NewRecorder(), post(t, listBody), alice()); err == nil {
			given++
		} else {
			refused = err
		}
	}
	if want := defaultPerMinute + defaultBurst; given != want {
		t.Errorf("the replicas gave %d tokens in a minute, want %d", given, want)
	}
	if p, ok := errors.AsType[*problem.Problem](refused); !ok || p.Code != "rate_limited" || p.RetryAfter != 45*time.Second {
		t.Errorf("refused with %#v", refused)
	}
	for key := range shared.counts {
		if strings.Contains(key, alice().Subject) {
			t.Errorf("the key %s names the user", key)
		}
	}
	bob := alice()
	bob.Subject = "00ubob"
	if err := replicas[0].Serve(httptest.NewRecorder(), post(t, listBody), bob); err != nil {
		t.Errorf("another user pays for it: %v", err)
	}
	c.Advance(time.Minute)
	if err := replicas[0].Serve(httptest.NewRecorder(), post(t, listBody), alice()); err != nil {
		t.Errorf("in the next minute: %v", err)
	}
}

func TestLocalLimitHoldsWithoutTheSharedOne(t *testing.T) {
	c := clock.At(start)
	down := &sharedCounter{counts: make(map[string]int64), err: errors.New("down")}
	f := newFixture(t, func(conf *Config) { conf.Now, conf.Limiter, conf.Replicas = c.Now, nil, down })
	for i := range defaultBurst {
		if err := f.Serve(httptest.NewRecorder(), post(t, listBody), alice()); err != nil {
			t.Fatalf("token %d: %v", i+1, err)
		}
	}
	f.wantRefusal(t, post(t, listBody), alice(), 429, "rate_limited")
}
