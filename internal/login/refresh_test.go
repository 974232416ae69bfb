package login

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// newOfflineSite signs alice in at an Okta that rotates refresh tokens.
func newOfflineSite(t *testing.T, change ...func(*okta.Config, *Config)) *oktaSite {
	t.Helper()
	rotate := func(org *okta.Config, _ *Config) { org.Clients[0].RotateRefreshTokens = true }
	o := newOktaSite(t, append([]func(*okta.Config, *Config){rotate}, change...)...)
	o.signInAs("/", "alice@acme.test", "correct horse")
	if s := o.app.session(); s == nil || s.RefreshToken == "" || !s.RefreshAt.Equal(o.clock.Now().Add(refreshEvery)) {
		t.Fatalf("session %+v", s)
	}
	return o
}

func noLeeway(org *okta.Config, _ *Config) { org.Clients[0].RefreshLeeway = -1 }

// refreshes counts the token requests of refreshes that Okta answered with tokens.
func (o *oktaSite) refreshes() int {
	n := 0
	for _, e := range o.okta.Events() {
		if e.Name == okta.EventTokenIssued && e.Detail == "refresh_token" {
			n++
		}
	}
	return n
}

func (o *oktaSite) happened(name string) int {
	n := 0
	for _, e := range o.okta.Events() {
		if e.Name == name {
			n++
		}
	}
	return n
}

// copyOf is a browser with the same cookies, as a tab that asks at the same
// time, or a thief.
func copyOf(b *browser) *browser {
	return &browser{site: b.site, cookies: maps.Clone(b.cookies), host: b.host}
}

func wantSignedIn(t *testing.T, p page) {
	t.Helper()
	if p.problem != nil || p.StatusCode != http.StatusOK {
		t.Fatalf("not let in: %v, %d to %q", p.problem, p.StatusCode, p.location())
	}
}

func wantSignedOut(t *testing.T, o *oktaSite, b *browser, p page) {
	t.Helper()
	if p.problem != nil || !strings.Contains(p.location(), "/authorize?") || b.session() != nil {
		t.Fatalf("still let in: %v, %d to %q, session %+v; log: %s", p.problem, p.StatusCode, p.location(), b.session(), o.log)
	}
}

func TestRefreshOnlyWhenDue(t *testing.T) {
	t.Parallel()
	o := newOfflineSite(t)
	o.clock.Advance(refreshEvery - time.Second)
	wantSignedIn(t, o.app.get("/a"))
	if n := o.refreshes(); n != 0 {
		t.Fatalf("%d refreshes before it was due", n)
	}
	before := o.app.session()
	o.clock.Advance(time.Second)
	wantSignedIn(t, o.app.get("/a"))
	after := o.app.session()
	if n := o.refreshes(); n != 1 {
		t.Fatalf("%d refreshes, want 1; log: %s", n, o.log)
	}
	if after.ID != before.ID || after.RefreshToken == before.RefreshToken || !after.RefreshAt.Equal(o.clock.Now().Add(refreshEvery)) ||
		!after.AuthTime.Equal(before.AuthTime) || !after.ExpiresAt.Equal(before.ExpiresAt) || after.AMR != before.AMR || after.IDP != before.IDP {
		t.Errorf("before %+v\nafter  %+v", before, after)
	}
}

func TestRefreshBeforeAShortAccessTokenEnds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for lifetime, want := range map[time.Duration]time.Duration{
		0: refreshEvery, time.Hour: refreshEvery, 5 * time.Minute: 4 * time.Minute, 80 * time.Second: refreshPause, time.Second: refreshPause,
	} {
		if got := s.rp.refreshAt(&tokens{refresh: "r", lifetime: lifetime}).Sub(s.clock.Now()); got != want {
			t.Errorf("an access token of %s: refresh after %s, want %s", lifetime, got, want)
		}
	}
	if at := s.rp.refreshAt(&tokens{lifetime: time.Hour}); !at.IsZero() {
		t.Errorf("no refresh token, but a refresh at %s", at)
	}
}

