package sharedstate

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/passkey-sidecar/passkey-sidecar/internal/revocation"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/redisserver"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/wait"
)

// The primary dies, the Sentinel promotes its copy, and the replicas go on there.
func TestSentinelFailover(t *testing.T) {
	slow(t)
	primary := redisserver.Start(t, redisserver.Config{})
	copied := redisserver.Start(t, redisserver.Config{File: "replicaof 127.0.0.1 " + primary.Port})
	sentinel := redisserver.Start(t, redisserver.Config{Sentinel: true, File: "sentinel monitor main 127.0.0.1 " + primary.Port + " 1\n" +
		"sentinel down-after-milliseconds main 300\nsentinel failover-timeout main 2000"})
	newMember := func() replica {
		records := revocation.NewRecords(nil, nil)
		return replica{connect(t, Address{URL: "redis://" + sentinel.Addr, Sentinel: "main"}, records), records}
	}
	a, b := newMember(), newMember()
	a.end(t, record(1))
	b.knows(t, 1)
	// The Sentinel must have heard of the copy before it can promote it.
	plain := connect(t, Address{URL: "redis://" + primary.Addr}, revocation.NewRecords(nil, nil))
	wait.For(t, "the copy", func() bool {
		n, err := plain.client.Do(t.Context(), "WAIT", 1, 1000).Int()
		return err == nil && n == 1
	})
	wait.For(t, "the Sentinel's knowledge of it", func() bool { return sentinelKnows(t, sentinel, copied.Port) })

	primary.Kill()
	a.end(t, record(2))
	b.end(t, record(3))
	a.knows(t, 3)
	b.knows(t, 3)
	wait.For(t, "empty queues", func() bool { return a.Status().Queued == 0 && b.Status().Queued == 0 })
	newMember().knows(t, 3)
}

func sentinelKnows(t *testing.T, sentinel *redisserver.Server, port string) bool {
	t.Helper()
	c := redis.NewSentinelClient(&redis.Options{Addr: sentinel.Addr})
	defer func() { _ = c.Close() }()
	copies, err := c.Replicas(t.Context(), "main").Result()
	return err == nil && len(copies) == 1 && copies[0]["port"] == port && copies[0]["flags"] == "slave"
}
