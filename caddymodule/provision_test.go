package caddymodule

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
)

// TestARefusedConfigurationLeavesNothingBehind: neither keys in the storage, nor a
// connection to Redis, nor a hold on what outlives reloads. Each of these faults is
// found by another room.
func TestARefusedConfigurationLeavesNothingBehind(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	var connections atomic.Int32
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			_ = c.Close()
		}
	}()
	const wrongComponents = "components javascript:a javascript:b"
	const issuer = "http://127.0.0.1:9/refused"
	for name, fault := range map[string]string{
		"a colour":             "brand {\n color red\n}",
		"a component's URL":    wrongComponents,
		"a public path":        "public /*",
		"a repost path":        "repost /*",
		"a step-up path":       "step_up 5m /passkeys/x",
		"the expiry header":    "expiry_header Set-Cookie",
		"a header let through": "pass_headers X-Forwarded-User",
		"the base path":        "path passkeys",
		"an assertion's time":  "assertion {\n ttl 1s\n}",
		"an assertion's claim": "assertion {\n claims passkey\n}",
	} {
		t.Run(name, func(t *testing.T) {
			components := ""
			if fault == wrongComponents {
				fault, components = "", wrongComponents
			}
			dir := t.TempDir()
			before := connections.Load()
			if err := validate(t, dir, fmt.Sprintf(`{
	admin off
}
http://app.acme.localhost:9 {
	passkeys {
		public_url http://app.acme.localhost:9
		okta {
			issuer %s
			client_id 0oa1client
			client_secret x
		}
		corbado {
			project_id pro-1234567890
			api_secret corbado1_ssssssssssssssssssssssssssssssssssssssss
			%s
		}
		state redis://%s
		%s
	}
	reverse_proxy localhost:9
}`, issuer, components, listener.Addr(), fault)); err == nil {
				t.Fatal("the configuration is taken")
			}
			left, err := os.ReadDir(dir)
			if err != nil || len(left) != 0 {
				t.Errorf("in the storage: %v, %v", left, err)
			}
			if n := connections.Load() - before; n != 0 {
				t.Errorf("%d connections to Redis", n)
			}
			if n := references(issuer); n != 0 {
				t.Errorf("held %d times", n)
			}
		})
	}
}

// validate loads a Caddyfile with its storage in a folder, and unloads it.
func validate(t *testing.T, dir, text string) error {
	t.Helper()
	raw, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(text), map[string]any{"filename": "Caddyfile"})
	if err != nil {
		return err
	}
	var cfg caddy.Config
	if err := json.Unmarshal(raw, &cfg); err != nil {
		t.Fatal(err)
	}
	if cfg.StorageRaw, err = json.Marshal(map[string]string{"module": "file_system", "root": dir}); err != nil {
		t.Fatal(err)
	}
	return caddy.Validate(&cfg)
}
