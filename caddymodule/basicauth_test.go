package caddymodule

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	oktaemu "github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
)

const appPassword = "app-password:that-must-not-leak"

const basicSetting = "basic_auth {\npassword {env.TEST_APP_PASSWORD}\n}"

// basicOf reads what the app was told.
func (s seen) basicOf() (user, password string, ok bool) {
	r := &http.Request{Header: s.Headers}
	return r.BasicAuth()
}

func TestBasicAuthReachesTheApp(t *testing.T) {
	w := newWorld(t)
	t.Setenv("TEST_APP_PASSWORD", appPassword)
	w.start(basicSetting)
	b := w.browser()
	b.signIn("/")
	for name, got := range map[string]seen{
		"plain":                 b.get("/orders").app(t),
		"a client's own":        b.get("/orders", "Authorization", "Basic bWFsbG9yeTp4").app(t),
		"a public path":         b.get("/healthz", "Authorization", "Bearer x").app(t),
		"named in Connection":   b.raw("GET / HTTP/1.1\nHost: {host}\nCookie: {cookies}\nConnection: authorization\nauthorization: Basic bWFsbG9yeTp4\n\n").app(t),
		"OPTIONS":               b.send(http.MethodOptions, "/orders", nil).app(t),
		"two of a client's own": b.raw("GET / HTTP/1.1\nHost: {host}\nCookie: {cookies}\nAuthorization: Basic bWFsbG9yeTp4\nAuthorization: Bearer x\n\n").app(t),
	} {
		if user, password, ok := got.basicOf(); !ok || user != "alice@acme.test" || password != appPassword || len(got.Headers["Authorization"]) != 1 {
			t.Errorf("%s: the app sees %q with %q, %v", name, user, password, got.Headers["Authorization"])
		}
	}
	nobody := w.browser().get("/healthz", "Authorization", "Basic bWFsbG9yeTp4").app(t)
	if v, found := nobody.Headers["Authorization"]; found {
		t.Errorf("nobody's request reaches the app with %q", v)
	}
	if strings.Contains(w.logs(), appPassword) {
		t.Error("the log holds a password")
	}
	if strings.Contains(adapt(t, w.caddyfile(basicSetting)), appPassword) {
		t.Error("the configuration holds the password")
	}
}

func TestWithoutBasicAuthTheHeaderIsTheApps(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.browser()
	b.signIn("/")
	if got := b.get("/", "Authorization", "Bearer x").app(t).Headers.Get("Authorization"); got != "Bearer x" {
		t.Errorf("the app sees %q", got)
	}
}

func TestUserNameWithColon(t *testing.T) {
	w := newWorld(t)
	t.Setenv("TEST_APP_PASSWORD", appPassword)
	w.start("basic_auth {\nuser name\npassword {env.TEST_APP_PASSWORD}\n}")
	if _, err := w.okta.ChangeUser("alice@acme.test", func(u *oktaemu.User) { u.FirstName = "root:x" }); err != nil {
		t.Fatal(err)
	}
	b := w.browser()
	p := b.signIn("/")
	if p.StatusCode != http.StatusForbidden || !strings.Contains(p.body, "user_name_unfit") {
		t.Errorf("%s %s", p.Status, p.body)
	}
	if p := b.get("/passkeys/logout"); p.StatusCode != http.StatusOK {
		t.Errorf("the way out: %s", p.Status)
	}
}

// refusingApp takes nobody, and is a WebSocket server and an event stream too.
func refusingApp(t *testing.T) *httptest.Server {
	t.Helper()
	app := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/socket":
			rw.Header().Set("Connection", "Upgrade")
			rw.Header().Set("Upgrade", "websocket")
			rw.WriteHeader(http.StatusSwitchingProtocols)
			conn, rest, err := http.NewResponseController(rw).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = conn.Close() }()
			line, _ := rest.ReadString('\n')
			_, _ = io.WriteString(conn, "echo "+line)
		case "/events":
			rw.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(rw, "data: 1\n\n")
			_ = http.NewResponseController(rw).Flush()
			<-r.Context().Done()
		case "/":
			_, _ = io.WriteString(rw, "welcome")
		default:
			rw.Header().Add("WWW-Authenticate", `Negotiate, Basic realm="app"`)
			rw.Header().Add("WWW-Authenticate", `basic realm="app, second", charset="UTF-8"`)
			rw.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(rw, "go away")
		}
	}))
	t.Cleanup(app.Close)
	return app
}

