package caddymodule

import (
	"strings"
	"testing"
)

// TestASessionsLifetimeAlone is no quarrel with an idle time that nobody wrote.
func TestASessionsLifetimeAlone(t *testing.T) {
	w := newWorld(t)
	config := strings.Replace(w.caddyfile(""), "key {env.TEST_SESSION_KEY}", "key {env.TEST_SESSION_KEY}\n\t\t\tlifetime 30m", 1)
	if err := load(t, config); err != nil {
		t.Fatal(err)
	}
	b := w.browser()
	b.signIn("/")
	if p := b.get("/orders"); p.app(t).Headers.Get("X-Forwarded-User") == "" {
		t.Errorf("%s %s", p.Status, p.body)
	}
	written := strings.Replace(config, "lifetime 30m", "lifetime 30m\n\t\t\tidle 1h", 1)
	if err := load(t, written); err == nil || !strings.Contains(err.Error(), "idle") {
		t.Errorf("an idle time of more than the lifetime, written down: %v", err)
	}
}
