package sharedstate

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/passkey-sidecar/passkey-sidecar/internal/revocation"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/redisserver"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/wait"
)

func TestMain(m *testing.M) {
	// The client's pools look once a second whether a dead server is back, and
	// notice only then that they are closed.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

// replica is one process of several, as far as this package goes.
type replica struct {
	*Redis
	records *revocation.Records
}

func newReplica(t *testing.T, srv *redisserver.Server) replica {
	t.Helper()
	records := revocation.NewRecords(nil, nil)
	return replica{connect(t, Address{URL: "redis://" + srv.Addr}, records), records}
}

func record(i int) revocation.Record {
	r := revocation.Record{Kind: revocation.SessionID, Cutoff: time.Now(), Expires: time.Now().Add(time.Hour)}
	binary.BigEndian.PutUint64(r.Digest[:], uint64(i)) //nolint:gosec // not negative
	return r
}

// end revokes as revocation.List does: here first, then everywhere.
func (r replica) end(t *testing.T, records ...revocation.Record) {
	t.Helper()
	for _, rec := range records {
		r.records.Apply(rec)
	}
	if err := r.Publish(t.Context(), records...); err != nil {
		t.Error(err)
	}
}

func (r replica) knows(t *testing.T, n int) {
	t.Helper()
	wait.For(t, "all revocations", func() bool { return r.records.Len() >= n })
	if got := r.records.Len(); got != n {
		t.Errorf("%d records, want %d", got, n)
	}
}

func TestRevocationReachesEveryReplicaWithinASecond(t *testing.T) {
	srv := redisserver.Start(t, redisserver.Config{})
	a, b, c := newReplica(t, srv), newReplica(t, srv), newReplica(t, srv)
	for i := range 5 {
		began := time.Now()
		a.end(t, record(i))
		b.knows(t, i+1)
		c.knows(t, i+1)
		took := time.Since(began)
		t.Logf("on all three after %s", took.Round(10*time.Microsecond))
		if took > time.Second {
			t.Errorf("took %s", took)
		}
	}
}

func TestRestartedReplicaReadsTheWholeLog(t *testing.T) {
	srv := redisserver.Start(t, redisserver.Config{})
	a := newReplica(t, srv)
	const n = 3*readSize + 7
	all := make([]revocation.Record, n)
	for i := range all {
		all[i] = record(i)
	}
	for some := range slices.Chunk(all, batch) {
		if err := a.Publish(t.Context(), some...); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	records := revocation.NewRecords(nil, nil)
	b, err := NewRedis(RedisConfig{Address: Address{URL: "redis://" + srv.Addr}, Namespace: Namespace("iss", "client"), Records: records}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.Start()
	t.Cleanup(func() { _ = b.Close() })
	<-b.Ready()
	if records.Len() != n {
		t.Errorf("ready with %d of %d revocations", records.Len(), n)
	}
}

func TestNamespacesDoNotMix(t *testing.T) {
	srv := redisserver.Start(t, redisserver.Config{})
	a := newReplica(t, srv)
	records := revocation.NewRecords(nil, nil)
	other, err := NewRedis(RedisConfig{Address: Address{URL: "redis://" + srv.Addr}, Namespace: Namespace("iss", "another client"), Records: records}, nil)
	if err != nil {
		t.Fatal(err)
	}
	other.Start()
	t.Cleanup(func() { _ = other.Close() })
	<-other.Ready()
	a.end(t, record(1))
	if _, err := a.Once(t.Context(), "jti", time.Minute); err != nil {
		t.Fatal(err)
	}
	if first, err := other.Once(t.Context(), "jti", time.Minute); err != nil || !first {
		t.Errorf("another site's record counted: %v, %v", first, err)
	}
	if records.Len() != 0 {
		t.Error("another site's revocation came")
	}
}

// The server is killed and started again with its data: sessions go on, calls
// fail at once, what was ended meanwhile is on every replica soon after.
func TestRedisKilledAndRestarted(t *testing.T) {
	srv := redisserver.Start(t, redisserver.Config{Persist: true})
	a, b := newReplica(t, srv), newReplica(t, srv)
	a.end(t, record(0))
	b.knows(t, 1)

	srv.Kill()
	wait.For(t, "the loss noticed", func() bool { return !a.Status().Up && !b.Status().Up })
	began := time.Now()
	for range 1000 {
		if _, err := a.Once(t.Context(), "jti", time.Minute); !errors.Is(err, ErrDown) {
			t.Fatalf("a dead server answers %v", err)
		}
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("1000 calls waited %s for a dead server", took)
	}
	a.end(t, record(1), record(2))
	b.end(t, record(3))
	if a.records.Len() != 3 || a.Status().Queued != 2 || b.Status().Queued != 1 {
		t.Errorf("while down: %d records, status %+v and %+v", a.records.Len(), a.Status(), b.Status())
	}

	srv.Restart()
	a.knows(t, 4)
	b.knows(t, 4)
	wait.For(t, "empty queues", func() bool { return a.Status().Queued == 0 && b.Status().Queued == 0 && a.Status().Up })
	// And it is followed again.
	b.end(t, record(4))
	a.knows(t, 5)
	newReplica(t, srv).knows(t, 5)
}

// The server comes back empty: the replicas write the log again, also what the
// server had and no replica has published since it began.
func TestServerThatLostItsDataGetsTheLogBack(t *testing.T) {
	srv := redisserver.Start(t, redisserver.Config{})
	first := newReplica(t, srv)
	const n = 2*batch + 3
	for i := range n {
		first.end(t, record(i))
	}
	a, b := newReplica(t, srv), newReplica(t, srv)
	a.knows(t, n)
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	srv.Kill()
	wait.For(t, "the loss noticed", func() bool { return !a.Status().Up && !b.Status().Up })
	a.end(t, record(n))
	srv.Restart()
	b.knows(t, n+1)
	newReplica(t, srv).knows(t, n+1)
}

func TestFlushedServerGetsTheLogBack(t *testing.T) {
	t.Parallel() // it waits for a second
	srv := redisserver.Start(t, redisserver.Config{})
	a := newReplica(t, srv)
	a.end(t, record(1), record(2))
	wait.For(t, "own revocations read back", func() bool { n, _ := a.client.XLen(t.Context(), a.logKey()).Result(); return n == 2 })
	newReplica(t, srv).knows(t, 2) // so that this replica has read them too, or is about to
	if err := a.client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	// Somebody publishes before anybody looks: the newest entry alone tells nothing.
	a.end(t, record(3))
	a.lost(t.Context(), errors.New("connection reset")) // it connects anew
	wait.For(t, "the log written again", func() bool { n, _ := a.client.XLen(t.Context(), a.logKey()).Result(); return n == 3 })
}

// A server that swallows everything costs one caller its patience, and nobody
// after that.
func TestFrozenServerIsWaitedForOnce(t *testing.T) {
	t.Parallel() // it waits for a second
	srv := redisserver.Start(t, redisserver.Config{})
	records := revocation.NewRecords(nil, nil)
	s, err := NewRedis(RedisConfig{Address: Address{URL: "redis://" + srv.Addr}, Namespace: "n", Records: records, Patience: 200 * time.Millisecond}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { _ = s.Close() })
	wait.For(t, "a connection", func() bool { return s.Status().Up })
	srv.Freeze()
	t.Cleanup(srv.Thaw)
	began := time.Now()
	for range 100 {
		if err := s.Publish(t.Context(), record(1)); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took > 2*time.Second || s.Status().Queued != 100 {
		t.Errorf("100 calls took %s, status %+v", took, s.Status())
	}
	srv.Thaw()
	wait.For(t, "the queue sent", func() bool { return s.Status().Queued == 0 })
}

func TestUnreachableServerIsReadyToServeWithout(t *testing.T) {
	srv := redisserver.Start(t, redisserver.Config{})
	srv.Kill()
	s, err := NewRedis(RedisConfig{Address: Address{URL: "redis://" + srv.Addr}, Namespace: "n", Records: revocation.NewRecords(nil, nil)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { _ = s.Close() })
	<-s.Ready()
	if s.Status().Up {
		t.Error("up without a server")
	}
}

func TestQueueIsBounded(t *testing.T) {
	var q queue
	if err := q.add(make([]revocation.Record, maxQueued)); err != nil {
		t.Fatal(err)
	}
	if err := q.add(make([]revocation.Record, 1)); !errors.Is(err, ErrFull) || q.len() != maxQueued {
		t.Errorf("%v, %d waiting", err, q.len())
	}
}

func TestCloseSendsWhatWaits(t *testing.T) {
	srv := redisserver.Start(t, redisserver.Config{})
	a, b := newReplica(t, srv), newReplica(t, srv)
	if err := a.queue.add([]revocation.Record{record(1)}); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	b.knows(t, 1)
	if err := a.Put(context.Background(), "k", nil, time.Second); !errors.Is(err, ErrDown) {
		t.Errorf("after Close: %v", err)
	}
}
