package corbado

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/keys"
)

const (
	testProject = "pro-1234567890"
	testSecret  = "corbado1_not-a-real-one" //nolint:gosec // G101: made up for the tests
	testKey     = "bk-not-a-real-one"
	testRPID    = "acme.localhost"
	testOrigin  = "http://app.acme.localhost:8080"
	testURL     = "http://corbado.acme.localhost:8080"
	alice       = "00u1234567890abcdefg"
	bob         = "00u0987654321gfedcba"
)

// desk is an emulator behind a real HTTP server, with everything a test needs
// to talk to it.
type desk struct {
	t   *testing.T
	srv *Server
	url string
	log *logbook
}

// logbook is a log that a test can read, and wait on.
type logbook struct {
	mu   sync.Mutex
	text strings.Builder
	met  chan struct{} // gets one value for each fault met
}

func (l *logbook) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if bytes.Contains(line, []byte("event=fault_met")) {
		select {
		case l.met <- struct{}{}:
		default:
		}
	}
	return l.text.Write(line)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	return newDeskOf(t, func(*Config) {})
}

// newDeskOf is newDesk with a config that edit may change.
func newDeskOf(t *testing.T, edit func(*Config)) *desk {
	t.Helper()
	d := &desk{t: t, log: &logbook{met: make(chan struct{}, 1)}}
	cfg := testConfig(d.log)
	cfg.NewKey = keys.Lend(t)
	edit(&cfg)
	srv, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	d.srv = srv
	web := httptest.NewUnstartedServer(srv)
	web.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	web.Start()
	t.Cleanup(web.Close)
	t.Cleanup(srv.ClearFaults) // before Close, which waits for hanging requests
	d.url = web.URL
	return d
}

func testConfig(log io.Writer) Config {
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	return Config{
		PublicURL: testURL, ProjectID: testProject, APISecret: testSecret, APIKeys: []string{testKey},
		RPID: testRPID, RPName: "Acme", RPOrigins: []string{testOrigin},
		CDN: fstest.MapFS{
			"web-js-latest.min.js":  {Data: []byte("window.Corbado={}")},
			"web-js-latest.min.css": {Data: []byte(".cb{}")},
		},
		Log: slog.New(slog.NewTextHandler(log, nil)),
		Now: func() time.Time { return start },
	}
}

// answer is what came back, with the body read.
type answer struct {
	status int
	header http.Header
	raw    string
	body   map[string]any
}

// errorType is error.type of a refusal.
func (a answer) errorType() string {
	e, _ := a.body["error"].(map[string]any)
	kind, _ := e["type"].(string)
	return kind
}

func (a answer) text(field string) string {
	s, _ := a.body[field].(string)
	return s
}

// call sends one request; edit may change it first. A nil body is none.
func (d *desk) call(method, path string, body any, edit ...func(*http.Request)) answer {
	d.t.Helper()
	a, err := d.try(method, path, body, edit...)
	if err != nil {
		d.t.Fatal(err)
	}
	return a
}

func (d *desk) try(method, path string, body any, edit ...func(*http.Request)) (answer, error) {
	d.t.Helper()
	var content io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			d.t.Fatal(err)
		}
		content = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(d.t.Context(), method, d.url+path, content)
	if err != nil {
		d.t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, e := range edit {
		e(r)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: res.StatusCode, header: res.Header, raw: string(raw)}
	_ = json.Unmarshal(raw, &a.body) // some answers are not JSON on purpose
	return a, nil
}

func withSecret(r *http.Request) { r.SetBasicAuth(testProject, testSecret) }

// backend calls the Backend API as a server does.
func (d *desk) backend(method, path string, body any) answer {
	d.t.Helper()
	return d.call(method, path, body, withSecret)
}

// frontend calls the Frontend API as the component in the test page does.
func (d *desk) frontend(process, path string, body any, edit ...func(*http.Request)) answer {
	d.t.Helper()
	return d.call(http.MethodPost, "/v2/connect/"+path, body, append([]func(*http.Request){fromPage(process)}, edit...)...)
}