// Pomerium CVE-2021-41230 and Authelia GHSA-x883-2vmg-xwf7: a change at the
// provider counts at once, not at the next sign-in.
func TestChangedGroupsCountOnTheSameRequest(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]string{"in the ID token": "", "at userinfo": okta.FaultThinIDToken} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOfflineSite(t)
			if fault != "" {
				o.fault(okta.Fault{Name: fault})
			}
			if err := o.okta.SetGroups("alice@acme.test", "Contractors"); err != nil {
				t.Fatal(err)
			}
			if _, err := o.okta.ChangeUser("alice@acme.test", func(u *okta.User) { u.Email = "a.smith@acme.test" }); err != nil {
				t.Fatal(err)
			}
			o.clock.Advance(refreshEvery)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/a", nil)
			o.app.carry(r)
			live, err := o.store.Read(r)
			if err != nil {
				t.Fatal(err)
			}
			got := o.rp.Refresh(r.Context(), live)
			if got == nil || got.Groups != "Everyone,Contractors" || got.Email != "a.smith@acme.test" {
				t.Errorf("session %+v", got)
			}
		})
	}
}

func TestRefreshWithoutIDTokenKeepsTheSignIn(t *testing.T) {
	t.Parallel()
	o := newOfflineSite(t)
	before := o.app.session()
	o.fault(okta.Fault{Name: okta.FaultMissingIDToken})
	o.clock.Advance(refreshEvery)
	wantSignedIn(t, o.app.get("/a"))
	after := o.app.session()
	if after.RefreshToken == before.RefreshToken || after.Email != before.Email || after.AMR != before.AMR || !after.AuthTime.Equal(before.AuthTime) {
		t.Errorf("before %+v\nafter  %+v", before, after)
	}
}

// EndSession implements Revoker.
// An identity provider in trouble ends no session, and is asked seldom.
func TestRotationWithoutLeewayIsNotTakenForTheft(t *testing.T) {
	t.Parallel()
	o := newOfflineSite(t, noLeeway)
	for range 4 { // a few rounds of tabs that ask at once, some answers lost
		o.clock.Advance(refreshEvery)
		lost := copyOf(o.app)
		wantSignedIn(t, lost.get("/a"))
		wantSignedIn(t, o.app.get("/b"))
	}
	if n := o.happened(okta.EventRefreshReuseDetected); n != 0 || o.refreshes() != 4 {
		t.Errorf("%d reuses detected, %d refreshes", n, o.refreshes())
	}
}

// A Set-Cookie that got lost, and then a tab that sleeps until after the new
// tokens are due in their turn: the old token must not be used again.
func TestLostSetCookieIsNotTakenForTheft(t *testing.T) {
	t.Parallel()
	o := newOfflineSite(t, noLeeway)
	o.clock.Advance(refreshEvery)
	wantSignedIn(t, copyOf(o.app).get("/a")) // nobody keeps this answer's cookie
	o.clock.Advance(refreshEvery + time.Minute)
	wantSignedIn(t, o.app.get("/a"))
	if n := o.happened(okta.EventRefreshReuseDetected); n != 0 || o.refreshes() != 2 {
		t.Errorf("%d reuses detected, %d refreshes; log: %s", n, o.refreshes(), o.log)
	}
	wantSignedIn(t, o.app.get("/a"))
}

func TestStolenCookieOfARestartedProcessEndsTheSession(t *testing.T) {
	t.Parallel()
	o := newOfflineSite(t)
	thief := copyOf(o.app)
	o.clock.Advance(refreshEvery)
	wantSignedIn(t, o.app.get("/a"))
	o.clock.Advance(31 * time.Second)
	o.rp.handover = NewHandover(o.clock.Now) // what the process knew is gone
	wantSignedOut(t, o, thief, thief.get("/a"))
	if o.happened(okta.EventRefreshReuseDetected) != 1 {
		t.Error("Okta saw no reuse")
	}
}

