package caddymodule

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	_ "github.com/caddyserver/caddy/v2/modules/metrics"

	oktaemu "github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/revocation"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
	"github.com/passkey-sidecar/passkey-sidecar/internal/sharedstate"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/ports"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/redisserver"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/wait"
)

const redisPassword = "redis-password-that-must-not-leak"

// startRedis runs a server and returns the setting that uses it.
func startRedis(t *testing.T) (srv *redisserver.Server, setting string) {
	t.Helper()
	t.Setenv("TEST_REDIS_PASSWORD", redisPassword)
	srv = redisserver.Start(t, redisserver.Config{Persist: true, File: "requirepass " + redisPassword})
	return srv, "state redis://" + srv.Addr + " {\npassword {env.TEST_REDIS_PASSWORD}\n}"
}

// replica is another process, as far as Redis sees one.
func (w *world) replica(srv *redisserver.Server) *revocation.List {
	w.t.Helper()
	ring, err := seal.NewKeyring([]byte(sessionKey))
	if err != nil {
		w.t.Fatal(err)
	}
	address := sharedstate.Address{URL: "redis://:" + redisPassword + "@" + srv.Addr}
	records := revocation.NewRecords(nil, nil)
	redis, err := sharedstate.NewRedis(sharedstate.RedisConfig{
		Address: address, Namespace: sharedstate.Namespace(w.okta.Issuer(), "0oa1client"), Records: records,
	}, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	redis.Start()
	w.t.Cleanup(func() { _ = redis.Close() })
	list, err := revocation.New(revocation.Config{
		Records: records, Keyring: ring.Bind(w.okta.Issuer() + " 0oa1client"), Publisher: redis, Lifetime: 8 * time.Hour,
	}, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// within waits for what must become true, a second at most.
func within(t *testing.T, what string, is func() bool) {
	t.Helper()
	wait.Within(t, time.Second, what, is)
}

const asScript = "GET /orders HTTP/1.1\nHost: {host}\nCookie: {cookies}\nSec-Fetch-Mode: cors\nConnection: close\n\n"

// stolen is a request with the cookies that the browser has now.
func (b *browser) stolen() string {
	b.t.Helper()
	return strings.Replace(asScript, "{cookies}", b.fill("{cookies}"), 1)
}

func TestReplayedCookieIsDeadAfterSignOut(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.browser()
	b.signIn("/")
	stolen := b.stolen()
	if p := b.raw(stolen); p.StatusCode != http.StatusOK {
		t.Fatalf("before: %s", p.Status)
	}
	b.send(http.MethodPost, "/passkeys/logout", url.Values{})
	if p := b.raw(stolen); p.StatusCode != http.StatusUnauthorized {
		t.Errorf("replayed: %s", p.Status)
	}
	// A reload forgets nothing.
	w.start("brand {\nname Renamed\n}")
	if p := b.raw(stolen); p.StatusCode != http.StatusUnauthorized {
		t.Errorf("replayed after a reload: %s", p.Status)
	}
	if p := b.signIn("/"); p.StatusCode != http.StatusOK {
		t.Errorf("a new sign-in: %s", p.Status)
	}
}

func TestRevocationByAnotherReplicaCutsCookieAndStream(t *testing.T) {
	w := newWorld(t)
	srv, setting := startRedis(t)
	w.longLived()
	w.start(setting)
	b := w.browser()
	b.signIn("/")
	stream := b.openStream(streamRequests["WebSocket"])
	other := w.replica(srv)
	alice, _ := w.okta.User("alice@acme.test")
	if err := other.EndSubject(t.Context(), w.okta.Issuer(), alice.ID); err != nil {
		t.Fatal(err)
	}
	latest := time.Now().Add(time.Second)
	within(t, "the cookie's end", func() bool { return b.raw(asScript).StatusCode == http.StatusUnauthorized })
	cutBy(t, "WebSocket", stream, latest)
	if strings.Contains(w.logs(), redisPassword) {
		t.Error("the log shows the password")
	}
}

// The first request of a new process waits for the other replicas' revocations.
func TestRestartedSidecarKnowsWhatWasEnded(t *testing.T) {
	w := newWorld(t)
	srv, setting := startRedis(t)
	w.start(setting)
	b := w.browser()
	b.signIn("/")
	stolen := b.stolen()
	b.send(http.MethodPost, "/passkeys/logout", url.Values{})
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	w.start(setting)
	if p := b.raw(stolen); p.StatusCode != http.StatusUnauthorized {
		t.Errorf("after a restart the replayed cookie counts: %s", p.Status)
	}
	srv.Kill()
	w.start("brand {\nname Renamed\n}\n" + setting)
	if p := b.raw(stolen); p.StatusCode != http.StatusUnauthorized {
		t.Errorf("after a reload without Redis: %s", p.Status)
	}
}

func (b *browser) health() health {
	b.t.Helper()
	p := b.get("/passkeys/health")
	var h health
	if err := json.Unmarshal([]byte(p.body), &h); err != nil || p.StatusCode != http.StatusOK || p.Header.Get("Cache-Control") != "no-store" {
		b.t.Fatalf("%s %q %v", p.Status, p.body, err)
	}
	return h
}

func TestSessionsGoOnWithoutRedis(t *testing.T) {
	w := newWorld(t)
	srv, setting := startRedis(t)
	w.start(setting)
	b, leaving := w.browser(), w.browser()
	b.signIn("/")
	leaving.signIn("/")
	stolen := leaving.stolen()
	within(t, "a healthy start", func() bool { return b.health() == health{healthOK, healthUp, healthUp} })
	srv.Kill()
	within(t, "the loss in the health", func() bool { return b.health() == health{healthDegraded, healthUp, healthDown} })
	if p := b.get("/orders"); p.StatusCode != http.StatusOK {
		t.Errorf("a live session: %s", p.Status)
	}
	leaving.send(http.MethodPost, "/passkeys/logout", url.Values{})
	if p := b.raw(stolen); p.StatusCode != http.StatusUnauthorized {
		t.Errorf("signed out while Redis is down: %s", p.Status)
	}
	if p := w.browser().signIn("/"); p.StatusCode != http.StatusOK {
		t.Errorf("a new sign-in: %s", p.Status)
	}
	srv.Restart()
	other := w.replica(srv)
	within(t, "the queued revocation at another replica", func() bool { return other.Generation() > 1 })
	within(t, "a healthy end", func() bool { return b.health() == health{healthOK, healthUp, healthUp} })
}

func TestHealthSaysNothingToStrangersButHow(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.browser()
	if h := b.health(); h != (health{healthOK, healthUnknown, stateMemory}) {
		t.Errorf("at the start: %+v", h)
	}
	if err := w.okta.Fault(oktaemu.Fault{Name: oktaemu.FaultDown}); err != nil {
		t.Fatal(err)
	}
	b.get("/orders") // the first sign-in finds out
	if h := b.health(); h != (health{healthDegraded, healthDown, stateMemory}) {
		t.Errorf("without Okta: %+v", h)
	}
	if p := b.raw("POST /passkeys/health HTTP/1.1\nHost: {host}\nContent-Length: 0\nConnection: close\n\n"); p.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %s", p.Status)
	}
}

func TestBadStateIsRefusedWithoutShowingIt(t *testing.T) {
	w := newWorld(t)
	t.Setenv("TEST_BAD_URL", "redis://app:"+redisPassword+"@redis:port")
	for name, setting := range map[string]string{ //nolint:gosec // it must not work
		"a literal password": "state redis://app:" + redisPassword + "@redis:6379",
		"a bad address":      "state {env.TEST_BAD_URL}",
		"no such secret":     "state redis://redis {\npassword {env.TEST_NOT_SET}\n}",
		"no such file":       "state rediss://redis {\ntls_ca /does/not/exist.pem\n}",
		"memory with more":   "state memory {\ncluster\n}",
		"both kinds":         "state redis://a,b {\ncluster\nsentinel main\n}",
	} {
		if err := load(t, w.caddyfile(setting)); err == nil || strings.Contains(err.Error(), redisPassword) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMetrics(t *testing.T) {
	w := newWorld(t)
	w.longLived()
	w.start("")
	port := ports.Free(t)
	withMetrics := w.caddyfile("") + "\nhttp://localhost:" + port + " {\n\tmetrics\n}\n"
	for range 2 { // a reload has a registry of its own
		if err := load(t, withMetrics); err != nil {
			t.Fatal(err)
		}
	}
	b, leaving := w.browser(), w.browser()
	b.signIn("/")
	leaving.signIn("/")
	leaving.send(http.MethodPost, "/passkeys/logout", url.Values{})
	b.openStream(streamRequests["event stream"])
	body := b.get("http://localhost:" + port + "/metrics").body
	for _, want := range []string{
		`passkeys_state_up{client_id="0oa1client"} 1`, `passkeys_revocations{client_id="0oa1client"} 1`,
		`passkeys_revocations_queued{client_id="0oa1client"} 0`, `passkeys_streams_open{client_id="0oa1client"} 1`,
	} {
		if !strings.Contains(body, want+"\n") {
			t.Errorf("%s is missing in %s", want, body)
		}
	}
}

// TestRevokedSessionWhileTheKeysWaitForALock: another replica holds the lock of the keys
// in the storage for longer than the first requests wait for revocations, and Redis is
// slow to connect. Nobody is let in meanwhile.
func TestRevokedSessionWhileTheKeysWaitForALock(t *testing.T) {
	p := &Passkeys{}
	began := time.Now()
	shared := &notedStart{Memory: sharedstate.NewMemory(nil)}
	p.shared = &heldState{shared, "0oa1client"}
	p.log = slog.New(slog.DiscardHandler)
	ring, err := seal.NewKeyring([]byte(strings.Repeat("k", seal.MinSecret)))
	if err != nil {
		t.Fatal(err)
	}
	storage, err := json.Marshal(map[string]string{"module": "file_system", "root": t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, err := caddy.ProvisionContext(&caddy.Config{Admin: &caddy.AdminConfig{Disabled: true}, StorageRaw: storage})
	if err != nil {
		t.Fatal(err)
	}
	asked := false
	stored := storedKeys{name: "x", generate: func() ([]byte, error) {
		asked = true
		if shared.started.IsZero() {
			t.Error("the keys are waited for before Redis is asked to connect")
		}
		return nil, errors.New("the lock is held")
	}}
	if err := p.run(ctx, values{sessionKeys: sessionKeys{ring, stored}}); err == nil || !asked {
		t.Fatalf("asked for keys: %v, %v", asked, err)
	}
	if p.start.Before(began) || shared.started.Before(p.start) {
		t.Errorf("requests wait from %s on, Redis starts at %s", p.start, shared.started)
	}
}

type notedStart struct {
	*sharedstate.Memory
	started time.Time
}

func (n *notedStart) Start() { n.started = time.Now() }
