package doctor

import (
	"context"
	"errors"
	"net"
	"strings"
)

// state asks Redis for rights, version, eviction and persistence.
func (e *exam) state(ctx context.Context) []Finding {
	if e.State == nil {
		return one(ok("no state is shared: right for a single process"))
	}
	if err := e.State.Check(); err != nil {
		return one(failure("the address of the shared state cannot be used", err.Error(), "correct the state block (docs/operations.md, Replicas)"))
	}
	r, err := e.State.Inspect(ctx)
	if err != nil {
		return one(stateTrouble(err, e.State.URL))
	}
	var found []Finding
	if len(r.Refused) > 0 {
		found = append(found, failure("the user at the shared state lacks rights", "refused: "+strings.Join(r.Refused, ", "),
			"grant it, as docs/operations.md says: ~passkeys:* +@connection +get +set +setnx +del +incr +multi +exec +xadd +xread +xrange +xtrim"))
	}
	if r.Version != "" && r.TooOld() {
		found = append(found, failure("the shared state's server is too old", r.Name+" "+line(r.Version), "run Redis 6.2 or later, or Valkey"))
	}
	if r.Replica {
		found = append(found, replicaAddress())
	}
	if strings.HasPrefix(r.Eviction, "allkeys-") {
		found = append(found, warning("the shared state may forget under pressure", "its maxmemory-policy is "+line(r.Eviction)+": a sign-out can be dropped before its time", "set maxmemory-policy noeviction, or give the sidecar a server of its own"))
	}
	if r.Unseen {
		found = append(found, unproven("version, eviction and persistence of the shared state are not seen", "its user may not ask INFO", "look there: INFO, and maxmemory-policy must be noeviction"))
	} else if !r.Persistent {
		found = append(found, unproven("the shared state forgets at a restart", "it neither appends to a file nor saves", "replicas tell it again what they know; for restarts of all at once, set appendonly yes"))
	}
	if Worst(found) < Warning {
		found = append(found, ok("the shared state answers, and grants what the sidecar does"))
	}
	return found
}

func replicaAddress() Finding {
	return failure("the address of the shared state is a replica's", "it takes no writes", "write the primary's address, or the Sentinels' with: sentinel <name>")
}

// stateTrouble explains why the shared state at an address does not answer as it should.
func stateTrouble(err error, address string) Finding {
	other := "write rediss:// if it speaks TLS only"
	if strings.HasPrefix(address, "rediss:") {
		other = "write redis:// if it speaks no TLS"
	}
	timeout, _ := errors.AsType[net.Error](err)
	text := err.Error()
	const lost = "the shared state cannot be used"
	switch {
	case strings.HasPrefix(text, "WRONGPASS"), strings.HasPrefix(text, "NOAUTH"), strings.Contains(text, "invalid password"), strings.Contains(text, "without any password"):
		return failure("the shared state refuses the password", "it answers "+quote(text), "correct the user in the address (user@) and: state … { password … }")
	case strings.HasPrefix(text, "NOPERM"):
		return failure("the user at the shared state lacks rights", "it answers "+quote(text), "grant it what docs/operations.md, Replicas, lists")
	case strings.HasPrefix(text, "READONLY"):
		return replicaAddress()
	case strings.HasPrefix(text, "LOADING"):
		return warning("the shared state is starting", "it answers "+quote(text), "run the doctor again when it is up")
	case strings.HasPrefix(text, "MOVED"), strings.Contains(text, "cluster support disabled"):
		return failure("the shared state is another kind of server", "it answers "+quote(text), "add cluster to the state block for a Redis Cluster, and take it out for others")
	case strings.Contains(text, "first record does not look like a TLS handshake"):
		return failure(lost, "it speaks no TLS at that port", "write redis:// instead of rediss://, or the port of TLS")
	case errors.Is(err, context.DeadlineExceeded), timeout != nil && timeout.Timeout():
		return failure(lost, "no answer in time", "open the way to it in firewall and NetworkPolicy, or "+other)
	case strings.Contains(text, "EOF"), strings.Contains(text, "connection reset"):
		return failure(lost, "it closed the connection", other+"; look at its log")
	}
	why, fix := trouble("the shared state", err)
	return failure(lost, why, fix)
}