func TestRefreshDoesNotMakeTheSignInFresh(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	s.op.answer = func(m map[string]any) { m["refresh_token"] = "r1" }
	b.signIn("/")
	signedIn := b.session()
	s.clock.Advance(refreshEvery)
	s.op.token = func(w http.ResponseWriter, r *http.Request) {
		if r.PostFormValue("grant_type") != "refresh_token" || r.PostFormValue("refresh_token") != "r1" || !strings.Contains(r.PostFormValue("scope"), "openid") {
			t.Errorf("asked for %v", r.PostForm)
		}
		// The provider's auth_time is now; it has no nonce.
		writeJSON(w, http.StatusOK, map[string]any{
			"token_type": "Bearer", "expires_in": 300, "access_token": "access-token-1", "id_token": s.op.idToken(""),
		})
	}
	wantSignedIn(t, b.get("/a"))
	got := b.session()
	if !got.AuthTime.Equal(signedIn.AuthTime) || got.RefreshToken != "r1" || got.RefreshAt.Sub(s.clock.Now()) != 4*time.Minute {
		t.Errorf("session %+v", got)
	}
}

func TestScopeAddedSinceTheSignIn(t *testing.T) {
	t.Parallel()
	o := newOfflineSite(t, func(_ *okta.Config, c *Config) { c.Scopes = []string{"openid", "email", "offline_access"} })
	o.rp.config.Scopes = []string{"openid", "email", "groups", "offline_access"}
	o.clock.Advance(refreshEvery)
	wantSignedIn(t, o.app.get("/a"))
	if got := o.app.session(); o.refreshes() != 1 || got.Email != "alice@acme.test" || !got.RefreshAt.After(o.clock.Now()) {
		t.Errorf("%d refreshes, session %+v; log: %s", o.refreshes(), got, o.log)
	}
}

// An answer that shared caches may keep carries no session: the next one does.
func TestRefreshedSessionWaitsForAnAnswerThatCanCarryIt(t *testing.T) {
	t.Parallel()
	for name, happen := range map[string]func(*oktaSite){
		"renewed": func(*oktaSite) {},
		"ended":   func(o *oktaSite) { _ = o.okta.DisableUser("alice@acme.test") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOfflineSite(t, noLeeway)
			happen(o)
			o.clock.Advance(refreshEvery)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/logo.png", nil)
			o.app.carry(r)
			live, err := o.store.Read(r)
			if err != nil {
				t.Fatal(err)
			}
			for range 3 { // whose answers carry nothing
				if got := o.rp.Refresh(t.Context(), live); (got == nil) != (name == "ended") {
					t.Errorf("session %+v", got)
				}
			}
			if name == "renewed" {
				wantSignedIn(t, o.app.get("/a"))
				if o.refreshes() != 1 || o.app.session().RefreshToken == live.RefreshToken || o.happened(okta.EventRefreshReuseDetected) != 0 {
					t.Error("the next page did not get the renewed cookie")
				}
			}
		})
	}
}

func TestHandoverMemoryIsBounded(t *testing.T) {
	t.Parallel()
	c := newClock()
	h := NewHandover(c.Now)
	settle := func(id string, kept time.Duration) {
		s := &session.Session{ID: id, RefreshToken: "r"}
		f, _ := h.join(s, func(*session.Session) bool { return true })
		h.settle(f, s, refreshed{session: s}, kept)
	}
	for i := range maxHeld + 100 {
		settle(time.Duration(i).String(), time.Hour)
	}
	if len(h.held) > maxHeld || len(h.held) < maxHeld/2 {
		t.Errorf("%d entries", len(h.held))
	}
	c.Advance(2 * time.Hour)
	settle("last", time.Hour)
	if len(h.held) != 1 || len(h.flights) != 0 {
		t.Errorf("%d entries and %d flights after everything has gone idle", len(h.held), len(h.flights))
	}
}
