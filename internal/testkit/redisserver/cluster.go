package redisserver

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/ports"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/wait"
)

// slots is how many slots the keys of a Cluster are divided among.
const slots = 16384

// Cluster is one of several masters, and of their copies.
type Cluster struct {
	// Masters have the slots in equal parts, as long as no copy was promoted.
	Masters []*Server

	config Config
	nodes  []*Server
	bus    string // the first node's port for the others
}

// StartCluster runs a Cluster until the test ends. c.File is added to the
// configuration of each node.
func StartCluster(tb testing.TB, c Config, masters int) *Cluster {
	tb.Helper()
	cl := &Cluster{config: c}
	for range masters {
		cl.Masters = append(cl.Masters, cl.join(tb))
	}
	for i, m := range cl.Masters {
		m.do(tb, "CLUSTER", "SET-CONFIG-EPOCH", i+1)
		m.do(tb, "CLUSTER", "ADDSLOTSRANGE", i*slots/masters, (i+1)*slots/masters-1)
	}
	for _, m := range cl.Masters[1:] {
		cl.meet(tb, m)
	}
	cl.AwaitState(tb, "ok")
	return cl
}

// join starts a node that knows no other.
func (cl *Cluster) join(tb testing.TB) *Server {
	tb.Helper()
	c, bus := cl.config, ports.Free(tb)
	c.File = "cluster-enabled yes\ncluster-announce-ip 127.0.0.1\ncluster-node-timeout 1000\ncluster-port " + bus + "\n" + c.File
	node := Start(tb, c)
	if cl.nodes = append(cl.nodes, node); len(cl.nodes) == 1 {
		cl.bus = bus
	}
	return node
}

func (cl *Cluster) meet(tb testing.TB, node *Server) {
	tb.Helper()
	node.do(tb, "CLUSTER", "MEET", "127.0.0.1", cl.nodes[0].Port, cl.bus)
}

// Copy adds a node that copies a master, and returns when it has all.
func (cl *Cluster) Copy(tb testing.TB, master *Server) *Server {
	tb.Helper()
	id := master.do(tb, "CLUSTER", "MYID")
	node := cl.join(tb)
	cl.meet(tb, node)
	cl.AwaitState(tb, "ok")
	node.do(tb, "CLUSTER", "REPLICATE", id)
	wait.For(tb, "the copy", func() bool {
		return strings.Contains(fmt.Sprint(node.do(tb, "INFO", "replication")), "master_link_status:up")
	})
	return node
}

// AwaitState waits until every node that runs knows all others and says "ok" or
// "fail" of the whole.
func (cl *Cluster) AwaitState(tb testing.TB, state string) {
	tb.Helper()
	want := []string{"cluster_state:" + state + "\r\n", fmt.Sprintf("cluster_known_nodes:%d\r\n", len(cl.nodes))}
	for _, node := range cl.nodes {
		wait.For(tb, "a cluster that is "+state, func() bool {
			if !node.Running() {
				return true
			}
			info := fmt.Sprint(node.do(tb, "CLUSTER", "INFO"))
			return strings.Contains(info, want[0]) && strings.Contains(info, want[1])
		})
	}
}

// Owner returns the master that has a key.
func (cl *Cluster) Owner(tb testing.TB, key string) *Server {
	tb.Helper()
	i, slot := 0, cl.Slot(tb, key)
	for slot >= (i+1)*slots/len(cl.Masters) {
		i++
	}
	return cl.Masters[i]
}

// Slot returns the slot of a key.
func (cl *Cluster) Slot(tb testing.TB, key string) int {
	tb.Helper()
	slot, _ := cl.Masters[0].do(tb, "CLUSTER", "KEYSLOT", key).(int64)
	return int(slot)
}

// Keys returns how many keys this server has.
func (s *Server) Keys(tb testing.TB) int64 {
	tb.Helper()
	n, _ := s.do(tb, "DBSIZE").(int64)
	return n
}

// do sends a command to this very server, as the default user.
func (s *Server) do(tb testing.TB, command ...any) any {
	tb.Helper()
	c := redis.NewClient(&redis.Options{Addr: s.Addr, Protocol: 2, DisableIdentity: true})
	defer func() { _ = c.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), startPatience)
	defer cancel()
	answer, err := c.Do(ctx, command...).Result()
	if err != nil {
		tb.Fatalf("%v: %v", command, err)
	}
	return answer
}

// Running reports whether the server was not killed.
func (s *Server) Running() bool {
	select {
	case <-s.run.ended:
		return false
	default:
		return true
	}
}
