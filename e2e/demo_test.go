package e2e

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var demoBinary = flag.String("demo", "", "path of a demo binary to use instead of building ../cmd/demo")

// demo is a running demo: sidecar, legacy app and both emulators.
type demo struct {
	t *testing.T
	// app is the origin of the site, okta and corbado are those of the emulators.
	app           string
	okta, corbado emulator
	logFile       string
}

// startDemo starts a demo of its own for the test, with further arguments.
func startDemo(t *testing.T, args ...string) *demo {
	t.Helper()
	d := &demo{t: t, logFile: filepath.Join(t.TempDir(), "demo.log")}
	args = append([]string{"--listen", "127.0.0.1:0", "--log", d.logFile, "--plain-signin"}, args...)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, demoPath(t), args...) //nolint:gosec // G204: our own program
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	output, into := io.Pipe()
	cmd.Stdout, cmd.Stderr = into, into
	if err := cmd.Start(); err != nil {
		t.Fatalf("start the demo: %v", err)
	}
	said := &lines{ready: make(chan string, 1)}
	go said.read(output)
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()   // it is stopped by a signal; what it said is kept
		_ = into.Close() // never fails
		close(ended)
	}()
	t.Cleanup(func() {
		if t.Failed() {
			keepLog(t, d.logFile, said.String())
		}
		cancel()
		<-ended
	})
	select {
	case d.app = <-said.ready:
	case <-ended:
		t.Fatalf("the demo ended before it was ready (%s) and said:\n%s", cmd.ProcessState, said)
	case <-time.After(30 * time.Second):
		t.Fatalf("the demo was not ready within 30 s and said:\n%s", said)
	}
	d.locate()
	return d
}

// demoPath builds the demo, once a run.
func demoPath(t *testing.T) string {
	t.Helper()
	if *demoBinary != "" {
		return *demoBinary
	}
	path := filepath.Join(run.dir, "demo")
	run.buildDemo.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, "go", "build", "-o", path, "./cmd/demo") //nolint:gosec // G204: no foreign words
		cmd.Dir = ".."
		if out, err := cmd.CombinedOutput(); err != nil {
			run.demoErr = fmt.Errorf("build the demo: %w\n%s", err, out)
		}
	})
	if run.demoErr != nil {
		t.Fatal(run.demoErr)
	}
	return path
}

// lines keeps what the demo says and finds the address in it.
type lines struct {
	mu    sync.Mutex
	all   bytes.Buffer
	ready chan string
}

func (l *lines) read(from io.Reader) {
	for scanner := bufio.NewScanner(from); scanner.Scan(); {
		line := scanner.Text()
		l.mu.Lock()
		l.all.WriteString(line + "\n")
		l.mu.Unlock()
		if at, ok := strings.CutPrefix(strings.TrimSpace(line), "ready "); ok {
			l.ready <- at
		}
	}
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// locate works out the other origins, and how to reach them: browsers resolve
// *.localhost themselves, Go does not.
func (d *demo) locate() {
	d.t.Helper()
	u, err := url.Parse(d.app)
	if err != nil || u.Hostname() != "app.acme.localhost" {
		d.t.Fatalf("the demo is ready at %q, which is no http://app.acme.localhost:PORT", d.app)
	}
	var dialer net.Dialer
	client := &http.Client{
		Timeout: 10 * time.Second,
		Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", u.Port()))
		}},
	}
	d.t.Cleanup(client.CloseIdleConnections)
	d.okta = emulator{t: d.t, origin: "http://login.acme.localhost:" + u.Port(), client: client}
	d.corbado = emulator{t: d.t, origin: "http://corbado.acme.localhost:" + u.Port(), client: client}
}

// log returns what the demo has logged so far.
func (d *demo) log() string {
	d.t.Helper()
	all, err := os.ReadFile(d.logFile)
	if err != nil {
		d.t.Fatalf("the demo's log: %v", err)
	}
	return string(all)
}