// The browser would ask for a password, and nothing typed there could arrive.
func TestBasicDialog(t *testing.T) {
	w := newWorld(t)
	t.Setenv("TEST_APP_PASSWORD", appPassword)
	site := func(settings string) string {
		return strings.Replace(w.caddyfile(settings), strings.TrimPrefix(w.app.URL, "http://"), strings.TrimPrefix(refusingApp(t).URL, "http://"), 1)
	}
	if err := load(t, site(basicSetting)); err != nil {
		t.Fatal(err)
	}
	b := w.browser()
	b.signIn("/")
	for range 3 {
		p := b.get("/orders")
		if got := p.Header.Values("WWW-Authenticate"); p.StatusCode != http.StatusUnauthorized || p.body != "go away" || fmt.Sprint(got) != "[Negotiate]" {
			t.Errorf("%s %q %s", p.Status, got, p.body)
		}
	}
	if n := strings.Count(w.logs(), "the app refused the user or the password"); n != 1 {
		t.Errorf("%d warnings", n)
	}
	if p := w.browser().get("/healthz"); strings.Contains(fmt.Sprint(p.Header), "asic") {
		t.Errorf("nobody's answer: %v", p.Header)
	}
	b.stillStreams()
	if err := load(t, site("")); err != nil {
		t.Fatal(err)
	}
	b.CloseIdleConnections()
	if got := b.get("/orders").Header.Values("WWW-Authenticate"); len(got) != 2 {
		t.Errorf("without basic_auth: %q", got)
	}
}

// stillStreams opens a WebSocket and an event stream of refusingApp.
func (b *browser) stillStreams() {
	b.t.Helper()
	site, err := url.Parse(b.site)
	if err != nil {
		b.t.Fatal(err)
	}
	for request, want := range map[string]string{
		"GET /socket HTTP/1.1\nHost: {host}\nCookie: {cookies}\nConnection: Upgrade\nUpgrade: websocket\n\nhello\n": "echo hello",
		"GET /events HTTP/1.1\nHost: {host}\nCookie: {cookies}\n\n":                                                 "data: 1",
	} {
		conn, err := net.Dial("tcp", site.Host) //nolint:noctx // a test's connection, closed below
		if err != nil {
			b.t.Fatal(err)
		}
		_, _ = io.WriteString(conn, b.fill(request))
		lines := bufio.NewScanner(conn)
		found := false
		for !found && lines.Scan() {
			found = strings.TrimSpace(lines.Text()) == want
		}
		if !found {
			b.t.Errorf("%q never came: %v", want, lines.Err())
		}
		_ = conn.Close()
	}
}

func TestBasicAuthSettings(t *testing.T) {
	w := newWorld(t)
	t.Setenv("TEST_APP_PASSWORD", appPassword)
	t.Setenv("TEST_EMPTY", "")
	w.start("")
	for settings, want := range map[string]string{ //nolint:gosec // placeholders
		basicSetting + "\nidentity {\nauthorization email\n}":                     "twice",
		"basic_auth {\npassword {env.TEST_EMPTY}\n}":                              "basic_auth password",
		"basic_auth {\npassword {env.TEST_APP_PASSWORD}\nuser groups\n}":          "no claim with a name",
		"basic_auth {\npassword {file./nowhere/app_password}\nuser department\n}": "basic_auth password",
	} {
		if err := load(t, w.caddyfile(settings)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), appPassword) {
			t.Errorf("%s: %v", settings, err)
		}
	}
}
