package connecttoken

import (
	"errors"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/clock"
)

func TestTokenFloodIsLimited(t *testing.T) {
	c := clock.At(start)
	f := newFixture(t, func(conf *Config) { conf.Now, conf.Limiter = c.Now, nil })
	bob := alice()
	bob.Subject = "00ubob"
	sameSubjectElsewhere := alice()
	sameSubjectElsewhere.Issuer = "https://other.example.com"

	for i := range defaultBurst {
		if err := f.Serve(httptest.NewRecorder(), post(t, listBody), alice()); err != nil {
			t.Fatalf("token %d: %v", i+1, err)
		}
	}
	f.wantRefusal(t, post(t, listBody), alice(), 429, "rate_limited")
	err := f.Serve(httptest.NewRecorder(), post(t, listBody), alice())
	if p, ok := errors.AsType[*problem.Problem](err); !ok || p.RetryAfter != 2*time.Second {
		t.Errorf("got %#v, want Retry-After 2s", p)
	}
	if err := f.Serve(httptest.NewRecorder(), post(t, listBody), bob); err != nil {
		t.Errorf("another user pays for it: %v", err)
	}
	if err := f.Serve(httptest.NewRecorder(), post(t, listBody), sameSubjectElsewhere); err != nil {
		t.Errorf("another issuer's user pays for it: %v", err)
	}
	c.Advance(2 * time.Second)
	if err := f.Serve(httptest.NewRecorder(), post(t, listBody), alice()); err != nil {
		t.Errorf("after Retry-After: %v", err)
	}
	f.wantRefusal(t, post(t, listBody), alice(), 429, "rate_limited")
}

func TestRefusedTakeCostsNothing(t *testing.T) {
	c := clock.At(start)
	l := NewLimiter(60, 1, c.Now)
	if wait := l.take("iss", "a"); wait != 0 {
		t.Fatal(wait)
	}
	for range 100 {
		if wait := l.take("iss", "a"); wait != time.Second {
			t.Fatalf("wait %s, want 1s", wait)
		}
	}
}

func TestReloadDoesNotResetTheLimit(t *testing.T) {
	c := clock.At(start)
	kept := NewLimiter(1, 1, c.Now)
	before := newFixture(t, func(conf *Config) { conf.Limiter = kept })
	if err := before.Serve(httptest.NewRecorder(), post(t, listBody), alice()); err != nil {
		t.Fatal(err)
	}
	after := newFixture(t, func(conf *Config) { conf.Limiter = kept })
	after.wantRefusal(t, post(t, listBody), alice(), 429, "rate_limited")
}

func TestManySubjectsDoNotFillMemory(t *testing.T) {
	c := clock.At(start)
	l := NewLimiter(1, 1, c.Now)
	l.take("iss", "busy")
	l.take("iss", "idle")
	for i := range 2 * maxSubjects {
		l.take("iss", strconv.Itoa(i))
		if i%1000 == 0 && l.take("iss", "busy") == 0 {
			t.Fatal("a user who keeps asking was forgotten")
		}
	}
	if len(l.subjects) != maxSubjects || l.recent.Len() != maxSubjects {
		t.Errorf("remembers %d and %d users", len(l.subjects), l.recent.Len())
	}
	if l.take("iss", "idle") != 0 {
		t.Error("the stalest user was not forgotten")
	}
}

func TestLimiterUnderConcurrentUse(t *testing.T) {
	c := clock.At(start)
	l := NewLimiter(60, 50, c.Now)
	var mu sync.Mutex
	taken := 0
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if l.take("iss", "a") == 0 {
					mu.Lock()
					taken++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if taken != 50 {
		t.Errorf("%d tokens taken, want 50", taken)
	}
}

func TestLimiterDefaults(t *testing.T) {
	l := NewLimiter(0, -1, nil)
	if l.perSecond != 0.5 || l.burst != defaultBurst || l.now == nil {
		t.Errorf("got %v, %d", l.perSecond, l.burst)
	}
}
