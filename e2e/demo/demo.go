// Package demo starts the demo for a test, as a process of its own, and finds
// its way to the emulators' controls.
package demo

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
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

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

var binary = flag.String("demo", "", "path of a demo binary to use instead of building cmd/demo")

// Demo is a running demo: sidecar, legacy app and both emulators.
type Demo struct {
	// App is the origin of the site.
	App string
	// Okta and Corbado are the stand-ins for the two clouds.
	Okta, Corbado Emulator
	// LogFile holds every log line of Caddy and the sidecar.
	LogFile string

	said      *lines
	transport *http.Transport
	http3     *http3.Transport
	// port is on loopback; trusted is who signed the certificates, with --tls.
	port    string
	trusted *x509.CertPool
}

// Start builds the demo, once a run, and starts one on a port that the system
// chooses. It ends with the test.
func Start(t *testing.T, args ...string) *Demo {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	d := &Demo{LogFile: filepath.Join(t.TempDir(), "demo.log"), said: &lines{ready: make(chan string, 1), authority: make(chan string, 1)}}
	args = append([]string{"--listen", "127.0.0.1:0", "--log", d.LogFile}, args...)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, path, args...) //nolint:gosec // G204: our own program
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	output, into := io.Pipe()
	cmd.Stdout, cmd.Stderr = into, into
	if err := cmd.Start(); err != nil {
		t.Fatalf("start the demo: %v", err)
	}
	go d.said.read(output)
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()   // it is stopped by a signal; what it said is kept
		_ = into.Close() // never fails
		close(ended)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	select {
	case d.App = <-d.said.ready:
	case <-ended:
		t.Fatalf("the demo ended before it was ready (%s) and said:\n%s", cmd.ProcessState, d.said)
	case <-time.After(30 * time.Second):
		t.Fatalf("the demo was not ready within 30 s and said:\n%s", d.said)
	}
	d.locate(t)
	return d
}

var once struct {
	sync.Once
	path string
	err  error
}

// build builds the demo into the temporary folder of the test run; the go
// command removes its own, and this one is a single file that the next run
// replaces.
func build() (string, error) {
	if *binary != "" {
		return *binary, nil
	}
	once.Do(func() {
		root, err := moduleRoot()
		if err != nil {
			once.err = err
			return
		}
		once.path = filepath.Join(os.TempDir(), fmt.Sprintf("passkeys-demo-%d", os.Getpid()))
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, "go", "build", "-o", once.path, "./cmd/demo") //nolint:gosec // G204: no foreign words
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			once.err = fmt.Errorf("build the demo: %w\n%s", err, out)
		}
	})
	return once.path, once.err
}

// Remove deletes the demo that Start built; TestMain calls it at the end.
func Remove() {
	if once.path != "" {
		_ = os.Remove(once.path) // a leftover in the temporary folder harms nobody
	}
}

// moduleRoot finds the folder with cmd/demo above the test's own.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "cmd", "demo")); err == nil {
			return dir, nil
		}
	}
	return "", fmt.Errorf("no folder above the test has cmd/demo")
}

// lines keeps what the demo says and finds the address in it.
type lines struct {
	mu    sync.Mutex
	all   bytes.Buffer
	ready chan string
	// authority gets the file of the certificate authority, with --tls.
	authority chan string
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
		if words := strings.Fields(line); len(words) > 1 && words[0] == "Trust" {
			l.authority <- words[1]
		}
	}
}

// String returns everything so far.
func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// locate works out the other origins, and how to reach them: browsers resolve
// *.localhost themselves, Go does not.
func (d *Demo) locate(t *testing.T) {
	t.Helper()
	u, err := url.Parse(d.App)
	if err != nil || u.Hostname() != "app.acme.localhost" {
		t.Fatalf("the demo is ready at %q, which is no http://app.acme.localhost:PORT", d.App)
	}
	d.port = u.Port()
	if u.Scheme == "https" {
		d.trust(t)
	}
	d.transport = d.NewTransport()
	t.Cleanup(d.transport.CloseIdleConnections)
	client := &http.Client{Timeout: 10 * time.Second, Transport: d.transport}
	d.Okta = Emulator{t: t, Origin: u.Scheme + "://login.acme.localhost:" + d.port, client: client}
	d.Corbado = Emulator{t: t, Origin: u.Scheme + "://corbado.acme.localhost:" + d.port, client: client}
}

// trust reads the certificate authority of this run.
func (d *Demo) trust(t *testing.T) {
	t.Helper()
	select {
	case file := <-d.said.authority:
		pem, err := os.ReadFile(file) //nolint:gosec // G304: the demo's own file
		d.trusted = x509.NewCertPool()
		if err != nil || !d.trusted.AppendCertsFromPEM(pem) {
			t.Fatalf("the demo's certificate authority %s: %v", file, err)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("the demo names no certificate authority:\n%s", d.said)
	}
	d.http3 = &http3.Transport{TLSClientConfig: d.TLS(), Dial: func(ctx context.Context, _ string, c *tls.Config, q *quic.Config) (*quic.Conn, error) {
		return quic.DialAddrEarly(ctx, d.Address(), c, q)
	}}
	t.Cleanup(func() { _ = d.http3.Close() })
}

// Address is where the demo listens.
func (d *Demo) Address() string { return net.JoinHostPort("127.0.0.1", d.port) }

// TLS is how to speak TLS with it.
func (d *Demo) TLS() *tls.Config {
	return &tls.Config{RootCAs: d.trusted, MinVersion: tls.VersionTLS12}
}

// NewTransport reaches all hosts of the demo over HTTP/1.1; the caller may change
// its protocols.
func (d *Demo) NewTransport() *http.Transport {
	var dialer net.Dialer
	return &http.Transport{
		TLSClientConfig: d.TLS(),
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, d.Address())
		},
	}
}

// Transport reaches all hosts of the demo.
func (d *Demo) Transport() http.RoundTripper { return d.transport }

// HTTP3 reaches them over HTTP/3, with --tls.
func (d *Demo) HTTP3() *http3.Transport { return d.http3 }

// Said is what the demo has printed so far.
func (d *Demo) Said() string { return d.said.String() }

// Log is what the demo has logged so far.
func (d *Demo) Log(t *testing.T) string {
	t.Helper()
	all, err := os.ReadFile(d.LogFile)
	if err != nil {
		t.Fatalf("the demo's log: %v", err)
	}
	return string(all)
}

// Refused starts a demo that is to refuse its settings, and returns what it
// says. A demo that starts is an error.
func Refused(t *testing.T, settings string) (said string, err error) {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "--listen", "127.0.0.1:0", "--settings", settings).CombinedOutput() //nolint:gosec // G204: our own program
	switch {
	case ctx.Err() != nil:
		return string(out), fmt.Errorf("it started with %q", settings)
	case err == nil:
		return string(out), fmt.Errorf("it exited 0 with %q", settings)
	}
	return string(out), nil
}
