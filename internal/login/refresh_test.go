package login

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
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
	o.clock.advance(refreshEvery - time.Second)
	wantSignedIn(t, o.app.get("/a"))
	if n := o.refreshes(); n != 0 {
		t.Fatalf("%d refreshes before it was due", n)
	}
	before := o.app.session()
	o.clock.advance(time.Second)
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
			o.clock.advance(refreshEvery)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/a", nil)
			o.app.carry(r)
			live, err := o.store.Read(r)
			if err != nil {
				t.Fatal(err)
			}
			got := o.rp.Refresh(httptest.NewRecorder(), r, live)
			if got == nil || got.Groups != "Everyone,Contractors" || got.Email != "a.smith@acme.test" {
				t.Errorf("session %+v", got)
			}
		})
	}
}

func TestUserinfoDownAtRefreshTakesNothingAway(t *testing.T) {
	t.Parallel()
	o := newOfflineSite(t)
	before := o.app.session()
	o.fault(okta.Fault{Name: okta.FaultThinIDToken})
	o.fault(okta.Fault{Name: okta.FaultFailUserinfo})
	o.clock.advance(refreshEvery)
	wantSignedIn(t, o.app.get("/a"))
	after := o.app.session()
	if after.Groups != before.Groups || after.Email != before.Email || after.Username != before.Username || after.RefreshToken == before.RefreshToken {
		t.Errorf("before %+v\nafter  %+v", before, after)
	}
}

func TestRefreshWithoutIDTokenKeepsTheSignIn(t *testing.T) {
	t.Parallel()
	o := newOfflineSite(t)
	before := o.app.session()
	o.fault(okta.Fault{Name: okta.FaultMissingIDToken})
	o.clock.advance(refreshEvery)
	wantSignedIn(t, o.app.get("/a"))
	after := o.app.session()
	if after.RefreshToken == before.RefreshToken || after.Email != before.Email || after.AMR != before.AMR || !after.AuthTime.Equal(before.AuthTime) {
		t.Errorf("before %+v\nafter  %+v", before, after)
	}
}

func TestRefreshedSessionEnds(t *testing.T) {
	t.Parallel()
	fault := func(name string) func(*oktaSite) error {
		return func(o *oktaSite) error { return o.okta.Fault(okta.Fault{Name: name, Times: 1}) }
	}
	for name, happen := range map[string]func(*oktaSite) error{
		"user deactivated":        func(o *oktaSite) error { return o.okta.DisableUser("alice@acme.test") },
		"user unassigned":         func(o *oktaSite) error { return o.okta.Unassign("alice@acme.test", testClientID) },
		"tokens revoked":          func(o *oktaSite) error { return o.okta.RevokeTokens("alice@acme.test") },
		"foreign sub":             fault(okta.FaultWrongSubject),
		"foreign iss":             fault(okta.FaultWrongIssuer),
		"foreign aud":             fault(okta.FaultWrongAudience),
		"second audience":         fault(okta.FaultTwoAudiences),
		"unsigned":                fault(okta.FaultAlgNone),
		"signed with the secret":  fault(okta.FaultAlgHS256),
		"signed by a stranger":    fault(okta.FaultBadSignature),
		"of another access token": fault(okta.FaultWrongAtHash),
		"foreign userinfo": func(o *oktaSite) error {
			return errors.Join(fault(okta.FaultThinIDToken)(o), fault(okta.FaultUserinfoOtherSub)(o))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			revoked := new(endedSessions)
			o := newOfflineSite(t, func(_ *okta.Config, c *Config) { c.Revoker = revoked })
			id := o.app.session().ID
			thief := copyOf(o.app)
			if err := happen(o); err != nil {
				t.Fatal(err)
			}
			o.clock.advance(refreshEvery)
			wantSignedOut(t, o, o.app, o.app.get("/a"))
			// Whoever kept the old cookie does not come in by it, and Okta is not
			// asked again.
			asked := o.happened(okta.EventTokenRefused) + o.refreshes()
			wantSignedOut(t, o, thief, thief.get("/a"))
			if again := o.happened(okta.EventTokenRefused) + o.refreshes(); again != asked {
				t.Error("Okta was asked again about an ended session")
			}
			if !slices.Equal(revoked.ids, []string{id}) {
				t.Errorf("revoked %q, want %q", revoked.ids, id)
			}
		})
	}
}

type endedSessions struct {
	mu  sync.Mutex
	ids []string
}

// EndSession implements Revoker.
func (r *endedSessions) EndSession(_ context.Context, id string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids = append(r.ids, id)
	return nil
}

