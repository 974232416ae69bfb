package caddymodule

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"

	corbadoemu "github.com/passkey-sidecar/passkey-sidecar/internal/emulator/corbado"
	oktaemu "github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/keys"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/ports"
)

const (
	clientSecret = "client-secret-that-must-not-leak"
	apiSecret    = "corbado1_secretThatMustNotLeak000"
	sessionKey   = "session-key-that-must-not-leak-0123456789"
	password     = "correct horse"
)

// world is one site behind the module, with emulated clouds and an app that
// answers with the headers it got.
type world struct {
	t          *testing.T
	okta       *oktaemu.Server
	corbado    *corbadoemu.Server
	oktaURL    string
	corbadoURL string
	app        *httptest.Server
	site       string // the public URL
	logFile    string
	// metricsPort is of the site that shows Caddy's metrics, "" until there is one.
	metricsPort string
	witness     witness
}

// newWorld starts everything but Caddy. The site's port is chosen beforehand,
// because the public URL holds it.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, site: "http://localhost:" + ports.Free(t), logFile: filepath.Join(t.TempDir(), "caddy.log")}
	var oktaHandler, corbadoHandler http.Handler
	oktaServer := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { oktaHandler.ServeHTTP(rw, r) }))
	corbadoServer := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { corbadoHandler.ServeHTTP(rw, r) }))
	w.oktaURL, w.corbadoURL = oktaServer.URL, corbadoServer.URL
	var err error
	if w.okta, err = oktaemu.New(oktaemu.Config{
		PublicURL: oktaServer.URL, NewKey: keys.Lend(t),
		Clients: []oktaemu.Client{{
			ID: "0oa1client", Secret: clientSecret, RedirectURIs: []string{w.site + "/passkeys/callback"},
			PostLogoutRedirectURIs: []string{w.site + "/passkeys/signed-out"},
			SingleLogout:           oktaemu.SingleLogout{FrontchannelURI: w.site + "/passkeys/frontchannel-logout", SessionRequired: true},
			RotateRefreshTokens:    true, RefreshLeeway: -1, // the least forgiving
		}},
		Users: []oktaemu.User{{
			Login: "alice@acme.test", Email: "alice@acme.test", EmailVerified: true, FirstName: "Alice", LastName: "Acme",
			Password: password, Groups: []string{"orders", "a,b"},
		}},
	}); err != nil {
		t.Fatal(err)
	}
	if w.corbado, err = corbadoemu.New(corbadoemu.Config{
		PublicURL: corbadoServer.URL, NewKey: keys.Lend(t), ProjectID: "pro-1", APISecret: apiSecret, RPID: "localhost", RPOrigins: []string{w.site},
	}); err != nil {
		t.Fatal(err)
	}
	oktaHandler, corbadoHandler = w.witness.watch(w.okta), w.witness.watch(w.corbado)
	w.app = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		rw.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(rw).Encode(map[string]any{"path": r.URL.RequestURI(), "headers": r.Header, "trailer": r.Trailer})
	}))
	t.Setenv("TEST_CLIENT_SECRET", clientSecret)
	t.Setenv("TEST_API_SECRET", apiSecret)
	t.Setenv("TEST_SESSION_KEY", sessionKey)
	t.Cleanup(func() {
		// Caddy's proxy says goodbye to open WebSockets when it stops, and races with
		// its own copying. By now the test has closed its connections.
		within(t, "the end of all streams", func() bool { return openStreams() == 0 })
		if err := caddy.Stop(); err != nil {
			t.Error(err)
		}
		w.app.Close()
		oktaServer.Close()
		corbadoServer.Close()
	})
	return w
}

// openStreams counts those of all configurations.
func openStreams() (open int) {
	heldSites.each(func(s *heldSite) { open += s.streams.Open() })
	return open
}

// caddyfile is the site's configuration; extra goes into the passkeys block.
func (w *world) caddyfile(extra string) string {
	return fmt.Sprintf(`{
	admin off
	auto_https off
	persist_config off
	debug
	storage file_system %s
	log default {
		output file %s {
			roll_disabled
		}
		format json
	}
	servers {
		trace
	}
}
%s {
	log
	passkeys {
		public_url %[3]s
		okta {
			issuer %[4]s
			client_id 0oa1client
			client_secret {env.TEST_CLIENT_SECRET}
			scopes openid profile email groups
		}
		corbado {
			project_id pro-1
			api_secret {env.TEST_API_SECRET}
			backend_api %[5]s
			frontend_api %[5]s
		}
		session {
			key {env.TEST_SESSION_KEY}
		}
		enroll never
		public /healthz /static/*
		%[6]s
	}
	reverse_proxy %[7]s {
		header_up X-Placeholder-User {http.auth.user.id}
	}
}
`, filepath.Join(filepath.Dir(w.logFile), "storage"), w.logFile, w.site, w.okta.Issuer(), w.corbadoURL, extra, strings.TrimPrefix(w.app.URL, "http://"))
}

