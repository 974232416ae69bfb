package signout

import (
	"hash/maphash"
	"sync"
)

// maxKnown is how many names half a Known holds; a full one takes about 4 MB.
const maxKnown = 50_000

// Known remembers, by a keyed hash, the provider's own sessions that live sessions here
// came from. Sign-outs of those are never limited: strangers cannot add to them, so
// they cannot use up what such sign-outs need. It knows what this process has seen and
// nothing else. It is safe for concurrent use, and outlives a Handler when the caller
// keeps it.
type Known struct {
	seed maphash.Seed

	mu sync.Mutex
	// New names go to young. When that is full it becomes old, and the old ones are
	// forgotten.
	young, old map[uint64]struct{}
}

// NewKnown makes an empty Known.
func NewKnown() *Known {
	return &Known{seed: maphash.MakeSeed(), young: map[uint64]struct{}{}, old: map[uint64]struct{}{}}
}

// Add remembers the sid of a live session; a session without one is nobody's.
func (k *Known) Add(issuer, sid string) {
	if sid == "" {
		return
	}
	name := k.name(issuer, sid)
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, known := k.young[name]; known {
		return
	}
	if len(k.young) >= maxKnown {
		k.old, k.young = k.young, map[uint64]struct{}{}
	}
	k.young[name] = struct{}{}
}

func (k *Known) has(issuer, sid string) bool {
	name := k.name(issuer, sid)
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, known := k.young[name]; known {
		return true
	}
	_, known := k.old[name]
	return known
}

// forget is for sessions that have ended, so that they cannot be ended without limit
// again and again.
func (k *Known) forget(issuer, sid string) {
	name := k.name(issuer, sid)
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.young, name)
	delete(k.old, name)
}

func (k *Known) name(issuer, sid string) uint64 {
	var h maphash.Hash
	h.SetSeed(k.seed)
	_, _ = h.WriteString(issuer) // never fails
	_ = h.WriteByte(0)           // never fails
	_, _ = h.WriteString(sid)    // never fails
	return h.Sum64()
}
