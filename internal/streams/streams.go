// Package streams cuts connections that outlive their request: WebSockets, event streams
// and gRPC calls, which are admitted once and may stay open for hours.
//
// A Registry ends a session's streams when the session is revoked, when its lifetime is
// over, when it was idle in this process, and when a right that they began with was taken
// away. Streams of a bearer token end with the token. If a page lives by a stream alone,
// it sends no request that could refresh its session, so the Registry has the session
// refreshed.
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
var ErrEnded = errors.New("the session of this stream has ended, or may no longer use it")

// pause is the least time between two looks at all sessions, so that a thousand
// revocations at once do not mean a thousand looks.
const pause = 50 * time.Millisecond

// Rules tell when a stream is over. They never change; a new configuration has new
// ones.
type Rules struct {
	// Site tells the rules of one site, as they are after a reload, from those of
	// another that shares the sessions.
	Site string
	// Idle ends a session that sends no request for so long; zero never does.
	Idle time.Duration
	// Revoked reports whether it was ended before its time; nil means that none is.
	Revoked func(*session.Session) bool
	// Admits reports whether its user may use the app; nil means that everybody may.
	Admits func(*session.Session) bool
	// Refresh asks the identity provider about a session that is due, and returns
	// the newest that is known of it and whether it has ended. It returns when the
	// context is done. Nil means that nobody can be asked.
	Refresh func(context.Context, *session.Session) (newest *session.Session, ended bool)
}

// Registry knows the open streams by their sessions. It is safe for concurrent
// use, and outlives configuration reloads as streams do.
type Registry struct {
	open    atomic.Int64
	changed chan struct{}
	stopped chan struct{}
	// starting is done when run has been started, or never will be.
	starting sync.Once
	// closing is done when Close was called; asking counts the refreshes that it
	// waits for, and slots bounds how many are made at a time.
	closing context.Context //nolint:containedctx // the Registry's own life, not a request's
	close   context.CancelFunc
	asking  sync.WaitGroup
	slots   chan struct{}

	mu       sync.Mutex
	sessions map[key]*watched
}

// key is a session's ID. A bearer token has none: then each stream is on its own.
type key struct {
	id  string
	own *stream
}

// New makes a Registry. It has one goroutine, from its first stream on, which Close ends.
func New() *Registry {
	g := &Registry{
		changed: make(chan struct{}, 1), stopped: make(chan struct{}), slots: make(chan struct{}, refreshSlots),
		sessions: make(map[key]*watched),
	}
	g.closing, g.close = context.WithCancel(context.Background())
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

// isStream reports whether a request asks for a connection that stays: a switch of
// protocols (RFC 9110 section 7.8), a WebSocket over HTTP/2 or 3 (RFC 8441, RFC
// 9220), an event stream, or gRPC, whose calls may be streams.
func isStream(r *http.Request) bool {
	if len(r.Header["Upgrade"]) > 0 || r.Method == http.MethodConnect {
		return true
	}
	// Loosely: an app may read what is no list of media types too, and what is taken for
	// a stream in vain costs little.
	for _, line := range r.Header["Accept"] {
		if strings.Contains(strings.ToLower(line), "text/event-stream") {
			return true
		}
	}
	kind := r.Header["Content-Type"]
	return len(kind) > 0 && strings.HasPrefix(strings.ToLower(kind[0]), "application/grpc")
}

// Watch returns the request with a context that is cancelled when the session
// ends. done must be called when the request is over. Requests that are no
// streams come back as they are, and count as a sign that the session is in use.
func (g *Registry) Watch(r *http.Request, s *session.Session, rules *Rules) (_ *http.Request, done func()) {
	if !isStream(r) {
		g.Used(s)
		return r, nothing
	}
	ctx, cut := context.WithCancelCause(r.Context())
	st := &stream{cancel: cut, rules: rules, groups: s.Groups, claims: s.Claims}
	w := g.add(st, s)
	// Only now: what is revoked from here on finds the stream in the list.
	if rules.Revoked != nil && rules.Revoked(s) {
		cut(ErrEnded)
	}
	return r.WithContext(ctx), func() {
		g.remove(st, w)
		cut(nil)
	}
}

func nothing() {}

// Used notes that a session is in use. Without any stream it costs nothing.
func (g *Registry) Used(s *session.Session) {
	if g.open.Load() == 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if w := g.sessions[key{id: s.ID}]; w != nil {
		w.seen = time.Now()
	}
}

// Learn tells what a request says of its session, after a refresh it may be: what
// its user may no longer do ends the streams that were opened with it. Without any
// stream it costs nothing.
func (g *Registry) Learn(s *session.Session, rules *Rules) {
	if g.open.Load() == 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	w := g.sessions[key{id: s.ID}]
	if w == nil {
		return
	}
	ruled, learnt := w.adopt(rules), w.learn(s)
	if ruled || learnt {
		w.judge()
		g.arm(w)
	}
}

func (g *Registry) add(st *stream, s *session.Session) *watched {
	k := key{id: s.ID}
	if s.ID == "" {
		k.own = st
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.starting.Do(func() { go g.run() })
	w := g.sessions[k]
	if w == nil {
		w = &watched{key: k, session: *s, streams: make(map[*stream]struct{})}
		g.sessions[k] = w
	}
	w.seen = time.Now()
	w.streams[st] = struct{}{}
	g.open.Add(1)
	w.adopt(st.rules)
	w.learn(s)
	w.judge()
	g.arm(w)
	return w
}

func (g *Registry) remove(st *stream, w *watched) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(w.streams, st)
	g.open.Add(-1)
	if len(w.streams) == 0 {
		if w.timer != nil {
			w.timer.Stop()
		}
		delete(g.sessions, w.key)
	}
}

// arm sets the timer to the moment at which something is to be done for the
// session if nothing happens before.
func (g *Registry) arm(w *watched) {
	if w.timer != nil {
		w.timer.Stop()
	}
	if at, ok := w.next(); ok {
		w.timer = time.AfterFunc(time.Until(at), func() { g.wake(w) })
	}
}

// wake does what is due for a session.
func (g *Registry) wake(w *watched) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closing.Err() != nil || g.sessions[w.key] != w { // its last stream has just gone
		return
	}
	w.judge()
	g.refresh(w)
	g.arm(w)
}

// run looks at all sessions after revocations.
func (g *Registry) run() {
	defer close(g.stopped)
	for {
		select {
		case <-g.closing.Done():
			return
		case <-g.changed:
			g.sweep()
		}
		select {
		case <-g.closing.Done():
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
		s, open := w.session, w.open()
		g.mu.Unlock()
		// The look-up is not made under the lock: it takes longer than the rest.
		for _, st := range open {
			if st.rules.Revoked != nil && st.rules.Revoked(&s) {
				g.mu.Lock()
				w.cutAll()
				g.mu.Unlock()
				break
			}
		}
	}
}

// Close ends what runs in the background and cuts what is still open: nobody would
// cut it later.
func (g *Registry) Close() {
	g.close()
	g.starting.Do(func() { close(g.stopped) })
	<-g.stopped
	g.mu.Lock()
	for _, w := range g.sessions {
		w.cutAll()
	}
	g.mu.Unlock()
	g.asking.Wait()
}
