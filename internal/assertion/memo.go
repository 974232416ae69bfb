package assertion

import (
	"hash/maphash"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/memo"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// entry is never changed after it was stored.
type entry struct {
	token   string
	keys    *keys
	facts   facts
	further []session.Claim
	// The token is used again between these times.
	from, until time.Time
}

// newMemo makes the memory of recent assertions: a signature is most of what one costs.
// An entry is about 2 kB.
func newMemo() *memo.Table[string, entry] {
	seed := maphash.MakeSeed()
	return memo.New[string, entry](func(id string) uint64 { return maphash.String(seed, id) })
}

// memoKey is the session's ID, or the subject of a bearer token, which has no session. A
// prefix tells them apart.
func memoKey(s *session.Session) string {
	if s.ID == "" {
		return "sub " + s.Subject
	}
	return s.ID
}

// answers reports whether the entry still says what is so.
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
