package streams

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

const (
	idle     = time.Hour
	lifetime = 8 * time.Hour
)

func alice() *session.Session {
	now := time.Now()
	return &session.Session{ID: "id-1", Subject: "00u1", StartedAt: now, SeenAt: now, ExpiresAt: now.Add(lifetime)}
}

func request(t *testing.T, headers ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Add(pair[0], pair[1])
	}
	return r
}

// after lets time pass and reports whether the stream is cut then.
func after(d time.Duration, r *http.Request) bool {
	time.Sleep(d)
	synctest.Wait()
	return errors.Is(context.Cause(r.Context()), ErrEnded)
}

func TestOnlyStreamsAreWatched(t *testing.T) {
	g := New()
	defer g.Close()
	connect := request(t)
	connect.Method = http.MethodConnect
	for _, tc := range []struct {
		r    *http.Request
		want bool
	}{
		{request(t), false},
		{request(t, "Accept", "text/html", "Connection", "keep-alive"), false},
		{request(t, "Connection", "Upgrade", "Upgrade", "websocket"), true},
		{request(t, "Accept", "text/event-stream"), true},
		{request(t, "Accept", "text/html", "Accept", "application/json, Text/Event-Stream;q=0.5"), true},
		{connect, true},
		{request(t, "Content-Type", "application/grpc+proto"), true},
		{request(t, "Content-Type", "application/json"), false},
	} {
		r, done := g.Watch(tc.r, alice(), &Rules{Idle: idle})
		if (r != tc.r) != tc.want || (g.Open() == 1) != tc.want {
			t.Errorf("%s %v: watched %v, %d open", tc.r.Method, tc.r.Header, r != tc.r, g.Open())
		}
		done()
		if g.Open() != 0 || len(g.sessions) != 0 {
			t.Errorf("%d open and %d sessions after the end", g.Open(), len(g.sessions))
		}
	}
}

func TestRevokedSessionsStreamsAreCutWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New()
		defer g.Close()
		var dead atomic.Value
		dead.Store("")
		rules := &Rules{Idle: idle, Revoked: func(s *session.Session) bool { return s.ID == dead.Load() }}
		other := alice()
		other.ID = "id-2"
		first, done := g.Watch(request(t, "Upgrade", "websocket"), alice(), rules)
		defer done()
		second, done := g.Watch(request(t, "Accept", "text/event-stream"), alice(), rules)
		defer done()
		third, done := g.Watch(request(t, "Upgrade", "websocket"), other, rules)
		defer done()
		g.Check() // something else was revoked
		if after(time.Second, first) || after(0, second) || after(0, third) {
			t.Fatal("a stream of a live session was cut")
		}
		dead.Store("id-1")
		for range 100 {
			g.Check()
		}
		if !after(time.Second, first) || !after(0, second) || after(0, third) {
			t.Error("a second later the wrong streams are open")
		}
		// One that was admitted just before and comes into the list just after.
		late, done := g.Watch(request(t, "Upgrade", "websocket"), alice(), rules)
		defer done()
		if !after(0, late) {
			t.Error("a stream slipped in")
		}
	})
}

func TestStreamEndsWithItsSessionsLifetime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New()
		defer g.Close()
		r, done := g.Watch(request(t, "Upgrade", "websocket"), alice(), &Rules{Idle: idle})
		defer done()
		for elapsed := time.Duration(0); elapsed < lifetime-10*time.Minute; elapsed += 10 * time.Minute {
			if after(10*time.Minute, r) {
				t.Fatalf("cut after %s of a busy session", elapsed)
			}
			g.Watch(request(t), alice(), &Rules{Idle: idle}) // the page polls
		}
		if after(10*time.Minute-time.Second, r) {
			t.Error("cut a second early")
		}
		if !after(time.Second, r) {
			t.Error("open past the session's lifetime")
		}
	})
}

func TestStreamEndsWhenItsSessionIsIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New()
		defer g.Close()
		r, done := g.Watch(request(t, "Upgrade", "websocket"), alice(), &Rules{Idle: idle})
		defer done()
		if after(50*time.Minute, r) {
			t.Fatal("cut early")
		}
		g.Watch(request(t), alice(), &Rules{Idle: idle})
		other := alice()
		other.ID = "id-2"
		if after(59*time.Minute, r) {
			t.Fatal("cut early")
		}
		g.Watch(request(t), other, &Rules{Idle: idle}) // somebody else's request
		if !after(time.Minute, r) {
			t.Error("open although the session is idle")
		}
	})
}

func TestCloseCutsWhatIsOpen(t *testing.T) {
	g := New()
	r, done := g.Watch(request(t, "Upgrade", "websocket"), alice(), &Rules{Idle: idle})
	g.Close()
	if !errors.Is(context.Cause(r.Context()), ErrEnded) {
		t.Error("open after Close")
	}
	done()
	g.Check() // nobody listens, nobody blocks
}
