package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/oktatest"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/wait"
)

// replicasApp answers everything with the user that it is told of.
type replicasApp struct{ *httptest.Server }

func newReplicasApp(t *testing.T) *replicasApp {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Seen-User", r.Header.Get("X-Forwarded-Email"))
	}))
	t.Cleanup(srv.Close)
	return &replicasApp{srv}
}

// health asks the process how it is.
func (s *sidecar) health() (map[string]string, error) {
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.site+"/passkeys/health", nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	var h map[string]string
	return h, json.NewDecoder(resp.Body).Decode(&h)
}

// person is a browser. Cookies belong to a host and not to its port, so they go
// to both sidecars, as they do behind a load balancer.
type person struct {
	*replicas
	client *http.Client
}

func (f *replicas) person() *person {
	f.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		f.t.Fatal(err)
	}
	return &person{f, &http.Client{Jar: jar, CheckRedirect: noRedirects}}
}

// signIn signs in at one sidecar.
func (p *person) signIn(s *sidecar) *person {
	p.t.Helper()
	resp := p.do(http.MethodGet, s.site+"/", "Accept", "text/html")
	if resp.location == "" {
		p.t.Fatalf("no sign-in at %s: %d", s.site, resp.status)
	}
	callback, err := oktatest.NewBrowser(p.okta).SignIn(p.t.Context(), resp.location, "alice@acme.test", replicasPassword)
	if err != nil {
		p.t.Fatal(err)
	}
	p.do(http.MethodGet, callback.String(), "Accept", "text/html")
	if status := p.asks(s); status != http.StatusOK {
		p.t.Fatalf("after the sign-in: %d", status)
	}
	return p
}

// asks makes a script's request to the app through a sidecar.
func (p *person) asks(s *sidecar) int { return p.do(http.MethodGet, s.site+"/orders").status }

// signOut signs out at one sidecar.
func (p *person) signOut(s *sidecar) {
	p.t.Helper()
	if resp := p.do(http.MethodPost, s.site+"/passkeys/logout", "Origin", s.site); resp.status != http.StatusSeeOther {
		p.t.Errorf("sign-out: %d", resp.status)
	}
}

// thief is somebody with a copy of the cookies that a person has now.
func (p *person) thief() *person {
	p.t.Helper()
	q := p.person()
	at, err := url.Parse(p.a.site)
	if err != nil {
		p.t.Fatal(err)
	}
	q.client.Jar.SetCookies(at, p.client.Jar.Cookies(at))
	return q
}

// answer is what a test looks at.
type answer struct {
	status   int
	location string
	body     string
}

// do sends a request.
func (p *person) do(method, target string, headers ...string) answer {
	p.t.Helper()
	got, err := p.try(method, target, headers...)
	if err != nil {
		p.t.Fatal(err)
	}
	return got
}

// try sends a request that may find nobody to answer it.
func (p *person) try(method, target string, headers ...string) (answer, error) {
	ctx, cancel := context.WithTimeout(p.t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, target, nil)
	if err != nil {
		return answer{}, err
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header.Get("Location"), string(body)}, err
}

// dies checks that the cookies stop to count at a sidecar, soon enough.
func (p *person) dies(s *sidecar, soon time.Duration, what string) {
	p.t.Helper()
	if took := wait.For(p.t, what, func() bool { return p.asks(s) == http.StatusUnauthorized }); took > soon {
		p.t.Errorf("%s: it took %s", what, took)
	} else {
		p.t.Logf("%s: after %s", what, took.Round(time.Millisecond))
	}
}

func TestTwoSidecarsOnOneRedisBehaveAsOne(t *testing.T) {
	f := newReplicas(t)
	steady := f.person().signIn(f.a)
	if status := steady.asks(f.b); status != http.StatusOK {
		t.Fatalf("A's session at B: %d", status)
	}

	first := f.person().signIn(f.a)
	firstThief := first.thief()
	first.signOut(f.a)
	firstThief.dies(f.b, time.Second, "signed out on A, the copied cookie on B")
	firstThief.dies(f.a, time.Second, "and on A")

	// Redis is killed: sessions and sign-ins go on, sign-outs hold where they were
	// made, and everywhere once it is back.
	second := f.person().signIn(f.b)
	f.redis.Kill()
	wait.For(t, "the loss in A's health", func() bool { h, _ := f.a.health(); return h["state"] == "down" && h["status"] == "degraded" })
	if a, b := steady.asks(f.a), steady.asks(f.b); a != http.StatusOK || b != http.StatusOK {
		t.Errorf("without Redis a session gets %d and %d", a, b)
	}
	f.person().signIn(f.a)
	secondThief := second.thief()
	second.signOut(f.a)
	if status := secondThief.asks(f.a); status != http.StatusUnauthorized {
		t.Errorf("signed out on A without Redis, the copied cookie gets %d there", status)
	}
	f.redis.Restart()
	secondThief.dies(f.b, 5*time.Second, "after Redis came back, the copied cookie on B")
	wait.For(t, "health", func() bool { h, _ := f.a.health(); return h["status"] == "ok" })

	// B is killed and started again: it knows from its first request on.
	f.b.kill()
	third := f.person().signIn(f.a)
	thirdThief := third.thief()
	third.signOut(f.a)
	f.b.start()
	for _, thief := range []*person{firstThief, secondThief, thirdThief} {
		if status := thief.asks(f.b); status != http.StatusUnauthorized {
			t.Errorf("B was restarted, and a copied cookie gets %d", status)
		}
	}
	if status := steady.asks(f.b); status != http.StatusOK {
		t.Errorf("B was restarted, and a live session gets %d", status)
	}
	for _, s := range []*sidecar{f.a, f.b} {
		for _, secret := range []string{replicasRedisPass, replicasSessionKey, replicasSecret} {
			if strings.Contains(s.output.String(), secret) {
				t.Errorf("%s printed a secret", s.site)
			}
		}
	}
}