func fromPage(process string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Origin", testOrigin)
		r.Header.Set("X-Corbado-ProjectID", testProject)
		r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36")
		if process != "" {
			r.Header.Set("X-Corbado-Process-Id", process)
		}
	}
}

// token gets a connect token's secret, as the product's server does.
func (d *desk) token(kind, identifier string) string {
	d.t.Helper()
	data := map[string]any{"identifier": identifier}
	if kind == kindAppend {
		data["displayName"] = identifier + "@acme.test"
	}
	a := d.backend(http.MethodPost, "/v2/connectTokens", map[string]any{"type": kind, "data": data})
	if a.status != http.StatusOK || a.text("secret") == "" {
		d.t.Fatalf("create %s: %d %s", kind, a.status, a.raw)
	}
	return a.text("secret")
}

// process starts a page's process.
func (d *desk) process() string {
	d.t.Helper()
	a := d.frontend("", "append/init", map[string]any{"clientInformation": map[string]any{}, "flags": map[string]any{}})
	if a.status != http.StatusOK || a.text("processID") == "" {
		d.t.Fatalf("append/init: %d %s", a.status, a.raw)
	}
	return a.text("processID")
}

// challenge starts an append, and returns the attestationOptions.
func (d *desk) challenge(process, identifier string) string {
	d.t.Helper()
	a := d.frontend(process, "append/start", map[string]any{
		"appendTokenValue": d.token(kindAppend, identifier), "loadedMs": 1,
	})
	if a.status != http.StatusOK || a.text("attestationOptions") == "" {
		d.t.Fatalf("append/start: %d %s", a.status, a.raw)
	}
	return a.text("attestationOptions")
}

// add takes identifier through a whole append, and returns the passkey's id.
func (d *desk) add(identifier string) string {
	d.t.Helper()
	p := d.process()
	a := d.finish(p, newDevice().create(d.t, d.challenge(p, identifier)))
	if a.status != http.StatusOK {
		d.t.Fatalf("append/finish: %d %s", a.status, a.raw)
	}
	for _, u := range d.srv.Users() {
		if u.Identifiers[0] == identifier {
			return u.Credentials[len(u.Credentials)-1].ID
		}
	}
	d.t.Fatalf("no user %s", identifier)
	return ""
}

func (d *desk) finish(process, response string) answer {
	d.t.Helper()
	return d.frontend(process, "append/finish", map[string]any{"attestationResponse": response})
}

// refused fails the test unless a is a refusal of that status and type, in
// Corbado's form.
func refused(t *testing.T, a answer, status int, kind string) {
	t.Helper()
	if a.status != status || a.errorType() != kind {
		t.Fatalf("got %d %s; want %d %s", a.status, a.raw, status, kind)
	}
	for _, field := range []string{`"httpStatusCode":`, `"message":`, `"requestID":"req-`, `"link":"` + testURL, `"runtime":`, `"links":[]`} {
		if !strings.Contains(a.raw, field) {
			t.Errorf("error body lacks %s: %s", field, a.raw)
		}
	}
}

func TestNewRefusesAConfigThatCannotWork(t *testing.T) {
	tests := map[string]func(*Config){
		"relative public URL":         func(c *Config) { c.PublicURL = "/corbado" },
		"project id without pro-":     func(c *Config) { c.ProjectID = "1234" },
		"no secret":                   func(c *Config) { c.APISecret = "" },
		"empty key":                   func(c *Config) { c.APIKeys = []string{""} },
		"no origins":                  func(c *Config) { c.RPOrigins = nil },
		"origin with a path":          func(c *Config) { c.RPOrigins = []string{testOrigin + "/"} },
		"origin outside the RPID":     func(c *Config) { c.RPOrigins = []string{"https://evil.example"} },
		"origin that only looks like": func(c *Config) { c.RPOrigins = []string{"https://evilacme.localhost"} },
	}
	for name, edit := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig(io.Discard)
			edit(&cfg)
			if _, err := New(cfg); err == nil {
				t.Fatal("New took it")
			}
		})
	}
}
