package login

import (
	"sync"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

const (
	// maxHeld bounds the memory that renewed sessions take: about 1.5 kB each.
	maxHeld = 16384
	// sweepEvery is how often entries are dropped that nobody can ask for any more.
	sweepEvery = time.Minute
	// retryFirst and retryLongest bound the wait after the failed refresh of a
	// session, before that session is refreshed again.
	retryFirst   = 10 * time.Second
	retryLongest = 5 * time.Minute
)

// Handover is what a process remembers of refreshes. Any number of requests wait for
// one that is under way. Its result is kept for requests that still carry the cookie
// from before it. A Handover belongs to one provider and client, lives across config
// reloads, and is safe for concurrent use.
type Handover struct {
	now func() time.Time

	mu      sync.Mutex
	flights map[string]*refreshFlight // by session ID
	held    map[string]*heldRefresh   // by session ID
	// quietUntil is when the provider may be asked again at all.
	quietUntil time.Time
	failures   int
	nextSweep  time.Time
}

// refreshFlight is one refresh. Its result is read once done is closed.
type refreshFlight struct {
	done   chan struct{}
	result refreshed
}

// heldRefresh is what became of a session's last refreshes.
type heldRefresh struct {
	session  *session.Session
	ended    bool
	retryAt  time.Time
	failures int
	// until is when the cookie from before has gone idle.
	until time.Time
}

// NewHandover makes a Handover. A nil clock is time.Now.
func NewHandover(now func() time.Time) *Handover {
	if now == nil {
		now = time.Now
	}
	return &Handover{now: now, flights: make(map[string]*refreshFlight), held: make(map[string]*heldRefresh)}
}

// joined is what is known of a session when a request joins.
type joined struct {
	refreshed
	// leads means that the flight is this request's to make.
	leads bool
}

// join returns what is known of a session whose cookie is due, and the flight to wait
// for: one under way or a new one. It returns no flight where there is an answer
// already, or where the provider is to be left alone.
func (h *Handover) join(s *session.Session, due func(*session.Session) bool) (*refreshFlight, joined) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var known joined
	now := h.now()
	quiet := now.Before(h.quietUntil)
	if held := h.held[s.ID]; held != nil && now.Before(held.until) {
		known.session, known.ended = held.session, held.ended
		quiet = quiet || now.Before(held.retryAt)
	}
	if known.ended || !due(known.newer(s)) {
		return nil, known
	}
	// Whoever comes while a refresh is under way waits for it.
	if f := h.flights[s.ID]; f != nil {
		return f, known
	}
	if quiet {
		return nil, known
	}
	f := &refreshFlight{done: make(chan struct{})}
	h.flights[s.ID] = f
	known.leads = true
	return f, known
}

// newest returns the newest that is known of a session: s itself or what a refresh
// made of it.
func (h *Handover) newest(s *session.Session) *session.Session {
	h.mu.Lock()
	defer h.mu.Unlock()
	if held := h.held[s.ID]; held != nil {
		return refreshed{session: held.session}.newer(s)
	}
	return s
}

// end lets no further refresh of a session begin, and returns the one that is under
// way, nil for none. Whoever waits for that one learns that the session is over.
func (h *Handover) end(s *session.Session, kept time.Duration) *refreshFlight {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	held := h.held[s.ID]
	if held == nil {
		held = new(heldRefresh)
	}
	held.ended, held.until = true, now.Add(kept)
	h.keep(s.ID, held, now)
	return h.flights[s.ID]
}

// settle keeps a result and hands it to everybody who waits for it.
func (h *Handover) settle(f *refreshFlight, s *session.Session, result refreshed, kept time.Duration) {
	h.mu.Lock()
	now := h.now()
	held := h.held[s.ID]
	if held == nil {
		held = new(heldRefresh)
	}
	if result.session == nil {
		result.session = held.session
	} else {
		held.session = result.session
	}
	h.rest(held, result, now)
	held.ended = held.ended || result.ended // once over, it stays so
	result.ended = held.ended
	held.until = now.Add(kept)
	h.keep(s.ID, held, now)
	f.result = result
	delete(h.flights, s.ID)
	h.mu.Unlock()
	close(f.done)
}

// rest decides how long this session, and all sessions, must wait before the
// provider is asked again.
func (h *Handover) rest(held *heldRefresh, result refreshed, now time.Time) {
	if result.err == nil || result.ended {
		held.failures, held.retryAt = 0, time.Time{}
		h.failures, h.quietUntil = 0, time.Time{}
		return
	}
	wait := result.wait
	if wait == 0 {
		wait = retryLongest
		if held.failures < 5 {
			wait = retryFirst << held.failures
		}
	}
	held.retryAt = now.Add(wait)
	held.failures++
	if !result.everybody {
		return
	}
	if wait = result.wait; wait == 0 {
		wait = provider.Pause(h.failures)
	}
	h.failures++
	if until := now.Add(wait); until.After(h.quietUntil) {
		h.quietUntil = until
	}
}

// keep stores an entry and makes room for it.
func (h *Handover) keep(id string, held *heldRefresh, now time.Time) {
	if !now.Before(h.nextSweep) || len(h.held) >= maxHeld {
		for old, entry := range h.held {
			if !now.Before(entry.until) {
				delete(h.held, old)
			}
		}
		h.nextSweep = now.Add(sweepEvery)
	}
	if _, known := h.held[id]; !known && len(h.held) >= maxHeld {
		// Memory has to end somewhere. At worst a browser that lost its renewed
		// cookie signs in again.
		drop := maxHeld / 8
		for old := range h.held {
			if drop--; drop < 0 {
				break
			}
			delete(h.held, old)
		}
	}
	h.held[id] = held
}
