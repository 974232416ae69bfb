// Package streams cuts connections that outlive their request: WebSockets and
// event streams are admitted once and stay open for hours. A Registry ends them
// when their session is revoked, when its lifetime is over, and when it was idle
// in this process.
package streams

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// ErrEnded is the cause of the context of a stream that was cut.
var ErrEnded = errors.New("the session of this stream has ended")

// pause is the least time between two looks at all sessions, so that a thousand
// revocations at once do not mean a thousand looks.
const pause = 50 * time.Millisecond

// Rules tell when the session of a stream has ended.
type Rules struct {
	// Idle ends a session that sends no request for so long.
	Idle time.Duration
	// Revoked tells whether it was ended before its time; nil means that none is.
	Revoked func(*session.Session) bool
}

// Registry knows the open streams by their sessions. It is safe for concurrent
// use, and outlives configuration reloads as streams do.
type Registry struct {
	open    atomic.Int64
	changed chan struct{}
	stop    chan struct{}
	stopped chan struct{}

	mu       sync.Mutex
	sessions map[string]*watched
}

// watched is a session with open streams.
type watched struct {
	session session.Session
	rules   Rules
	seen    time.Time
	timer   *time.Timer
	streams map[*stream]struct{}
}

// stream is one open request.
type stream struct{ cut context.CancelCauseFunc }

// New makes a Registry and starts its one goroutine, which Close ends.
func New() *Registry {
	g := &Registry{
		changed: make(chan struct{}, 1), stop: make(chan struct{}), stopped: make(chan struct{}),
		sessions: make(map[string]*watched),
	}
	go g.run()
	return g
}

// Check makes the Registry look soon whether sessions were revoked. It does not
// block.
func (g *Registry) Check() {
	select {
	case g.changed <- struct{}{}:
	default:
	}
}

// Open is the number of streams that are open now.
func (g *Registry) Open() int { return int(g.open.Load()) }

// IsStream tells whether a request asks for a connection that stays: a switch of
// protocols (RFC 9110 section 7.8), a WebSocket over HTTP/2 or 3 (RFC 8441, RFC
// 9220), or an event stream.
func IsStream(r *http.Request) bool {
	if len(r.Header["Upgrade"]) > 0 || r.Method == http.MethodConnect {
		return true
	}
	for _, line := range r.Header["Accept"] {
		if strings.Contains(strings.ToLower(line), "text/event-stream") {
			return true
		}
	}
	return false
}

// Watch returns the request with a context that is cancelled when the session
// ends. done must be called when the request is over. Requests that are no
// streams come back as they are, and count as a sign that the session is in use.
func (g *Registry) Watch(r *http.Request, s *session.Session, rules Rules) (_ *http.Request, done func()) {
	if !IsStream(r) {
		g.seen(s.ID)
		return r, nothing
	}
	ctx, cut := context.WithCancelCause(r.Context())
	st := &stream{cut}
	g.add(st, s, rules)
	// Only now: what is revoked from here on finds the stream in the list.
	if rules.Revoked != nil && rules.Revoked(s) {
		cut(ErrEnded)
	}
	return r.WithContext(ctx), func() {
		g.remove(st, s.ID)
		cut(nil)
	}
}

func nothing() {}

// seen notes a request of a session. Without any stream it costs nothing.
func (g *Registry) seen(id string) {
	if g.open.Load() == 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if w := g.sessions[id]; w != nil {
		w.seen = time.Now()
	}
}

func (g *Registry) add(st *stream, s *session.Session, rules Rules) {
	g.mu.Lock()
	defer g.mu.Unlock()
	w := g.sessions[s.ID]
	if w == nil {
		w = &watched{streams: make(map[*stream]struct{})}
		g.sessions[s.ID] = w
	}
	// The latest request knows best: rules change with a reload.
	w.session, w.rules, w.seen = *s, rules, time.Now()
	w.streams[st] = struct{}{}
	g.open.Add(1)
	g.arm(w)
}

// arm sets the timer to the moment at which the session ends if nothing happens.
func (g *Registry) arm(w *watched) {
	if w.timer != nil {
		w.timer.Stop()
	}
	w.timer = time.AfterFunc(time.Until(w.end()), func() { g.expire(w) })
}

func (w *watched) end() time.Time {
	idle := w.seen.Add(w.rules.Idle)
	if idle.Before(w.session.ExpiresAt) {
		return idle
	}
	return w.session.ExpiresAt
}

func (g *Registry) expire(w *watched) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.sessions[w.session.ID] != w: // its last stream has just gone
	case time.Now().Before(w.end()): // it was used meanwhile
		g.arm(w)
	default:
		g.cut(w)
	}
}

// cut ends all streams of a session. They leave the list themselves.
func (g *Registry) cut(w *watched) {
	for st := range w.streams {
		st.cut(ErrEnded)
	}
}

func (g *Registry) remove(st *stream, id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	w := g.sessions[id]
	delete(w.streams, st)
	g.open.Add(-1)
	if len(w.streams) == 0 {
		w.timer.Stop()
		delete(g.sessions, id)
	}
}

// run looks at all sessions after revocations.
func (g *Registry) run() {
	defer close(g.stopped)
	for {
		select {
		case <-g.stop:
			return
		case <-g.changed:
			g.sweep()
		}
		select {
		case <-g.stop:
			return
		case <-time.After(pause):
		}
	}
}

func (g *Registry) sweep() {
	g.mu.Lock()
	all := make([]*watched, 0, len(g.sessions))
	for _, w := range g.sessions {
		all = append(all, w)
	}
	g.mu.Unlock()
	for _, w := range all {
		g.mu.Lock()
		s, rules := w.session, w.rules
		g.mu.Unlock()
		if rules.Revoked == nil || !rules.Revoked(&s) {
			continue
		}
		g.mu.Lock()
		g.cut(w)
		g.mu.Unlock()
	}
}

// Close ends the goroutine and cuts what is still open: nobody would cut it
// later.
func (g *Registry) Close() {
	close(g.stop)
	<-g.stopped
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, w := range g.sessions {
		g.cut(w)
	}
}
