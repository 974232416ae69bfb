package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// expire rewrites the person's session as if its refresh were due.
func (p *person) expire() {
	p.t.Helper()
	keyring, err := seal.NewKeyring([]byte(replicasSessionKey))
	if err != nil {
		p.t.Fatal(err)
	}
	store, err := session.New(session.Config{
		Keyring: keyring.Bind(p.okta.Issuer() + " " + replicasClientID), Idle: time.Hour, Lifetime: 8 * time.Hour,
		Insecure: true, LogoutPath: "/passkeys/logout",
	})
	if err != nil {
		p.t.Fatal(err)
	}
	at, err := url.Parse(p.a.site)
	if err != nil {
		p.t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(p.t.Context(), http.MethodGet, p.a.site, nil)
	for _, c := range p.client.Jar.Cookies(at) {
		r.AddCookie(c)
	}
	s, err := store.Read(r)
	if err != nil {
		p.t.Fatal(err)
	}
	if s.RefreshToken == "" {
		p.t.Fatal("the session has no refresh token")
	}
	s.RefreshAt = time.Now().Add(-time.Second)
	w := httptest.NewRecorder()
	if err := store.Renew(w, s); err != nil {
		p.t.Fatal(err)
	}
	p.client.Jar.SetCookies(at, w.Result().Cookies())
}

// refreshes counts what Okta was asked for with refresh tokens, and whether it
// took one for stolen.
func (f *replicas) refreshes() (n, stolen int) {
	for _, e := range f.okta.Events() {
		switch {
		case e.Name == okta.EventTokenIssued && e.Detail == "refresh_token":
			n++
		case e.Name == okta.EventRefreshReuseDetected:
			stolen++
		}
	}
	return n, stolen
}

// 200 requests with one expired session at once, at both sidecars, while Okta
// forgives no second use of a refresh token: one refresh, and all succeed. What
// still carries the old cookie afterwards does too, also after a restart.
func TestRefreshStormAtTwoSidecarsIsOneRefresh(t *testing.T) {
	f := newReplicas(t)
	p := f.person().signIn(f.a)
	p.expire()
	var (
		storm  sync.WaitGroup
		mu     sync.Mutex
		failed []string
	)
	for i := range 200 {
		// Each has the old cookie, as tabs have that ask at once.
		q, s := p.thief(), f.a
		if i%2 == 1 {
			s = f.b
		}
		storm.Go(func() {
			got, err := q.try(http.MethodGet, s.site+"/orders")
			if err != nil || got.status != http.StatusOK {
				mu.Lock()
				defer mu.Unlock()
				failed = append(failed, fmt.Sprint(i, " ", got.status, " ", err))
			}
		})
	}
	storm.Wait()
	if len(failed) > 0 {
		t.Errorf("%d of 200 requests failed: %s …", len(failed), failed[0])
	}
	if n, stolen := f.refreshes(); n != 1 || stolen != 0 {
		t.Errorf("%d refreshes, %d taken for theft", n, stolen)
	}
	late := p.thief()
	f.b.kill()
	f.b.start()
	if a, b := late.asks(f.a), p.thief().asks(f.b); a != http.StatusOK || b != http.StatusOK {
		t.Errorf("late requests with the old cookie get %d and, after a restart, %d", a, b)
	}
	if n, stolen := f.refreshes(); n != 1 || stolen != 0 {
		t.Errorf("then: %d refreshes, %d taken for theft", n, stolen)
	}
}
