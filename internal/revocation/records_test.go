package revocation

import (
	"crypto/sha256"
	"encoding/binary"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/clock"
)

func numbered(i int, c *clock.Clock) Record {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(i)))                //nolint:gosec // not negative
	return Record{Kind(i%kinds + 1), Digest(sum[:16]), c.Now(), c.Now().Add(lifetime)} //nolint:gosec // 1 to 4
}

func TestApplyTwiceChangesNothing(t *testing.T) {
	c := clock.New()
	calls := 0
	rs := NewRecords(c.Now, func() { calls++ })
	r := numbered(0, c)
	rs.Apply(r)
	generation := rs.Generation()
	rs.Apply(r)
	earlier := r
	earlier.Cutoff, earlier.Expires = r.Cutoff.Add(-time.Hour), r.Expires.Add(-time.Hour)
	rs.Apply(earlier)
	if rs.Generation() != generation || rs.Len() != 1 || calls != 1 {
		t.Errorf("generation %d then %d, %d records, %d calls", generation, rs.Generation(), rs.Len(), calls)
	}
	later := r
	later.Cutoff, later.Expires = r.Cutoff.Add(time.Hour), r.Expires.Add(-time.Hour)
	rs.Apply(later)
	if got, _ := rs.cutoff(r.Kind, r.Digest); rs.Generation() == generation || got != seconds(later.Cutoff) {
		t.Errorf("the later cutoff did not count: %d", got)
	}
	for got := range rs.All {
		if !got.Expires.Equal(r.Expires) {
			t.Errorf("the later end was forgotten: %s, want %s", got.Expires, r.Expires)
		}
	}
}

// A record read back from the log, whenever and in whatever order, stays until
// the last session that it could concern is over, and no longer than a minute
// more once something is added.
func TestRecoveredRecordStaysUntilItsLastSessionIsOver(t *testing.T) {
	c := clock.New()
	rs := NewRecords(c.Now, nil)
	begin, r := c.Now(), numbered(1, c)
	c.Set(begin.Add(lifetime - time.Second)) // recovered by a replica that starts late
	rs.Apply(r)
	churn := func() {
		for i := range 4 * len(rs.shard) {
			old := numbered(i, clock.At(begin.Add(-lifetime)))
			rs.Apply(old) // expired: forgotten at once, but its sweep counts
		}
	}
	churn()
	if _, ok := rs.cutoff(r.Kind, r.Digest); !ok || rs.Len() != 1 {
		t.Fatalf("forgotten a second early; %d records", rs.Len())
	}
	c.Set(begin.Add(lifetime + sweepEvery))
	churn()
	if _, ok := rs.cutoff(r.Kind, r.Digest); ok || rs.Len() != 0 {
		t.Errorf("kept for ever; %d records", rs.Len())
	}
	rs.Apply(r)
	if rs.Len() != 0 {
		t.Error("an expired record was taken")
	}
}

func TestRecordsUnderConcurrentUse(t *testing.T) {
	c := clock.New()
	rs := NewRecords(c.Now, func() {})
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 2000 {
				r := numbered(i*4+w, c)
				rs.Apply(r)
				if _, ok := rs.cutoff(r.Kind, r.Digest); !ok {
					t.Error("a record is not there after its addition")
				}
			}
		})
	}
	wg.Wait()
	n := 0
	for range rs.All {
		n++
	}
	if n != 8000 || rs.Len() != n {
		t.Errorf("%d records, Len %d", n, rs.Len())
	}
}

// heap returns the bytes in use after a collection.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestMillionRevocationsFitInto64MB(t *testing.T) {
	if testing.Short() {
		t.Skip("fills 50 MB")
	}
	c := clock.New()
	before := heap()
	rs := NewRecords(c.Now, nil)
	const n = 1_000_000
	start := time.Now()
	for i := range n {
		rs.Apply(numbered(i, c))
	}
	took, used := time.Since(start), heap()-before
	t.Logf("%d records: %.1f MB, %.0f bytes each, added in %s", rs.Len(), float64(used)/1e6, float64(used)/n, took.Round(time.Millisecond))
	if rs.Len() != n || used > 64e6 {
		t.Errorf("%d records use %d bytes", rs.Len(), used)
	}
	c.Advance(lifetime + time.Hour)
	start = time.Now()
	for i := range len(rs.shard) + 1 {
		rs.Apply(numbered(n+i, c))
	}
	left := heap() - before
	t.Logf("after their end: %d records, %.1f MB, forgotten in %s", rs.Len(), float64(left)/1e6, time.Since(start).Round(time.Millisecond))
	if rs.Len() > len(rs.shard)+1 || left > 2e6 {
		t.Errorf("%d records and %d bytes are left", rs.Len(), left)
	}
}
