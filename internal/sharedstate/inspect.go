package sharedstate

import (
	"context"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Inspection is what a server says of itself and of our rights.
type Inspection struct {
	// Name is redis or valkey, Version its version; "" where it is not shown.
	Name, Version string
	// Eviction is its maxmemory-policy, "" where it is not shown.
	Eviction string
	// Persistent reports whether it appends to a file or saves; Replica whether it
	// copies another server.
	Persistent, Replica bool
	// Unseen says that the user may not ask INFO.
	Unseen bool
	// Refused are the commands of the sidecar that the user may not send.
	Refused []string
}

// Inspect looks at the server without changing anything: the commands that the sidecar
// sends are queued in a transaction, where rights are checked, and the transaction is
// never executed. Errors are the server's or the network's, without a secret.
func (a Address) Inspect(ctx context.Context) (Inspection, error) {
	options, err := a.options(2 * defaultPatience)
	if err != nil {
		return Inspection{}, err
	}
	quiet()
	client := redis.NewUniversalClient(options)
	defer func() { _ = client.Close() }()
	if err := client.Ping(ctx).Err(); err != nil {
		return Inspection{}, err
	}
	var found Inspection
	info, err := client.Info(ctx).Result()
	if err != nil {
		found.Unseen = true
	} else {
		found.read(info)
	}
	if found.Replica {
		return found, nil // writes are refused whoever asks
	}
	found.Refused, err = refused(ctx, client)
	return found, err
}

// read takes what INFO says.
func (i *Inspection) read(info string) {
	fields := make(map[string]string)
	for line := range strings.SplitSeq(info, "\n") {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[name] = value
		}
	}
	i.Name, i.Version = "redis", fields["redis_version"]
	if v := fields["valkey_version"]; v != "" {
		i.Name, i.Version = "valkey", v
	}
	i.Eviction = fields["maxmemory_policy"]
	i.Replica = fields["role"] == "slave"
	_, saves := fields["rdb_last_save_time"]
	i.Persistent = fields["aof_enabled"] == "1" || saves && fields["rdb_saves"] != "" && fields["rdb_saves"] != "0"
}

// TooOld reports whether the server is a Redis before 6.2.
func (i Inspection) TooOld() bool {
	if i.Name != "redis" {
		return false
	}
	parts := strings.SplitN(i.Version, ".", 3)
	if len(parts) < 2 {
		return false
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	return err1 == nil && err2 == nil && (major < 6 || major == 6 && minor < 2)
}

// refused queues each command of ours and returns those that the user may not send.
func refused(ctx context.Context, client redis.UniversalClient) ([]string, error) {
	const key = "passkeys:doctor"
	single, ok := client.(*redis.Client)
	if cluster, is := client.(*redis.ClusterClient); is {
		node, err := cluster.MasterForKey(ctx, key)
		if err != nil {
			return nil, err
		}
		single, ok = node, true
	}
	if !ok {
		return nil, nil
	}
	conn := single.Conn() // closed with the client, and the transaction with it
	defer func() { _ = conn.Close() }()
	var missing []string
	try := func(command ...any) error {
		err := conn.Do(ctx, command...).Err()
		if err != nil && strings.Contains(err.Error(), "NOPERM") { // EXECABORT wraps it
			missing = append(missing, command[0].(string)) //nolint:forcetypeassert // written below
			return nil
		}
		return err
	}
	// The first transaction is executed: it is empty.
	for _, command := range []string{"multi", "exec", "multi"} {
		if err := try(command); err != nil || len(missing) > 0 {
			return missing, err
		}
	}
	for _, command := range [][]any{
		{"get", key},
		{"set", key, "1", "px", "1000"},
		{"setnx", key, "1"},
		{"del", key},
		{"incr", key},
		{"xadd", key, "*", "r", "1"},
		{"xread", "count", "1", "streams", key, "0"},
		{"xrange", key, "-", "+", "count", "1"},
		{"xtrim", key, "minid", "0"},
	} {
		if err := try(command...); err != nil {
			return missing, err
		}
	}
	return missing, nil
}
