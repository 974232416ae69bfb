package revocation

import (
	"encoding/binary"
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// shards bounds how long a lookup may wait for forgetting: one shard of a
	// million records is swept in about a millisecond.
	shards = 64
	// sweepEvery is how long after its end a record may stay in memory.
	sweepEvery = time.Minute
)

// Records is what a process knows of ended sessions. It is safe for concurrent
// use, and grows by about 50 bytes a record.
type Records struct {
	now        func() time.Time
	changed    func()
	generation atomic.Uint64
	count      [kinds]atomic.Int64
	shard      [shards * kinds]shard
	next       atomic.Uint32 // the shard to look through next
}

type shard struct {
	mu    sync.RWMutex
	spans map[Digest]span
	swept time.Time
}

// span is a record without its name, in seconds since 1970: the less it holds,
// the less a million of them weigh.
type span struct{ cutoff, expires uint32 }

// NewRecords makes an empty set. changed, if not nil, is called after each
// addition and must not block. A nil now means time.Now.
func NewRecords(now func() time.Time, changed func()) *Records {
	if now == nil {
		now = time.Now
	}
	rs := &Records{now: now, changed: changed}
	rs.generation.Store(1) // so that zero means "never checked"
	return rs
}

// Generation changes with each addition. Whoever found a session to be alive at
// one generation need not look again before the next.
func (rs *Records) Generation() uint64 { return rs.generation.Load() }

// Len is the number of records, a minute's worth of expired ones included.
func (rs *Records) Len() int {
	n := 0
	for i := range rs.count {
		n += int(rs.count[i].Load())
	}
	return n
}

// Apply adds a record. Of two with the same name the later cutoff and the later
// end count, so records may come twice and in any order.
func (rs *Records) Apply(r Record) {
	now := rs.now()
	rs.sweepNext(now)
	if !r.Kind.known() || !now.Before(r.Expires) {
		return
	}
	add := span{seconds(r.Cutoff), seconds(r.Expires)}
	s := rs.of(r.Kind, r.Digest)
	s.mu.Lock()
	known, ok := s.spans[r.Digest]
	merged := span{max(known.cutoff, add.cutoff), max(known.expires, add.expires)}
	if s.spans == nil {
		s.spans = make(map[Digest]span)
	}
	if !ok {
		rs.count[r.Kind-1].Add(1)
	}
	s.spans[r.Digest] = merged
	s.mu.Unlock()
	if ok && merged == known {
		return
	}
	// After the addition: who sees the new generation sees the record.
	rs.generation.Add(1)
	if rs.changed != nil {
		rs.changed()
	}
}

// All calls yield with every record that has not expired, until it returns
// false. Additions go on meanwhile.
func (rs *Records) All(yield func(Record) bool) {
	now := seconds(rs.now())
	for i := range rs.shard {
		s := &rs.shard[i]
		s.mu.RLock()
		found := make([]Record, 0, len(s.spans))
		for d, sp := range s.spans {
			if now < sp.expires {
				found = append(found, Record{Kind(i/shards + 1), d, time.Unix(int64(sp.cutoff), 0), time.Unix(int64(sp.expires), 0)})
			}
		}
		s.mu.RUnlock()
		for _, r := range found {
			if !yield(r) {
				return
			}
		}
	}
}

// any reports whether there are records of the kind at all, so that the digest
// need not be made.
func (rs *Records) any(k Kind) bool { return rs.count[k-1].Load() > 0 }

// cutoff returns until when sessions of that name must have begun to be revoked,
// in seconds since 1970.
func (rs *Records) cutoff(k Kind, d Digest) (uint32, bool) {
	s := rs.of(k, d)
	s.mu.RLock()
	defer s.mu.RUnlock()
	sp, ok := s.spans[d]
	return sp.cutoff, ok
}

func (rs *Records) of(k Kind, d Digest) *shard {
	return &rs.shard[(int(k)-1)*shards+int(binary.BigEndian.Uint16(d[:])%shards)]
}

// sweepNext forgets what has expired in one shard. Each addition pays for a bit
// of forgetting, so no goroutine is needed.
func (rs *Records) sweepNext(now time.Time) {
	i := int(rs.next.Add(1) % uint32(len(rs.shard)))
	s := &rs.shard[i]
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.swept) < sweepEvery {
		return
	}
	s.swept = now
	at, before := seconds(now), len(s.spans)
	for d, sp := range s.spans {
		if sp.expires <= at {
			delete(s.spans, d)
		}
	}
	gone := before - len(s.spans)
	rs.count[i/shards].Add(-int64(gone))
	if gone > len(s.spans) {
		// A map never gives memory back by itself.
		smaller := make(map[Digest]span, len(s.spans))
		maps.Copy(smaller, s.spans)
		s.spans = smaller
	}
}
