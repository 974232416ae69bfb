package assertion

import (
	"hash/maphash"
	"sync/atomic"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// memoSize is how many assertions are remembered. An entry is about 2 kB.
const memoSize = 1024

// memo remembers recent assertions: a signature is most of what one costs. Like
// the sessions' own memo it is a table of fixed size without locks, in which a
// newer entry replaces whatever stood in its place.
type memo struct {
	seed    maphash.Seed
	entries [memoSize]atomic.Pointer[entry]
}

// entry is never changed after it was stored.
type entry struct {
	token   string
	keys    *keys
	facts   facts
	further []session.Claim
	// The token is used again between these times.
	from, until time.Time
}

func newMemo() *memo { return &memo{seed: maphash.MakeSeed()} }

// place is where a session's assertion stands. Bearers of tokens have no session
// ID.
func (m *memo) place(s *session.Session) *atomic.Pointer[entry] {
	id := s.ID
	if id == "" {
		id = s.Subject
	}
	return &m.entries[maphash.String(m.seed, id)%memoSize]
}

// answers tells whether the entry still says what is so.
func (e *entry) answers(now time.Time, k *keys, f facts, s *session.Session) bool {
	if e.keys != k || e.facts != f || now.Before(e.from) || !now.Before(e.until) {
		return false
	}
	for _, c := range e.further {
		if s.Further(c.Name) != c {
			return false
		}
	}
	return true
}
