package sharedstate

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/redisserver"
)

// TestInspectChangesNothing: each right that lacks is named, by every command that the
// sidecar sends, and no key is there afterwards.
func TestInspectChangesNothing(t *testing.T) {
	commands := []string{"get", "set", "setnx", "del", "incr", "multi", "exec", "xadd", "xread", "xrange", "xtrim"}
	for _, program := range redisserver.Programs(t) {
		file := []string{}
		for _, lacks := range append(slices.Clone(commands), "nothing") {
			rights := slices.DeleteFunc(slices.Clone(commands), func(c string) bool { return c == lacks })
			file = append(file, "user no-"+lacks+" on >p ~passkeys:* resetchannels +@connection +"+strings.Join(rights, " +"))
		}
		r := redisserver.Start(t, redisserver.Config{Program: program, File: strings.Join(file, "\n")})
		for _, lacks := range append(slices.Clone(commands), "nothing") {
			got, err := Address{URL: "redis://no-" + lacks + "@" + r.Addr, Password: secret.New("p")}.Inspect(t.Context())
			var want []string
			if lacks != "nothing" {
				want = []string{lacks}
			}
			if diff := cmp.Diff(want, got.Refused); diff != "" || err != nil || !got.Unseen {
				t.Errorf("%s without %s: %v %+v %s", program, lacks, err, got, diff)
			}
		}
		got, err := Address{URL: "redis://" + r.Addr}.Inspect(t.Context())
		if err != nil || got.Version == "" || got.Eviction != "noeviction" || got.Unseen || got.TooOld() || got.Replica || len(got.Refused) > 0 {
			t.Errorf("%s: %v %+v", program, err, got)
		}
		if n := r.Keys(t); n != 0 {
			t.Errorf("%s: %d keys", program, n)
		}
	}
}

func TestInspectKnowsOldServers(t *testing.T) {
	for version, old := range map[string]bool{"5.0.14": true, "6.0.16": true, "6.2.0": false, "7.4": false, "8.0.1": false, "": false, "x.y": false} {
		if got := (Inspection{Name: "redis", Version: version}).TooOld(); got != old {
			t.Errorf("redis %q: %v", version, got)
		}
	}
}

func FuzzInspectionReads(f *testing.F) {
	for _, seed := range []string{"", "# Server\r\nredis_version:7.2.4\r\nrole:master\r\n", "valkey_version:8.0.1\nrole:slave\naof_enabled:1", "::\n:", "redis_version:6"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, info string) {
		var i Inspection
		i.read(info)
		if i.Name == "valkey" && i.TooOld() {
			t.Errorf("%+v", i)
		}
	})
}
