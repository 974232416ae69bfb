package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/oktatest"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/logs"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/ports"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/redisserver"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/wait"
)

// asSidecar in the environment makes the test program the sidecar.
const asSidecar = "PASSKEY_SIDECAR_TEST_RUN"

func TestMain(m *testing.M) {
	if os.Getenv(asSidecar) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

const (
	replicasClientID   = "0oa1client"
	replicasRedisPass  = "redis-password-that-must-not-leak"
	replicasSessionKey = "session-key-that-must-not-leak-0123456789"
	replicasSecret     = "client-secret-that-must-not-leak"
	replicasPassword   = "correct horse"
)

// replicas are two sidecars before one app, with one Okta and one Redis.
type replicas struct {
	t     *testing.T
	okta  *okta.Server
	redis *redisserver.Server
	app   *replicasApp
	a, b  *sidecar
}

// sidecar is one process of them.
type sidecar struct {
	t      *testing.T
	site   string // its public URL
	config string
	dir    string
	socket *os.File    // the listening socket that it is handed; nil when it opens its own
	output logs.Buffer // what it prints
	cmd    *exec.Cmd
	ended  chan struct{}
}

// newReplicas starts everything and waits until both sidecars share their state.
func newReplicas(t *testing.T) *replicas {
	t.Helper()
	portA, portB := ports.Free(t), ports.Free(t)
	siteA, siteB := "http://localhost:"+portA, "http://localhost:"+portB
	f := &replicas{t: t, app: newReplicasApp(t)}
	f.redis = redisserver.Start(t, redisserver.Config{Persist: true, File: "requirepass " + replicasRedisPass})
	f.okta = oktatest.Start(t, okta.Config{
		Clients: []okta.Client{{
			ID: replicasClientID, Secret: replicasSecret,
			RedirectURIs:           []string{siteA + "/passkeys/callback", siteB + "/passkeys/callback"},
			PostLogoutRedirectURIs: []string{siteA + "/passkeys/signed-out", siteB + "/passkeys/signed-out"},
			RotateRefreshTokens:    true, RefreshLeeway: -1, // the least forgiving
		}},
		Users: []okta.User{{
			Login: "alice@acme.test", Email: "alice@acme.test", EmailVerified: true, FirstName: "Alice", LastName: "Acme", Password: replicasPassword,
		}},
	})
	newSidecar := func(site string) *sidecar {
		s := &sidecar{t: t, site: site, dir: t.TempDir()}
		s.config = fmt.Sprintf(`{
	admin off
	persist_config off
	auto_https off
}
%s {
	passkeys {
		public_url %s %s
		okta {
			issuer %s
			client_id %s
			client_secret {env.TEST_CLIENT_SECRET}
			scopes openid profile email offline_access
		}
		corbado {
			project_id pro-1
			api_secret {env.TEST_API_SECRET}
		}
		session {
			key {env.TEST_SESSION_KEY}
		}
		enroll never
		state redis://%s {
			password {env.TEST_REDIS_PASSWORD}
		}
	}
	reverse_proxy %s
}
`, site, siteA, siteB, f.okta.Issuer(), replicasClientID, f.redis.Addr, strings.TrimPrefix(f.app.URL, "http://"))
		return s
	}
	f.a, f.b = newSidecar(siteA), newSidecar(siteB)
	for _, s := range []*sidecar{f.a, f.b} {
		t.Cleanup(s.kill)
		s.start()
	}
	return f
}

// start runs the process and waits until it answers.
func (s *sidecar) start() {
	s.t.Helper()
	file := filepath.Join(s.dir, "Caddyfile")
	if err := os.WriteFile(file, []byte(s.config), 0o600); err != nil {
		s.t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	s.cmd = exec.CommandContext(s.t.Context(), self, "run", "--config", file, "--adapter", "caddyfile") //nolint:gosec // this very program
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = s.dir, &s.output, &s.output
	s.cmd.Env = []string{
		asSidecar + "=1", "HOME=" + s.dir, "XDG_DATA_HOME=" + s.dir, "XDG_CONFIG_HOME=" + s.dir, "PATH=" + os.Getenv("PATH"),
		"TEST_CLIENT_SECRET=" + replicasSecret, "TEST_API_SECRET=corbado1_secretThatMustNotLeak000",
		"TEST_SESSION_KEY=" + replicasSessionKey, "TEST_REDIS_PASSWORD=" + replicasRedisPass,
	}
	if s.socket != nil {
		s.cmd.ExtraFiles = []*os.File{s.socket} // as descriptor 3
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan struct{})
	s.ended = ended
	go func() {
		defer close(ended)
		_ = s.cmd.Wait()
	}()
	wait.For(s.t, "an answer of "+s.site+"; it printed: "+s.output.String(), func() bool {
		select {
		case <-ended:
			s.t.Fatalf("the sidecar ended: %s", s.output.String())
		default:
		}
		_, err := s.health()
		return err == nil
	})
}

// kill ends the process as a crash would.
func (s *sidecar) kill() {
	if s.cmd == nil || s.cmd.Process == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	<-s.ended
}

// reload makes the process read a changed configuration, its nth one, and waits
// until it runs.
func (s *sidecar) reload(config string, nth int) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, "Caddyfile"), []byte(config), 0o600); err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		s.t.Fatal(err)
	}
	const done = "successfully reloaded config"
	wait.For(s.t, "reload", func() bool { return strings.Count(s.output.String(), done) >= nth })
}

// noRedirects lets a client look at each answer.
func noRedirects(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
