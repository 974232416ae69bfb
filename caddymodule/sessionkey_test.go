package caddymodule

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
)

// withoutKey is the site's configuration with the generated session key.
func (w *world) withoutKey(settings string) string {
	return strings.Replace(w.caddyfile(""), "key {env.TEST_SESSION_KEY}", settings, 1)
}

func (w *world) storage(name string) string {
	return filepath.Join(filepath.Dir(w.logFile), "storage", filepath.FromSlash(name))
}

// stillIn fails unless the browser reaches the app without signing in.
func (b *browser) stillIn(when string) {
	b.t.Helper()
	b.CloseIdleConnections() // those of the configuration before
	if p := b.get("/orders"); p.StatusCode != http.StatusOK || p.app(b.t).Headers.Get("X-Forwarded-User") == "" {
		b.t.Errorf("%s: %s at %s", when, p.Status, p.Request.URL)
	}
}

func TestUpgradeKeepsTheEarlierGeneratedKey(t *testing.T) {
	w := newWorld(t)
	earlier := bytes.Repeat([]byte("e"), 32)
	if err := os.MkdirAll(filepath.Dir(w.storage(earlierSessionKeyPath)), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.storage(earlierSessionKeyPath), earlier, 0o600); err != nil {
		t.Fatal(err)
	}
	// The earlier release, with its one key.
	if err := load(t, w.withoutKey("key {file."+w.storage(earlierSessionKeyPath)+"}")); err != nil {
		t.Fatal(err)
	}
	b := w.browser()
	b.signIn("/")
	if err := load(t, w.withoutKey("rotate 7d")); err != nil {
		t.Fatal(err)
	}
	b.stillIn("after the upgrade")
}

func TestGeneratedKeyChangesUnderALiveSession(t *testing.T) {
	w := newWorld(t)
	if err := load(t, w.withoutKey("")); err != nil {
		t.Fatal(err)
	}
	b := w.browser()
	b.signIn("/")
	// What the clock would bring about in a month: a successor has taken over.
	shelf := vault{caddy.ActiveContext().Storage()}
	before, err := shelf.Load(t.Context(), sessionKeysPath)
	if err != nil {
		t.Fatal(err)
	}
	after := strings.Replace(string(before), `}]}`,
		`},{"id":"successor","secret":"c3VjY2Vzc29yLXN1Y2Nlc3Nvci1zdWNjZXNzb3ItMTIz","from":"`+time.Now().UTC().Format(time.RFC3339Nano)+`"}]}`, 1)
	if err := shelf.Store(t.Context(), sessionKeysPath, []byte(after)); err != nil {
		t.Fatal(err)
	}
	if err := load(t, w.withoutKey("")); err != nil {
		t.Fatal(err)
	}
	b.stillIn("under the successor")
	fresh := w.browser()
	fresh.signIn("/")
	fresh.stillIn("signed in under the successor")
	if strings.Contains(w.logs(), "c3VjY2Vzc29y") {
		t.Error("the log holds a key")
	}
}

func TestCorruptKeysStopTheStart(t *testing.T) {
	w := newWorld(t)
	if err := os.MkdirAll(filepath.Dir(w.storage(sessionKeysPath)), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "secret garbage", `{"version":9}`} {
		if err := os.WriteFile(w.storage(sessionKeysPath), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := load(t, w.withoutKey(""))
		if err == nil || !strings.Contains(err.Error(), sessionKeysPath) || strings.Contains(err.Error(), "garbage") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestConfiguredKeyFilesAreReadAtReload(t *testing.T) {
	w := newWorld(t)
	file, second := filepath.Join(t.TempDir(), "key"), filepath.Join(t.TempDir(), "older")
	write := func(name, key string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(strings.Repeat(key, 32)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	reload := func() {
		t.Helper()
		if err := load(t, w.withoutKey("key {file."+file+"} {file."+second+"}")); err != nil {
			t.Fatal(err)
		}
	}
	write(file, "a")
	write(second, "z")
	reload()
	b := w.browser()
	b.signIn("/")
	write(file, "b")
	write(second, "a")
	reload()
	b.stillIn("with the old key in second place")
	write(second, "c")
	reload()
	b.CloseIdleConnections()
	if p := b.get("/orders", "Accept", "application/json"); p.StatusCode != http.StatusUnauthorized {
		t.Errorf("with the old key gone: %s", p.Status)
	}
}

func TestRotationSettingsThatMakeNoSense(t *testing.T) {
	w := newWorld(t)
	for settings, want := range map[string]string{
		"rotate 1h": "too often",
		"key {env.TEST_SESSION_KEY}\n\t\t\trotate 30d": "your own",
	} {
		if err := load(t, w.withoutKey(settings)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", settings, err)
		}
	}
	if err := load(t, w.withoutKey("rotate off")); err != nil {
		t.Errorf("off: %v", err)
	}
}
