package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// anyPort is what tests listen on.
const anyPort = "127.0.0.1:0"

func TestCheckPlaysTheWholeJourney(t *testing.T) {
	file := filepath.Join(t.TempDir(), "demo.log")
	var out, errs bytes.Buffer
	if status := run(t.Context(), []string{"--check", "--log", file}, &out, &errs); status != 0 {
		t.Fatalf("exit %d\n%s%s", status, out.String(), errs.String())
	}
	if want := len(allSteps()) + 2; strings.Count(out.String(), "\n") != want {
		t.Errorf("want %d lines, got\n%s", want, out.String())
	}
	log, err := os.ReadFile(file) //nolint:gosec // G304: a file of this test
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"level":"debug"`, `"logger":"http.log.access`, `"logger":"http.handlers.passkeys"`, `"msg":"signed in"`} {
		if !bytes.Contains(log, []byte(want)) {
			t.Errorf("the log file holds no %s", want)
		}
	}
}

// TestMain lets a test start the demo as a process of its own.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_THE_DEMO") != "" {
		main()
	}
	os.Exit(m.Run())
}

// What a process trusts is settled once, so this one needs its own.
func TestCheckPlaysTheWholeJourneyOverTLS(t *testing.T) {
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		t.Skip("--tls is not for this system")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "--check", "--tls") //nolint:gosec // G204: this test itself
	cmd.Env = append(os.Environ(), "RUN_THE_DEMO=1")
	if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("checking https://")) {
		t.Errorf("%v\n%s", err, out)
	}
}

// A person reads what the demo prints; a test waits for its first line.
func TestDemoPrintsReadyFirstAndStopsCleanly(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	out := &lines{got: make(chan string, 1000)}
	var errs bytes.Buffer
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"--listen", anyPort}, out, &errs) }()

	var first string
	select {
	case first = <-out.got:
	case status := <-ended:
		t.Fatalf("exit %d: %s", status, errs.String())
	case <-time.After(time.Minute):
		t.Fatal("the demo does not start")
	}
	first, _, _ = strings.Cut(first, "\n")
	ready := regexp.MustCompile(`^ready (http://app\.acme\.localhost:\d+)$`).FindStringSubmatch(first)
	if ready == nil {
		t.Fatalf("first line %q", first)
	}
	if err := checkHealth(ctx, ready[1]+"/healthz"); err != nil {
		t.Error(err)
	}
	byAddress := strings.Replace(ready[1], appHost, "127.0.0.1", 1)
	if err := checkHealth(ctx, byAddress+"/healthz"); err != nil {
		t.Errorf("a container's health check: %v", err)
	}
	cancel()
	if status := <-ended; status != 0 {
		t.Errorf("exit %d: %s", status, errs.String())
	}
	if err := checkHealth(t.Context(), byAddress+"/healthz"); err == nil {
		t.Error("the demo still answers after its end")
	}
	for _, p := range people {
		if !strings.Contains(out.String(), p.login) || !strings.Contains(out.String(), p.password) {
			t.Errorf("the demo does not say how to sign in as %s", p.first)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "passkey-sidecar-demo-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// lines takes what is printed, each call one piece.
type lines struct {
	bytes.Buffer
	got chan string
}

func (l *lines) Write(b []byte) (int, error) {
	n, err := l.Buffer.Write(b)
	l.got <- string(b)
	return n, err
}

func TestTakenPortSaysWhatToDo(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", anyPort)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	address := taken.Addr().String()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if status := run(t.Context(), []string{"--listen", address}, &out, &errs); status != 1 {
		t.Fatalf("exit %d", status)
	}
	for _, want := range []string{"cannot listen on port " + port, "go run ./cmd/demo --listen 127.0.0.1:"} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("%q lacks %q", errs.String(), want)
		}
	}
	if out.Len() > 0 {
		t.Errorf("printed %q", out.String())
	}
}

func TestListenRefusesAddressesThatNamesUnderLocalhostDoNotLeadTo(t *testing.T) {
	for _, address := range []string{"192.0.2.7:8080", "example.com:80", "8080", "127.0.0.2:0"} {
		if d, err := openDoor(t.Context(), address, false); err == nil {
			d.close()
			t.Errorf("%s: no error", address)
		}
	}
}

