// Package redisserver runs real Redis or Valkey servers for tests, each a process
// of its own on a port of its own, that can be killed and started again.
package redisserver

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/ports"
)

// startPatience is how long a server may take to begin; it takes milliseconds.
const startPatience = 20 * time.Second

// Config of a Server. The zero value is a server that keeps nothing on disk.
type Config struct {
	// Program is the server program, one of Programs; empty is the first of them.
	Program string
	// Persist writes each change to disk, so that it survives a kill.
	Persist bool
	// Sentinel runs a Sentinel instead; File must say what it watches.
	Sentinel bool
	// File is the text of the configuration file. "{port}" is the server's port.
	File string
	// TLS makes the server speak nothing else; nil is plain text.
	TLS *TLS
}

// TLS names the files that a server needs for it.
type TLS struct{ CertFile, KeyFile, CAFile string }

// Server is one server process.
type Server struct {
	// Addr is host:port.
	Addr string
	// Port is its port.
	Port string

	tb   testing.TB
	argv []string
	run  *running
}

type running struct {
	process *os.Process
	ended   chan struct{}
}

// Start runs a server until the test ends. Without a server program on the
// machine the test fails.
func Start(tb testing.TB, c Config) *Server {
	tb.Helper()
	s := &Server{tb: tb, Port: ports.Free(tb)}
	s.Addr = net.JoinHostPort("127.0.0.1", s.Port)
	dir := tb.TempDir()
	lines := []string{"bind 127.0.0.1", "dir " + dir, "daemonize no", `save ""`, "repl-diskless-sync-delay 0"}
	if c.Sentinel {
		lines = []string{"bind 127.0.0.1", "dir " + dir, "daemonize no"}
	}
	if c.Persist {
		lines = append(lines, "appendonly yes", "appendfsync always")
	}
	if t := c.TLS; t != nil {
		lines = append(lines, "port 0", "tls-port "+s.Port, "tls-cert-file "+t.CertFile, "tls-key-file "+t.KeyFile, "tls-ca-cert-file "+t.CAFile, "tls-auth-clients no")
	} else {
		lines = append(lines, "port "+s.Port)
	}
	lines = append(lines, strings.ReplaceAll(c.File, "{port}", s.Port), "")
	file := filepath.Join(dir, "redis.conf")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		tb.Fatal(err)
	}
	if c.Program == "" {
		c.Program = Programs(tb)[0]
	}
	s.argv = []string{c.Program, file}
	if c.Sentinel {
		s.argv = append(s.argv, "--sentinel")
	}
	tb.Cleanup(s.Kill)
	s.Restart()
	return s
}

// Programs returns the paths of one Redis, if there is any, and of one Valkey, if
// there is any; without both the test fails. VALKEY_SERVER in the environment
// names a valkey-server that is not installed.
//
// Debian's redis-server is a link to redis-check-rdb of the package redis-tools,
// which comes without a daemon, and Valkey's likewise; the program looks at the
// name that it is called by.
func Programs(tb testing.TB) []string {
	tb.Helper()
	var found []string
	for _, names := range [][]string{{"redis-server", "redis-check-rdb"}, {os.Getenv("VALKEY_SERVER"), "valkey-server", "valkey-check-rdb"}} {
		for _, name := range names {
			if path, err := exec.LookPath(name); err == nil {
				found = append(found, path)
				break
			}
		}
	}
	if len(found) == 0 {
		tb.Fatal("no redis-server on this machine. On Debian, as root: apt-get install --no-install-recommends redis-tools")
	}
	return found
}

// Name returns the name that a program of Programs is called by: redis-server or
// valkey-server.
func Name(program string) string {
	return strings.ReplaceAll(filepath.Base(program), "-check-rdb", "-server")
}

// Restart runs the server on the same port with the same files, and returns when
// it takes connections.
func (s *Server) Restart() {
	s.tb.Helper()
	out, in, err := os.Pipe()
	if err != nil {
		s.tb.Fatal(err)
	}
	argv := slices.Clone(s.argv)
	argv[0] = Name(argv[0])
	process, err := os.StartProcess(s.argv[0], argv, &os.ProcAttr{Files: []*os.File{nil, in, in}})
	_ = in.Close()
	if err != nil {
		s.tb.Fatal(err)
	}
	s.run = &running{process, make(chan struct{})}
	begun := make(chan bool, 1)
	go func() {
		defer close(s.run.ended)
		begun <- reads(out, "Ready to accept connections", "Sentinel ID is")
		_, _ = io.Copy(io.Discard, out)
		_ = out.Close()
		_, _ = process.Wait()
	}()
	select {
	case ok := <-begun:
		if !ok {
			s.tb.Fatalf("%s ended at once; its configuration is in %s", s.argv[0], s.argv[1])
		}
	case <-time.After(startPatience):
		s.tb.Fatalf("%s did not begin within %s", s.argv[0], startPatience)
	}
}

// reads reports whether one of the words comes before the end.
func reads(r io.Reader, words ...string) bool {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		for _, w := range words {
			if strings.Contains(lines.Text(), w) {
				return true
			}
		}
	}
	return false
}

// Kill ends the server as a crash would, and returns when it is gone.
func (s *Server) Kill() { s.signal(syscall.SIGKILL) }

// Freeze stops the server without closing its connections, as a network that
// swallows everything would. Thaw undoes it.
func (s *Server) Freeze() { _ = s.run.process.Signal(syscall.SIGSTOP) }

// Thaw lets a frozen server go on.
func (s *Server) Thaw() { _ = s.run.process.Signal(syscall.SIGCONT) }

func (s *Server) signal(sig os.Signal) {
	if s.run == nil {
		return
	}
	_ = s.run.process.Signal(sig)
	<-s.run.ended
}
