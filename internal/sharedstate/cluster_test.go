package sharedstate

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/revocation"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/redisserver"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/wait"
)

func newClusterReplica(t *testing.T, cl *redisserver.Cluster) replica {
	t.Helper()
	records := revocation.NewRecords(nil, nil)
	return replica{connect(t, clusterAddress(cl), records), records}
}

// One of three masters dies. Whichever it is, sessions go on, calls fail at once,
// revocations wait, and the health says so; when it is back, also without its
// data, every replica knows everything.
func TestClusterLosesAMaster(t *testing.T) {
	slow(t)
	t.Parallel()
	for _, program := range redisserver.Programs(t) {
		for name, ownsLog := range map[string]bool{"that has the log": true, "that has other keys": false} {
			t.Run(redisserver.Name(program)+"/"+name, func(t *testing.T) {
				t.Parallel()
				cl := redisserver.StartCluster(t, redisserver.Config{Program: program, File: clusterUser}, 3)
				a, b := newClusterReplica(t, cl), newClusterReplica(t, cl)
				a.end(t, record(0))
				b.knows(t, 1)
				dying := cl.Owner(t, a.logKey())
				for _, m := range cl.Masters {
					if !ownsLog && m != cl.Owner(t, a.logKey()) {
						dying = m
					}
				}

				dying.Kill()
				cl.AwaitState(t, "fail")
				wait.For(t, "the loss noticed", func() bool {
					_, _ = a.Once(t.Context(), "jti", time.Minute)
					_, _ = b.Once(t.Context(), "jti", time.Minute)
					return !a.Status().Up && !b.Status().Up
				})
				began := time.Now()
				for range 1000 {
					if _, err := a.Once(t.Context(), "jti", time.Minute); !errors.Is(err, ErrDown) {
						t.Fatalf("a cluster that is down answers %v", err)
					}
				}
				if took := time.Since(began); took > time.Second {
					t.Errorf("1000 calls waited %s for a dead master", took)
				}
				a.end(t, record(1), record(2))
				b.end(t, record(3))
				if a.records.Len() != 3 || a.Status().Queued != 2 || b.Status().Queued != 1 {
					t.Errorf("while down: %d records, status %+v and %+v", a.records.Len(), a.Status(), b.Status())
				}

				if !ownsLog {
					return // it takes seconds to come back, and the other one does
				}
				dying.Restart()
				a.knows(t, 4)
				b.knows(t, 4)
				wait.For(t, "empty queues", func() bool { return a.Status().Queued == 0 && b.Status().Queued == 0 && a.Status().Up })
				newClusterReplica(t, cl).knows(t, 4)
			})
		}
	}
}

// The master that has the log dies and its copy takes over.
func TestClusterFailover(t *testing.T) {
	slow(t)
	t.Parallel()
	cl := redisserver.StartCluster(t, redisserver.Config{File: clusterUser}, 3)
	a, b := newClusterReplica(t, cl), newClusterReplica(t, cl)
	dying := cl.Owner(t, a.logKey())
	cl.Copy(t, dying)
	a.end(t, record(1))
	b.knows(t, 1)

	dying.Kill()
	a.end(t, record(2))
	b.end(t, record(3))
	a.knows(t, 3)
	b.knows(t, 3)
	wait.For(t, "empty queues", func() bool { return a.Status().Queued == 0 && b.Status().Queued == 0 && a.Status().Up && b.Status().Up })
	newClusterReplica(t, cl).knows(t, 3)
}

// What goes in one round trip or depends on each other must be at one master,
// and everything else is spread.
func TestClusterKeysThatBelongTogetherShareASlot(t *testing.T) {
	slow(t)
	t.Parallel()
	cl := redisserver.StartCluster(t, redisserver.Config{File: clusterUser}, 3)
	a := newClusterReplica(t, cl)
	a.end(t, record(0))
	for i := range 30 {
		if _, err := a.Add(t.Context(), fmt.Sprint("rate ", i), time.Minute); err != nil {
			t.Error(err)
		}
		// A brace in a key says where it goes, and must not matter.
		if first, err := a.Once(t.Context(), fmt.Sprintf("{%d} {", i), time.Minute); err != nil || !first {
			t.Error(first, err)
		}
	}
	for _, m := range cl.Masters {
		if m.Keys(t) == 0 {
			t.Errorf("no key at %s", m.Addr)
		}
	}
	if cl.Slot(t, a.logKey()) != cl.Slot(t, a.epochKey()) {
		t.Error("the log and its mark can be lost apart")
	}
}