// An identity provider in trouble ends no session, and is asked seldom.
func TestRefreshKeepsTheSession(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault okta.Fault
		// wait is how long Okta is left alone.
		wait time.Duration
	}{
		"Okta down":              {okta.Fault{Name: okta.FaultDown}, retryFirst},
		"token endpoint down":    {okta.Fault{Name: okta.FaultFailToken}, retryFirst},
		"too many requests":      {okta.Fault{Name: okta.FaultFailToken, Status: 429}, time.Minute},
		"client not accepted":    {okta.Fault{Name: okta.FaultFailToken, Status: 401}, misconfiguredPause},
		"garbled answer":         {okta.Fault{Name: okta.FaultTokenGarbage}, retryFirst},
		"expired ID token":       {okta.Fault{Name: okta.FaultExpiredIDToken}, misconfiguredPause},
		"ID token of the future": {okta.Fault{Name: okta.FaultFutureIDToken}, misconfiguredPause},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOfflineSite(t)
			before := o.app.session()
			o.fault(c.fault)
			o.clock.advance(refreshEvery)
			wantSignedIn(t, o.app.get("/a"))
			fired := o.happened(okta.EventFaultFired)
			for range 5 {
				o.clock.advance(c.wait / 6)
				wantSignedIn(t, o.app.get("/a"))
			}
			if again := o.happened(okta.EventFaultFired); fired == 0 || again != fired {
				t.Errorf("Okta was asked %d times, and then %d times more without a pause", fired, again-fired)
			}
			o.okta.ClearFaults()
			o.clock.advance(c.wait / 4)
			wantSignedIn(t, o.app.get("/a"))
			after := o.app.session()
			if after.ID != before.ID || after.Groups != before.Groups || !after.RefreshAt.After(o.clock.Now()) {
				t.Errorf("not refreshed after the trouble: %+v; log: %s", after, o.log)
			}
		})
	}
}

func TestRotationWithoutLeewayIsNotTakenForTheft(t *testing.T) {
	t.Parallel()
	o := newOfflineSite(t, noLeeway)
	for range 4 { // a few rounds of tabs that ask at once, some answers lost
		o.clock.advance(refreshEvery)
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
	o.clock.advance(refreshEvery)
	wantSignedIn(t, copyOf(o.app).get("/a")) // nobody keeps this answer's cookie
	o.clock.advance(refreshEvery + time.Minute)
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
	o.clock.advance(refreshEvery)
	wantSignedIn(t, o.app.get("/a"))
	o.clock.advance(31 * time.Second)
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
	s.clock.advance(refreshEvery)
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

func TestBrokenConnectionIsTriedOnceMore(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	s.op.answer = func(m map[string]any) { m["refresh_token"] = "r1" }
	b.signIn("/")
	s.clock.advance(refreshEvery)
	asked := s.op.count("/token")
	s.op.token = func(w http.ResponseWriter, _ *http.Request) {
		if s.op.count("/token") == asked+1 {
			panic(http.ErrAbortHandler)
		}
		writeJSON(w, http.StatusOK, map[string]any{"token_type": "Bearer", "expires_in": 3600, "access_token": "access-token-1", "refresh_token": "r2"})
	}
	wantSignedIn(t, b.get("/a"))
	if got := b.session(); got.RefreshToken != "r2" || s.op.count("/token") != asked+2 {
		t.Errorf("token %q after %d calls", got.RefreshToken, s.op.count("/token")-asked)
	}
}

func TestScopeAddedSinceTheSignIn(t *testing.T) {
	t.Parallel()
	o := newOfflineSite(t, func(_ *okta.Config, c *Config) { c.Scopes = []string{"openid", "email", "offline_access"} })
	o.rp.config.Scopes = []string{"openid", "email", "groups", "offline_access"}
	o.clock.advance(refreshEvery)
	wantSignedIn(t, o.app.get("/a"))
	if got := o.app.session(); o.refreshes() != 1 || got.Email != "alice@acme.test" || !got.RefreshAt.After(o.clock.Now()) {
		t.Errorf("%d refreshes, session %+v; log: %s", o.refreshes(), got, o.log)
	}
}

// Answers that shared caches keep carry no session, and end none.
func TestRefreshLeavesCacheableAnswersAlone(t *testing.T) {
	t.Parallel()
	for name, happen := range map[string]func(*oktaSite){
		"renewed": func(*oktaSite) {},
		"ended":   func(o *oktaSite) { _ = o.okta.DisableUser("alice@acme.test") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOfflineSite(t)
			happen(o)
			o.clock.advance(refreshEvery)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/logo.png", nil)
			r.Header.Set("Sec-Fetch-Dest", "image")
			o.app.carry(r)
			live, err := o.store.Read(r)
			if err != nil {
				t.Fatal(err)
			}
			w := httptest.NewRecorder()
			if got := o.rp.Refresh(w, r, live); (got == nil) != (name == "ended") || w.Header().Get("Set-Cookie") != "" {
				t.Errorf("session %+v, Set-Cookie %q", got, w.Header().Get("Set-Cookie"))
			}
			if name == "renewed" {
				wantSignedIn(t, o.app.get("/a"))
				if o.refreshes() != 1 || o.app.session().RefreshToken == live.RefreshToken {
					t.Error("the next page did not get the renewed cookie")
				}
			}
		})
	}
}

func TestWaitingRequestGoesOnWithTheOldSession(t *testing.T) {
	t.Parallel()
	o := newOfflineSite(t)
	o.clock.advance(refreshEvery)
	live := o.app.session()
	f, known := o.rp.handover.join(live, o.rp.due)
	if f == nil || !known.leads {
		t.Fatal("no flight")
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/a", nil)
	began := time.Now()
	if got := o.rp.Refresh(httptest.NewRecorder(), r, live); got != live {
		t.Errorf("session %+v", got)
	}
	if waited := time.Since(began); waited < refreshPatience || waited > refreshPatience+5*time.Second {
		t.Errorf("waited %s", waited)
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
	c.advance(2 * time.Hour)
	settle("last", time.Hour)
	if len(h.held) != 1 || len(h.flights) != 0 {
		t.Errorf("%d entries and %d flights after everything has gone idle", len(h.held), len(h.flights))
	}
}
