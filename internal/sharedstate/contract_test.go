package sharedstate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/revocation"
	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/clock"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/redisserver"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/wait"
)

// slow skips what needs several servers that find each other, which takes seconds.
// `make unit` leaves that out; `make race` and `make test` do not.
func slow(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("several servers: not with -short")
	}
}

// connect makes a Redis that is up.
func connect(t *testing.T, a Address, records *revocation.Records) *Redis {
	t.Helper()
	s, err := NewRedis(RedisConfig{Address: a, Namespace: Namespace("iss", "client"), Records: records, Patience: 5 * time.Second}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { _ = s.Close() })
	<-s.Ready()
	wait.For(t, "a connection", func() bool { return s.Status().Up })
	return s
}

// backends are the servers that keep the contract, each by how to reach it.
var backends = map[string]func(t *testing.T, program string) Address{
	"alone": func(t *testing.T, program string) Address {
		t.Helper()
		return Address{URL: "redis://" + redisserver.Start(t, redisserver.Config{Program: program}).Addr + "/3"}
	},
	"user and password": func(t *testing.T, program string) Address {
		t.Helper()
		srv := redisserver.Start(t, redisserver.Config{Program: program, File: "user default off\n" + "user app on >s3cret ~passkeys:* resetchannels " + aclCommands})
		return Address{URL: "redis://app@" + srv.Addr, Password: secret.New("s3cret")}
	},
	"TLS": func(t *testing.T, program string) Address {
		t.Helper()
		files, authority := redisserver.NewTLS(t)
		return Address{URL: "rediss://" + redisserver.Start(t, redisserver.Config{Program: program, TLS: files}).Addr, CA: authority}
	},
	"Sentinel": func(t *testing.T, program string) Address {
		t.Helper()
		slow(t)
		primary := redisserver.Start(t, redisserver.Config{Program: program})
		sentinel := redisserver.Start(t, redisserver.Config{Program: program, Sentinel: true, File: "sentinel monitor main 127.0.0.1 " + primary.Port + " 1"})
		return Address{URL: "redis://" + sentinel.Addr, Sentinel: "main"}
	},
	"Cluster": func(t *testing.T, program string) Address {
		t.Helper()
		slow(t)
		return clusterAddress(redisserver.StartCluster(t, redisserver.Config{Program: program, File: clusterUser}, 3))
	},
}

// What docs/operations.md tells operators to allow, and what a Cluster needs
// besides.
const (
	aclCommands        = "+@connection +get +set +setnx +del +incr +multi +exec +xadd +xread +xrange +xtrim"
	aclClusterCommands = " +cluster|slots +cluster|shards +command"
	clusterUser        = "user app on >s3cret ~passkeys:* resetchannels " + aclCommands + aclClusterCommands
)

// clusterAddress names the nodes that the cluster began with.
func clusterAddress(cl *redisserver.Cluster) Address {
	seeds := make([]string, len(cl.Masters))
	for i, m := range cl.Masters {
		seeds[i] = m.Addr
	}
	return Address{URL: "redis://app@" + strings.Join(seeds, ","), Password: secret.New("s3cret"), Cluster: true}
}

func TestContract(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		c := clock.New()
		contract(t, NewMemory(c.Now), c.Advance)
	})
	for _, program := range redisserver.Programs(t) {
		for name, address := range backends {
			t.Run(redisserver.Name(program)+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := connect(t, address(t, program), revocation.NewRecords(nil, nil))
				contract(t, s, func(d time.Duration) { time.Sleep(d + 20*time.Millisecond) })
			})
		}
	}
}

// contract is what every Shared does. elapse makes time pass.
func contract(t *testing.T, s Shared, elapse func(time.Duration)) {
	t.Helper()
	<-s.Ready()
	if st := s.Status(); !st.Up || st.Queued != 0 {
		t.Fatalf("status %+v", st)
	}
	t.Run("once", func(t *testing.T) { contractOnce(t, s, elapse) })
	t.Run("value", func(t *testing.T) { contractValue(t, s, elapse) })
	t.Run("count", func(t *testing.T) { contractCount(t, s, elapse) })
	if err := s.Publish(t.Context(), revocation.Record{Kind: revocation.Subject, Expires: time.Now().Add(time.Hour)}); err != nil {
		t.Errorf("publish: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

const ttl = 300 * time.Millisecond

func contractOnce(t *testing.T, s Shared, elapse func(time.Duration)) {
	t.Helper()
	var firsts atomic.Int32
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			first, err := s.Once(t.Context(), "jti-1", time.Minute)
			if err != nil {
				t.Error(err)
			}
			if first {
				firsts.Add(1)
			}
		})
	}
	wg.Wait()
	if n := firsts.Load(); n != 1 {
		t.Errorf("%d of 20 replays were the first", n)
	}
	for i, want := range []bool{true, false} {
		if first, err := s.Once(t.Context(), "short", ttl); err != nil || first != want {
			t.Errorf("call %d: first %v, %v", i+1, first, err)
		}
	}
	elapse(ttl)
	if first, err := s.Once(t.Context(), "short", ttl); err != nil || !first {
		t.Errorf("after its time: first %v, %v", first, err)
	}
	if err := s.Delete(t.Context(), "jti-1"); err != nil {
		t.Error(err)
	}
	if first, err := s.Once(t.Context(), "jti-1", ttl); err != nil || !first {
		t.Errorf("after it was deleted: first %v, %v", first, err)
	}
}