func TestFlagsThatMakeNoSense(t *testing.T) {
	for _, args := range [][]string{
		{"extra"},
		{"--enroll", "every 30d\n\tpath /x"},
		{"--enroll", "always }"},
		{"--check", "--enroll", "never"},
		{"--check", "--plain-signin"},
		{"--nonsense"},
		{"--widget-generation", "g1"},
		{"--check", "--settings", "path /x"},
		{"--plain-signin", "--widget-generation", "g3"},
	} {
		var out, errs bytes.Buffer
		if status := run(t.Context(), args, &out, &errs); status != 2 || errs.Len() == 0 {
			t.Errorf("%q: exit %d, %q", args, status, errs.String())
		}
	}
}

// An enroll setting that the sidecar refuses ends the start with its words.
func TestEnrollIsTheSidecarsToJudge(t *testing.T) {
	var out, errs bytes.Buffer
	status := run(t.Context(), []string{"--listen", anyPort, "--enroll", "sometimes"}, &out, &errs)
	if status != 1 || !strings.Contains(errs.String(), "always, never, or every") {
		t.Errorf("exit %d, %q", status, errs.String())
	}
}

func TestLegacyPageEscapesHeaders(t *testing.T) {
	app, err := newLegacy(newJournal(&bytes.Buffer{}), "http://app.acme.localhost:8080")
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/orders", nil)
	for _, name := range []string{"X-Forwarded-Email", "X-Forwarded-Groups", "X-Forwarded-User", "X-Other"} {
		r.Header.Set(name, `<script>alert("`+name+`")</script>`)
	}
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "<script") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !strings.Contains(w.Body.String(), `&lt;script&gt;alert(&#34;X-Other&#34;)&lt;/script&gt;`) {
		t.Errorf("the header is not shown: %s", w.Body)
	}
}

func TestLegacyTakesOrders(t *testing.T) {
	app, err := newLegacy(newJournal(&bytes.Buffer{}), "")
	if err != nil {
		t.Fatal(err)
	}
	send := func(method, path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Forwarded-Email", "alice@acme.test")
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		return w
	}
	for _, bad := range []string{"", "item=&quantity=1", "item=Anvil&quantity=0", "item=Anvil&quantity=many", "item=" + strings.Repeat("x", 81) + "&quantity=1"} {
		if w := send(http.MethodPost, "/orders", bad); w.Code != http.StatusBadRequest {
			t.Errorf("%q: %d", bad, w.Code)
		}
	}
	for range maxOrders + 5 {
		if w := send(http.MethodPost, "/orders", "item=%3Cb%3EAnvil&quantity=3"); w.Code != http.StatusSeeOther {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	page := send(http.MethodGet, "/", "").Body.String()
	if n := strings.Count(page, "&lt;b&gt;Anvil"); n != maxOrders {
		t.Errorf("%d orders are shown; want %d", n, maxOrders)
	}
	var got http.Header
	if err := json.Unmarshal(send(http.MethodGet, "/headers", "").Body.Bytes(), &got); err != nil || got.Get("X-Forwarded-Email") != "alice@acme.test" {
		t.Errorf("%v, %v", got, err)
	}
}

// The last step of the check would be worthless if it found nothing.
func TestWitnessFindsASecretInTheLog(t *testing.T) {
	w := &witness{}
	const token = "ctk1_0123456789/abcdef+"
	w.keep("connect token", token)
	w.keep("flag", "1")
	for text, want := range map[string]int{
		"1 harmless\n": 0, `{"uri":"/?t=` + token + `"}` + "\n": 1, "t=ctk1_0123456789%2Fabcdef%2B\n": 1,
	} {
		w.logs.Reset()
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if leaked, _, _ := w.found(); len(leaked) != want {
			t.Errorf("%q: found %q", text, leaked)
		}
	}
}

func TestEventsAreOneReadableLine(t *testing.T) {
	var out bytes.Buffer
	j := newJournal(&out)
	j.now = func() time.Time { return time.Date(2026, 3, 1, 9, 5, 7, 0, time.UTC) }
	j.say("app", "kept back until the announcement")
	j.announce("ready")
	out.Reset()
	j.say("app", "GET /\x1b[2J\n  for nobody")
	split := &logSplit{journal: j}
	split.write([]byte(`{"level":"info","ts":1,"logger":"http.handlers.passkeys","msg":"signed in","sub":"` + alice.id + `","uuid":"x"}`))
	split.write([]byte(`{"level":"error","logger":"http.log.access","msg":"handled request"}`))
	split.write([]byte(`{"level":"info","logger":"http.handlers.passkeys","msg":"m","request":{"host":"` + loginHost + `:8080"}}`))
	want := "09:05:07  app      GET / [2J   for nobody\n09:05:07  sidecar  signed in  user=alice@acme.test\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}