// load adapts and runs a Caddyfile.
func load(t *testing.T, caddyfile string) error {
	t.Helper()
	cfg, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(caddyfile), map[string]any{"filename": "Caddyfile"})
	if err != nil {
		return err
	}
	if err := caddy.Load(cfg, true); err != nil {
		return err
	}
	awaitOneListener(t, cfg)
	return nil
}

// awaitOneListener waits until the sockets of the configuration before are closed.
// Caddy does that in the background, and until then some new connections are
// served by the rules before (docs/reloads.md).
func awaitOneListener(t *testing.T, cfg []byte) {
	t.Helper()
	var c struct {
		Apps struct {
			HTTP struct {
				Servers map[string]struct{ Listen []string }
			}
		}
	}
	if err := json.Unmarshal(cfg, &c); err != nil {
		t.Fatal(err)
	}
	for _, server := range c.Apps.HTTP.Servers {
		for _, address := range server.Listen {
			for end := time.Now().Add(10 * time.Second); listeners(t, address) > 1; time.Sleep(time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("%s: the listener before a reload stays open", address)
				}
			}
		}
	}
}

// listeners counts the sockets that listen on an address's port, by the kernel's
// tables (proc_pid_net(5)): state 0A is LISTEN.
func listeners(t *testing.T, address string) int {
	t.Helper()
	_, port, _ := strings.Cut(address, ":")
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		t.Fatalf("no port in the address %q", address)
	}
	suffix, n := fmt.Sprintf(":%04X", number), 0
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		raw, _ := os.ReadFile(table) //nolint:gosec // G304: two names; elsewhere than on Linux there is none
		for line := range strings.Lines(string(raw)) {
			if f := strings.Fields(line); len(f) > 3 && f[3] == "0A" && strings.HasSuffix(f[1], suffix) {
				n++
			}
		}
	}
	return n
}

func (w *world) start(extra string) {
	w.t.Helper()
	if err := load(w.t, w.caddyfile(extra)); err != nil {
		w.t.Fatal(err)
	}
}

// logs is everything that Caddy wrote.
func (w *world) logs() string {
	w.t.Helper()
	raw, err := os.ReadFile(w.logFile)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(raw)
}

// browser is a client that keeps cookies and asks as a navigation does.
type browser struct {
	*world
	*http.Client
}

func (w *world) browser() *browser {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &browser{w, &http.Client{Jar: jar, CheckRedirect: asBrowsersDo, Transport: &w.witness}}
}

// asBrowsersDo takes out the Referer that Go's client makes of the URL that
// redirected. A browser keeps that of the page where the chain began, and ours
// say no-referrer.
func asBrowsersDo(r *http.Request, _ []*http.Request) error {
	r.Header.Del("Referer")
	return nil
}

// page is an answer with its body read.
type page struct {
	*http.Response
	body string
}

func (b *browser) send(method, target string, form url.Values, headers ...string) page {
	b.t.Helper()
	if strings.HasPrefix(target, "/") {
		target = b.site + target
	}
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, target, body)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", req.URL.Scheme+"://"+req.URL.Host)
	}
	for pair := range slices.Chunk(headers, 2) {
		req.Header.Set(pair[0], pair[1])
	}
	resp, err := b.Do(req)
	// At a reload Linux resets connections that wait at the old listener
	// (SO_REUSEPORT); a browser asks again, too.
	for try := 0; err != nil && form == nil && try < 3; try++ {
		resp, err = b.Do(req)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return page{resp, string(raw)}
}

func (b *browser) get(target string, headers ...string) page {
	b.t.Helper()
	return b.send(http.MethodGet, target, nil, headers...)
}

var stateToken = regexp.MustCompile(`name="stateToken" value="([^"]+)"`)

// signIn opens a page of the app and signs in at Okta on the way.
func (b *browser) signIn(target string) page {
	b.t.Helper()
	p := b.get(target)
	for step, answer := range []string{"alice@acme.test", password} {
		m := stateToken.FindStringSubmatch(p.body)
		if m == nil {
			b.t.Fatalf("step %d: no sign-in form at %s: %s %s", step, p.Request.URL, p.Status, p.body)
		}
		form := url.Values{"stateToken": {m[1]}}
		if step == 0 {
			form.Set("identifier", answer)
			p = b.send(http.MethodPost, b.oktaURL+"/signin/identify", form)
		} else {
			form.Set("credentials.passcode", answer)
			p = b.send(http.MethodPost, b.oktaURL+"/signin/verify", form)
		}
	}
	return p
}

// seen is what the app answered with.
type seen struct {
	Path    string
	Headers http.Header
	Trailer http.Header
}

func (p page) app(t *testing.T) seen {
	t.Helper()
	var s seen
	if err := json.Unmarshal([]byte(p.body), &s); err != nil {
		t.Fatalf("%s %s is no answer of the app: %s %s", p.Request.Method, p.Request.URL, p.Status, p.body)
	}
	return s
}
