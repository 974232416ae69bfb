package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/wait"
)

// takeSocket starts the sidecar again with a listening socket from outside, as a
// service manager hands it in, and with HTTP/2 in clear, as docs/reloads.md
// tells.
func (s *sidecar) takeSocket() {
	s.t.Helper()
	s.kill()
	var listen net.ListenConfig
	ln, err := listen.Listen(s.t.Context(), "tcp", strings.TrimPrefix(s.site, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	if s.socket, err = ln.(*net.TCPListener).File(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = s.socket.Close() })
	s.config = strings.Replace(s.config, "passkeys {", "bind fd/3 {\n\t\tprotocols h1 h2c\n\t}\n\tpasskeys {", 1)
	s.start()
}

// speaking is the same person with other connections. Nothing in them tries
// again a request that any server may have seen.
func (p *person) speaking(http2, fresh bool, dials *atomic.Int64) *person {
	p.t.Helper()
	protocols := new(http.Protocols)
	protocols.SetHTTP1(!http2)
	protocols.SetUnencryptedHTTP2(http2)
	var dialer net.Dialer
	transport := &http.Transport{Protocols: protocols, DisableKeepAlives: fresh, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		dials.Add(1)
		return dialer.DialContext(ctx, network, addr)
	}}
	p.t.Cleanup(transport.CloseIdleConnections)
	return &person{p.replicas, &http.Client{Jar: p.client.Jar, CheckRedirect: noRedirects, Transport: transport}}
}

// load is requests without a pause, until it ends.
type load struct {
	asked, failed atomic.Int64
	firsts        sync.Map // what went wrong, each once
	workers       sync.WaitGroup
	stop          chan struct{}
}

// run adds a worker. ask returns the status that came and the one that must.
func (l *load) run(ask func() (got, want int, err error)) {
	l.workers.Go(func() {
		for {
			select {
			case <-l.stop:
				return
			default:
			}
			l.asked.Add(1)
			if got, want, err := ask(); err != nil || got != want {
				l.failed.Add(1)
				l.firsts.Store(fmt.Sprintf("status %d, want %d: %v", got, want, err), true)
			}
		}
	})
}

// end stops the workers and returns what they saw.
func (l *load) end() (asked, failed int64, errs []string) {
	close(l.stop)
	l.workers.Wait()
	l.firsts.Range(func(e, _ any) bool {
		errs = append(errs, e.(string))
		return true
	})
	return l.asked.Load(), l.failed.Load(), errs
}

// loads is person.try for load.
func (p *person) loads(method string, want int) func() (int, int, error) {
	return func() (int, int, error) {
		got, err := p.try(method, p.a.site+"/orders", "Origin", p.a.site)
		return got.status, want, err
	}
}

// reloadUnder reloads the first sidecar again and again, each time with load
// before and after.
func (f *replicas) reloadUnder(l *load, times int) {
	f.t.Helper()
	for i := range times {
		before := l.asked.Load()
		f.a.reload(strings.Replace(f.a.config, "enroll never", fmt.Sprintf("enroll never\nbrand {\nname \"Reload %d\"\n}", i), 1), i+1)
		wait.For(f.t, "some load after the reload", func() bool { return l.asked.Load() > before+100 })
	}
}

// A socket that outlives the configuration and HTTP/2, which says good-bye before
// it hangs up: nothing fails, nobody tries again, also what must not be tried
// again. No session and no revocation is lost.
func TestReloadUnderLoadFailsNoRequest(t *testing.T) {
	const reloads = 20
	f := newReplicas(t)
	f.a.takeSocket()
	steady, leaving := f.person().signIn(f.a), f.person().signIn(f.a)
	thief := leaving.thief()
	leaving.signOut(f.b)
	thief.dies(f.a, time.Second, "signed out on B, the copied cookie on A")

	l := &load{stop: make(chan struct{})}
	var fresh, kept atomic.Int64
	var staying []*person
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		for range 2 {
			l.run(steady.speaking(true, true, &fresh).loads(method, http.StatusOK))
			p := steady.speaking(true, false, &kept)
			staying = append(staying, p)
			l.run(p.loads(method, http.StatusOK))
		}
		l.run(thief.speaking(true, true, &fresh).loads(method, http.StatusUnauthorized))
	}
	f.reloadUnder(l, reloads)
	asked, failed, errs := l.end()
	t.Logf("%d reloads, %d requests, %d and %d connections, %d failed", reloads, asked, fresh.Load(), kept.Load(), failed)
	if failed > 0 {
		t.Errorf("%d of %d requests failed: %q", failed, asked, errs)
	}
	if asked < 100*reloads || fresh.Load() < asked/4 || kept.Load() > asked/4 {
		t.Errorf("%d requests came by %d and %d connections: that is not the load", asked, fresh.Load(), kept.Load())
	}
	// Connections that were opened at the very moment of a reload are no back door
	// to the configuration before it.
	for _, p := range staying {
		p.do(http.MethodGet, p.a.site+"/passkeys/signed-out", "Accept", "text/html") // may be the last under it
		if got := p.do(http.MethodGet, p.a.site+"/passkeys/signed-out", "Accept", "text/html"); !strings.Contains(got.body, fmt.Sprintf("Reload %d", reloads-1)) {
			t.Errorf("a connection stayed with an earlier configuration: %.200s", got.body)
		}
	}
}

// The socket outlives the process as well: while one ends and the next begins,
// connections wait. And it does end, whoever goes on asking.
func TestRestartUnderLoadFailsNoRequest(t *testing.T) {
	f := newReplicas(t)
	f.a.takeSocket()
	steady := f.person().signIn(f.a)
	l := &load{stop: make(chan struct{})}
	var dials atomic.Int64
	for _, fresh := range []bool{true, false, true, false} {
		l.run(steady.speaking(true, fresh, &dials).loads(http.MethodPost, http.StatusOK))
	}
	for range 5 {
		before := l.asked.Load()
		if err := f.a.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		select {
		case <-f.a.ended:
		case <-time.After(10 * time.Second):
			t.Fatal("it does not end")
		}
		f.a.start()
		wait.For(t, "some load after the restart", func() bool { return l.asked.Load() > before+20 })
	}
	if asked, failed, errs := l.end(); failed > 0 {
		t.Errorf("%d of %d requests failed: %q", failed, asked, errs)
	}
}

// Without any of that, what fails are connections that wait, or have been taken
// and not been read from; whoever tries a second time, as browsers and load
// balancers do, sees nothing of it.
func TestReloadOfAPlainListenerNeedsOneMoreTry(t *testing.T) {
	f := newReplicas(t)
	steady := f.person().signIn(f.a)
	l := &load{stop: make(chan struct{})}
	var dials atomic.Int64
	for _, fresh := range []bool{true, true, false, false} {
		p := steady.speaking(false, fresh, &dials)
		ask := p.loads(http.MethodGet, http.StatusOK)
		l.run(func() (got, want int, err error) {
			for range 2 {
				if got, want, err = ask(); err == nil {
					break
				}
			}
			return got, want, err
		})
	}
	f.reloadUnder(l, 5)
	if asked, failed, errs := l.end(); failed > 0 {
		t.Errorf("%d of %d requests failed twice: %q", failed, asked, errs)
	}
}