func contractValue(t *testing.T, s Shared, elapse func(time.Duration)) {
	t.Helper()
	if _, found, err := s.Get(t.Context(), "none"); found || err != nil {
		t.Errorf("nothing there: %v, %v", found, err)
	}
	for _, want := range [][]byte{{}, []byte("a"), {0, 255, '\r', '\n'}, bytes.Repeat([]byte("x"), 100_000)} {
		if err := s.Put(t.Context(), "key", want, time.Minute); err != nil {
			t.Fatal(err)
		}
		if got, found, err := s.Get(t.Context(), "key"); err != nil || !found || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: got %d, %v, %v", len(want), len(got), found, err)
		}
	}
	if err := s.Put(t.Context(), "short", []byte("x"), ttl); err != nil {
		t.Fatal(err)
	}
	elapse(ttl)
	if _, found, err := s.Get(t.Context(), "short"); found || err != nil {
		t.Errorf("after its time: %v, %v", found, err)
	}
	if err := s.Delete(t.Context(), "key"); err != nil {
		t.Error(err)
	}
	if _, found, _ := s.Get(t.Context(), "key"); found {
		t.Error("deleted, and there")
	}
}

func contractCount(t *testing.T, s Shared, elapse func(time.Duration)) {
	t.Helper()
	for want := range int64(3) {
		if n, err := s.Add(t.Context(), "rate", ttl); err != nil || n != want+1 {
			t.Errorf("count %d, %v, want %d", n, err, want+1)
		}
	}
	if n, err := s.Add(t.Context(), "other", ttl); err != nil || n != 1 {
		t.Errorf("another key counts %d, %v", n, err)
	}
	elapse(ttl)
	if n, err := s.Add(t.Context(), "rate", ttl); err != nil || n != 1 {
		t.Errorf("the next window begins with %d, %v", n, err)
	}
}

// TestKeptFormsLeaveRoomForLogoutTokens fills the memory with one kind of records,
// as a user can who sends kept forms as fast as they go.
func TestKeptFormsLeaveRoomForLogoutTokens(t *testing.T) {
	c := clock.New()
	m := NewMemory(c.Now)
	for i := range maxEntries + 2000 {
		_, _ = m.Once(context.Background(), fmt.Sprint("form ", i), time.Minute)
	}
	if first, err := m.Once(context.Background(), "signout https://idp.example 1", time.Minute); err != nil || !first {
		t.Errorf("a logout token: %v, %v", first, err)
	}
	if first, err := m.Once(context.Background(), "signout https://idp.example 1", time.Minute); err != nil || first {
		t.Errorf("its replay: %v, %v", first, err)
	}
	if n, err := m.Add(context.Background(), "connect-token:x:1", time.Minute); err != nil || n != 1 {
		t.Errorf("a count: %d, %v", n, err)
	}
	if _, err := m.Once(context.Background(), "form more", time.Minute); !errors.Is(err, ErrFull) {
		t.Errorf("a form more: %v", err)
	}
	if err := m.Delete(context.Background(), "form 7"); err != nil {
		t.Error(err)
	}
	if _, err := m.Once(context.Background(), "form more", time.Minute); err != nil {
		t.Errorf("in the place of one that was deleted: %v", err)
	}
	c.Advance(2 * time.Minute)
	if _, err := m.Once(context.Background(), "form later", time.Minute); err != nil || m.kinds["form"] != 1 {
		t.Errorf("later: %v, %v", err, m.kinds)
	}
}

func TestMemoryIsBoundedAndForgetsWhatExpired(t *testing.T) {
	c := clock.New()
	m := NewMemory(c.Now)
	for i := range maxEntries {
		if first, err := m.Once(context.Background(), fmt.Sprint(i), time.Minute); err != nil || !first {
			t.Fatal(i, first, err)
		}
	}
	// Dropping the oldest instead would let its replay pass.
	if _, err := m.Once(context.Background(), "another", time.Minute); err == nil {
		t.Error("grew beyond its bound")
	}
	if first, err := m.Once(context.Background(), "0", time.Minute); first || err != nil {
		t.Errorf("a record against replay was dropped: %v, %v", first, err)
	}
	c.Advance(2 * time.Minute)
	if _, err := m.Once(context.Background(), "another", time.Minute); err != nil || len(m.entries) != 1 {
		t.Errorf("%v, %d entries", err, len(m.entries))
	}
}
