package caddymodule

import (
	"net/http"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/goleak"

	oktaemu "github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// Caddy and certmagic start these once for the process.
		goleak.IgnoreAnyFunction("github.com/caddyserver/certmagic.(*Cache).maintainAssets"),
		goleak.IgnoreAnyFunction("github.com/caddyserver/caddy/v2.trapSignalsCrossPlatform.func1"),
		// Ends within five seconds of the lock's release.
		goleak.IgnoreAnyFunction("github.com/caddyserver/certmagic.keepLockfileFresh"),
		goleak.IgnoreAnyFunction("github.com/golang/glog.(*fileSink).flushDaemon"),
	)
}

// discoveries counts how often the metadata was fetched.
func (w *world) discoveries() int {
	n := 0
	for _, e := range w.okta.Events() {
		if e.Name == oktaemu.EventDiscoveryServed {
			n++
		}
	}
	return n
}

func TestReloadKeepsSessionsAndState(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.browser()
	b.signIn("/")
	fetched := w.discoveries()
	for _, extra := range []string{"", "path /passkeys", "brand {\nname Renamed\n}"} {
		w.start(extra)
		if p := b.get("/orders"); p.StatusCode != http.StatusOK || p.app(t).Headers.Get("X-Forwarded-User") == "" {
			t.Errorf("after a reload with %q: %s", extra, p.Status)
		}
	}
	// A new browser signs in with the metadata that the first one fetched.
	w.browser().signIn("/").app(t)
	if w.discoveries() != fetched {
		t.Errorf("discovery was repeated: %d, then %d", fetched, w.discoveries())
	}
}

func TestFailedReloadKeepsTheRunningConfiguration(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.browser()
	b.signIn("/")
	for name, bad := range map[string]string{
		"an unresolved secret": strings.Replace(w.caddyfile(""), "{env.TEST_CLIENT_SECRET}", "{env.TEST_NOT_SET}", 1),
		"a short session key":  strings.Replace(w.caddyfile(""), "{env.TEST_SESSION_KEY}", "short", 1),
		"a public hole":        strings.Replace(w.caddyfile(""), "/static/*", "/*", 1),
		"a foreign http URL":   strings.Replace(w.caddyfile(""), "public_url "+w.site, "public_url http://app.example.com", 1),
	} {
		if err := load(t, bad); err == nil {
			t.Errorf("%s was accepted", name)
		} else if strings.Contains(err.Error(), clientSecret) || strings.Contains(err.Error(), apiSecret) {
			t.Errorf("%s: the error shows a secret: %v", name, err)
		}
		if p := b.get("/orders"); p.StatusCode != http.StatusOK {
			t.Errorf("after %s: %s", name, p.Status)
		}
	}
	if n := references(w.okta.Issuer()); n != 1 {
		t.Errorf("the running configuration's state is held %d times, want once", n)
	}
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	if n := references(w.okta.Issuer()); n != 0 {
		t.Errorf("after the stop the state is still held %d times", n)
	}
}

func references(issuer string) int {
	return heldSites.holders(siteKey(issuer, "0oa1client"))
}

func TestStartsWhileOktaIsDown(t *testing.T) {
	w := newWorld(t)
	if err := w.okta.Fault(oktaemu.Fault{Name: oktaemu.FaultDown}); err != nil {
		t.Fatal(err)
	}
	w.start("")
	if p := w.browser().get("/healthz"); p.StatusCode != http.StatusOK {
		t.Errorf("public path: %s", p.Status)
	}
}

func TestGeneratedKeyOutlivesARestart(t *testing.T) {
	w := newWorld(t)
	caddyfile := strings.Replace(w.caddyfile(""), "key {env.TEST_SESSION_KEY}", "", 1)
	if err := load(t, caddyfile); err != nil {
		t.Fatal(err)
	}
	b := w.browser()
	b.signIn("/")
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := load(t, caddyfile); err != nil {
		t.Fatal(err)
	}
	if p := b.get("/orders"); p.StatusCode != http.StatusOK || p.app(t).Headers.Get("X-Forwarded-User") == "" {
		t.Errorf("after a restart: %s at %s", p.Status, p.Request.URL)
	}
}
