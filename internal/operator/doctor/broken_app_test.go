package doctor

import (
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
	"github.com/passkey-sidecar/passkey-sidecar/internal/sharedstate"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/redisserver"
)

// shows makes what stands at the public URL answer a path; "" is every path.
func shows(path string, answer func(http.ResponseWriter, *http.Request) bool) func(*world) {
	return func(w *world) {
		w.atSidecar = func(rw http.ResponseWriter, r *http.Request) bool {
			if path == "" && r.URL.Path == "/passkeys/health" || path != "" && !strings.HasPrefix(r.URL.Path, path) {
				return false
			}
			return answer(rw, r)
		}
	}
}

func status(code int) func(http.ResponseWriter, *http.Request) bool {
	return func(rw http.ResponseWriter, _ *http.Request) bool { rw.WriteHeader(code); return true }
}

func TestBrokenWaysToTheAppAreFound(t *testing.T) {
	find(t, []broken{
		{"nothing at the public URL", false, func(w *world) { w.PublicURLs = []string{"http://" + nobody(w.t)} }, "sidecar", Warning, "start what should listen"},
		{"no sidecar at the public URL", false, func(w *world) { w.PublicURLs = []string{w.app.URL} }, "sidecar", Error, "to the sidecar"},
		{"the load balancer changes the host", false, shows("/passkeys/health", status(http.StatusMisdirectedRequest)), "sidecar", Error, "proxy_set_header Host"},
		{"the app is served without a sign-in", false, shows("", html("<html>orders")), "sidecar", Error, "in front of every route"},
		{"no sign-in begins", false, shows("", status(http.StatusBadGateway)), "sidecar", Error, "sidecar's log"},
		{"sign-ins come back elsewhere", false, shows("", func(rw http.ResponseWriter, r *http.Request) bool {
			http.Redirect(rw, r, "/authorize?client_id="+clientID+"&redirect_uri=https://old.example.com/passkeys/callback", http.StatusFound)
			return true
		}), "sidecar", Error, "set public_url SITE"},
		{"another configuration runs there", false, func(w *world) {
			c, _ := w.okta.Client(clientID)
			next := *c
			next.ID = "0oa2client"
			if _, err := w.okta.AddClient(next); err != nil {
				w.t.Fatal(err)
			}
			w.Okta.ClientID = "0oa2client"
		}, "sidecar", Warning, "reload it"},
		{"the sidecar is degraded", false, shows("/passkeys/health", func(rw http.ResponseWriter, _ *http.Request) bool {
			_, _ = io.WriteString(rw, `{"status":"degraded","identity_provider":"up","state":"down"}`)
			return true
		}), "sidecar", Warning, "docs/operations.md"},
		{"the public URL hangs", false, func(w *world) {
			w.Patience = 300 * time.Millisecond
			w.atSidecar = hang
		}, "sidecar", Warning, "HTTPS_PROXY"},
		{"forged headers reach the app", false, func(w *world) { w.leaks = true }, "headers", Error, "in front of the route to the app"},
		{"the app does not show its headers", false, func(w *world) { w.Public = []string{"/passkeys/health"} }, "headers", Unproven, "curl -H"},
		{"nothing is public", false, func(w *world) { w.Public = nil }, "headers", Unproven, "curl -H"},
		{"the app does not answer", false, func(w *world) { w.Upstreams = []Upstream{{Dial: nobody(w.t)}} }, "app", Error, "start what should listen"},
		{"the app hangs", false, func(w *world) { w.Patience, w.Upstreams = 300*time.Millisecond, []Upstream{{Dial: deaf(w.t)}} }, "app", Error, "find out why it hangs"},
		{"the app's socket is not there", false, func(w *world) { w.Upstreams = []Upstream{{Dial: "unix/" + filepath.Join(w.t.TempDir(), "app.sock")}} }, "app", Error, "start the app"},
		{"the app is elsewhere in the network", false, func(w *world) {
			dial := w.Upstreams[0].Dial
			w.Client = &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				if address == "orders.internal:8080" {
					address = dial
				}
				return new(net.Dialer).DialContext(ctx, network, address)
			}}}
			w.Upstreams = []Upstream{{Dial: "orders.internal:8080"}}
		}, "app", Unproven, "curl http://orders.internal:8080/; it must fail"},
		{"a manifest without the session", false, func(w *world) { w.atApp = html(`<html><link rel="manifest" href="/m.json">`) }, "app", Warning, "use-credentials"},
		{"a service worker", false, func(w *world) { w.atApp = html(`<html><script>navigator.serviceWorker.register("/sw.js")</script>`) }, "app", Warning, "docs/spa.md"},
		{"the app's own sign-in", false, func(w *world) { w.atApp = html(`<html><form><input name="p" type="password">`) }, "app", Warning, "switch its own sign-in off"},
	})
}

