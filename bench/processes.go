package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// house is the folder that holds everything of a run, and the processes that
// live in it. Nobody is left behind when it is closed.
type house struct {
	dir    string
	binary string

	mu        sync.Mutex
	processes []*process
	started   int
}

// process is a child of ours.
type process struct {
	name string
	cmd  *exec.Cmd
	log  string
	stop func()
	done chan struct{}
	// startUp is the time from exec to the first good answer.
	startUp time.Duration
}

func openHouse() (*house, error) {
	dir, err := os.MkdirTemp("", "passkey-sidecar-bench-")
	if err != nil {
		return nil, err
	}
	return &house{dir: dir}, nil
}

// close ends all processes and deletes the folder.
func (h *house) close() {
	h.mu.Lock()
	processes := h.processes
	h.mu.Unlock()
	for _, p := range processes {
		p.end()
	}
	_ = os.RemoveAll(h.dir)
}

// build makes the production binary, which serves both sides: plain Caddy is
// the same binary without our directive.
func (h *house) build(ctx context.Context, repository string) error {
	h.binary = filepath.Join(h.dir, "passkey-sidecar")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", h.binary, "./cmd/passkey-sidecar") //nolint:gosec // G204: our own program
	cmd.Dir = repository
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build ./cmd/passkey-sidecar: %w\n%s", err, out)
	}
	return nil
}

// prepare makes a process that ends with the context: asked to first, and made
// to if it does not within seconds.
func (h *house) prepare(ctx context.Context, name, program string, args ...string) *process {
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // G204: our own programs
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	cmd.Dir = h.dir
	cmd.Env = append(os.Environ(), "HOME="+h.dir, "XDG_CONFIG_HOME="+h.dir, "XDG_DATA_HOME="+h.dir,
		"BENCH_OKTA_CLIENT_SECRET="+clientSecret, "BENCH_CORBADO_API_SECRET=corbado1_"+clientSecret)
	h.mu.Lock()
	h.started++
	log := filepath.Join(h.dir, fmt.Sprintf("%s-%d.log", name, h.started))
	h.mu.Unlock()
	return &process{name: name, cmd: cmd, log: log, stop: cancel, done: make(chan struct{})}
}

func (h *house) begin(p *process) error {
	log, err := os.Create(p.log)
	if err != nil {
		return err
	}
	p.cmd.Stderr = log
	if err := p.cmd.Start(); err != nil {
		_ = log.Close()
		return err
	}
	h.mu.Lock()
	h.processes = append(h.processes, p)
	h.mu.Unlock()
	go func() {
		_ = p.cmd.Wait() // an end that nobody asked for shows as a failed request
		_ = log.Close()
		close(p.done)
	}()
	return nil
}

// serve runs the binary with a site and waits until it answers a public path.
func (h *house) serve(ctx context.Context, name string, s site) (*process, error) {
	config := filepath.Join(h.dir, name+".caddyfile")
	if err := os.WriteFile(config, []byte(s.caddyfile(h.dir)), 0o600); err != nil {
		return nil, err
	}
	p := h.prepare(ctx, name, h.binary, "run", "--config", config, "--adapter", "caddyfile")
	begin := time.Now()
	if err := h.begin(p); err != nil {
		return nil, err
	}
	if err := p.await(ctx, s.addr); err != nil {
		p.end()
		return nil, fmt.Errorf("%s did not start: %w\n%s", name, err, p.lastWords())
	}
	p.startUp = time.Since(begin)
	return p, nil
}

// poll is how often a starting process is tried, and so how exact its start-up
// time is.
const poll = 500 * time.Microsecond

func (p *process) await(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request := navigation(addr, publicPath, "")
	for {
		_, err := fetch(ctx, addr, request)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return errors.New("it has ended")
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(poll):
		}
	}
}

func (p *process) pid() int { return p.cmd.Process.Pid }

func (p *process) end() {
	p.stop()
	<-p.done
}

// lastWords are the last lines of the process's log.
func (p *process) lastWords() []byte {
	said, err := os.ReadFile(p.log)
	if err != nil {
		return nil
	}
	lines := bytes.SplitAfter(said, []byte("\n"))
	return bytes.Join(lines[max(0, len(lines)-6):], nil)
}

// freeAddr is a loopback address that nobody listens on at the moment.
func freeAddr(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
