package sharedstate

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/passkey-sidecar/passkey-sidecar/internal/revocation"
	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/logs"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/redisserver"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/wait"
)

// What has expired goes, what has not stays, whatever stands before it.
func TestLogIsTrimmedByEachRecordsOwnEnd(t *testing.T) {
	srv := redisserver.Start(t, redisserver.Config{})
	a := newReplica(t, srv)
	old := func(i int) revocation.Record {
		r := record(i)
		r.Expires = time.Now().Add(-time.Second)
		return r
	}
	left := func() (n int64) {
		if err := a.trim(t.Context()); err != nil {
			t.Fatal(err)
		}
		n, err := a.client.XLen(t.Context(), a.logKey()).Result()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for i := range 2 * readSize {
		if err := a.queue.add([]revocation.Record{old(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := left(); n != 1 {
		t.Errorf("%d expired entries are left, want the newest alone", n)
	}
	a.end(t, record(1))
	a.end(t, old(2))
	if n := left(); n != 2 {
		t.Errorf("%d entries are left, want the live one and what follows it", n)
	}
	// What no version of ours wrote blocks nothing.
	if err := a.client.XAdd(t.Context(), &redis.XAddArgs{Stream: a.logKey(), ID: "1-1", Values: []any{"x", "y"}}).Err(); err == nil {
		t.Error("an entry was added before the others")
	}
}

func TestWrongPasswordIsLoggedWithoutIt(t *testing.T) {
	srv := redisserver.Start(t, redisserver.Config{File: "requirepass right-pass"})
	var out logs.Buffer
	s, err := NewRedis(RedisConfig{
		Address: Address{URL: "redis://" + srv.Addr, Password: secret.New("wrong-pass")}, Namespace: "n", Records: revocation.NewRecords(nil, nil),
	}, slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	<-s.Ready()
	wait.For(t, "a log line", func() bool { return strings.Contains(out.String(), "shared state lost") })
	if s.Status().Up || strings.Contains(out.String(), "wrong-pass") || !strings.Contains(out.String(), "WRONGPASS") {
		t.Errorf("status %+v, log: %s", s.Status(), out.String())
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