// TestAnAppOnEveryAddressIsFound: the sidecar goes by localhost, and the app listens on
// the network's addresses too.
func TestAnAppOnEveryAddressIsFound(t *testing.T) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	outside := false
	for _, a := range addresses {
		ip, is := a.(*net.IPNet)
		outside = outside || is && !ip.IP.IsLoopback() && !ip.IP.IsLinkLocalUnicast()
	}
	if !outside {
		t.Skip("this machine has no address but loopback, so nothing is reachable from outside")
	}
	l, err := net.Listen("tcp", ":0") //nolint:gosec,noctx // that is the mistake
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second}
	t.Cleanup(func() { _ = web.Close() })
	go func() { _ = web.Serve(l) }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	find(t, []broken{
		{"the app listens everywhere", false, func(w *world) { w.Upstreams = []Upstream{{Dial: "127.0.0.1:" + port}} }, "app", Error, "bind the app to 127.0.0.1"},
	})
}

func TestBrokenSharedStateIsFound(t *testing.T) {
	at := func(config redisserver.Config, address func(*redisserver.Server) sharedstate.Address) func(*world) {
		return func(w *world) {
			a := address(redisserver.Start(w.t, config))
			w.State = &a
		}
	}
	plain := func(r *redisserver.Server) sharedstate.Address { return sharedstate.Address{URL: "redis://" + r.Addr} }
	find(t, []broken{
		{"no password", false, at(redisserver.Config{File: "requirepass " + statePass}, plain), "state", Error, "password"},
		{"a wrong password", false, at(redisserver.Config{File: "requirepass other"}, func(r *redisserver.Server) sharedstate.Address {
			return sharedstate.Address{URL: "redis://" + r.Addr, Password: secret.New(statePass)}
		}), "state", Error, "password"},
		{"a user without rights", false, at(redisserver.Config{File: "user passkeys on >" + statePass + " ~passkeys:* +@connection +get +set"}, func(r *redisserver.Server) sharedstate.Address {
			return sharedstate.Address{URL: "redis://passkeys@" + r.Addr, Password: secret.New(statePass)}
		}), "state", Error, "+xadd"},
		{"a user without our keys", false, at(redisserver.Config{File: "user passkeys on >" + statePass + " ~other:* +@all"}, func(r *redisserver.Server) sharedstate.Address {
			return sharedstate.Address{URL: "redis://passkeys@" + r.Addr, Password: secret.New(statePass)}
		}), "state", Error, "~passkeys:*"},
		{"a server that evicts", false, at(redisserver.Config{File: "maxmemory-policy allkeys-lru"}, plain), "state", Warning, "noeviction"},
		{"a server that may evict what has an end", false, at(redisserver.Config{File: "maxmemory-policy volatile-lru"}, plain), "state", Unproven, "appendonly yes"},
		{"a replica's address", false, at(redisserver.Config{File: "replicaof 127.0.0.1 1"}, plain), "state", Error, "the primary's address"},
		{"TLS to a server without", false, at(redisserver.Config{}, func(r *redisserver.Server) sharedstate.Address { return sharedstate.Address{URL: "rediss://" + r.Addr} }), "state", Error, "redis://"},
		{"a cluster's setting for a single server", false, at(redisserver.Config{}, func(r *redisserver.Server) sharedstate.Address {
			return sharedstate.Address{URL: "redis://" + r.Addr, Cluster: true}
		}), "state", Error, "cluster"},
		{"an address that is none", false, func(w *world) { w.State = &sharedstate.Address{URL: "http://" + statePass + "@x"} }, "state", Error, "correct the state block"},
		{"no server", false, func(w *world) { w.State = &sharedstate.Address{URL: "redis://" + nobody(w.t)} }, "state", Error, "start what should listen"},
		{"a server that hangs", false, func(w *world) {
			w.Patience = 500 * time.Millisecond
			w.State = &sharedstate.Address{URL: "redis://" + deaf(w.t)}
		}, "state", Error, "NetworkPolicy"},
		{"state that a restart loses", false, at(redisserver.Config{}, plain), "state", Unproven, "appendonly yes"},
	})
}
