package login

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
)

func TestUserinfoDownAtRefreshTakesNothingAway(t *testing.T) {
	t.Parallel()
	o := newOfflineSite(t)
	before := o.app.session()
	o.fault(okta.Fault{Name: okta.FaultThinIDToken})
	o.fault(okta.Fault{Name: okta.FaultFailUserinfo})
	o.clock.Advance(refreshEvery)
	wantSignedIn(t, o.app.get("/a"))
	after := o.app.session()
	if after.Groups != before.Groups || after.Email != before.Email || after.Username != before.Username || after.RefreshToken == before.RefreshToken {
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
			id, token := o.app.session().ID, o.app.session().RefreshToken
			thief := copyOf(o.app)
			if err := happen(o); err != nil {
				t.Fatal(err)
			}
			o.clock.Advance(refreshEvery)
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
			wantNoSecrets(t, o, token)
		})
	}
}

// endedSessions notes which sessions a refresh ended.
type endedSessions struct {
	mu  sync.Mutex
	ids []string
}

func (r *endedSessions) EndSession(_ context.Context, id string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids = append(r.ids, id)
	return nil
}

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
			o.clock.Advance(refreshEvery)
			wantSignedIn(t, o.app.get("/a"))
			fired := o.happened(okta.EventFaultFired)
			for range 5 {
				o.clock.Advance(c.wait / 6)
				wantSignedIn(t, o.app.get("/a"))
			}
			if again := o.happened(okta.EventFaultFired); fired == 0 || again != fired {
				t.Errorf("Okta was asked %d times, and then %d times more without a pause", fired, again-fired)
			}
			o.okta.ClearFaults()
			o.clock.Advance(c.wait / 4)
			wantSignedIn(t, o.app.get("/a"))
			after := o.app.session()
			if after.ID != before.ID || after.Groups != before.Groups || !after.RefreshAt.After(o.clock.Now()) {
				t.Errorf("not refreshed after the trouble: %+v; log: %s", after, o.log)
			}
			wantNoSecrets(t, o, before.RefreshToken, after.RefreshToken)
		})
	}
}

func TestBrokenConnectionIsTriedOnceMore(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	s.op.answer = func(m map[string]any) { m["refresh_token"] = "r1" }
	b.signIn("/")
	s.clock.Advance(refreshEvery)
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

func TestWaitingRequestGoesOnWithTheOldSession(t *testing.T) {
	t.Parallel()
	o := newOfflineSite(t)
	o.rp.refreshPatience = 50 * time.Millisecond
	o.clock.Advance(refreshEvery)
	live := o.app.session()
	f, known := o.rp.handover.join(live, o.rp.due)
	if f == nil || !known.leads {
		t.Fatal("no flight")
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/a", nil)
	began := time.Now()
	if got := o.rp.Refresh(r.Context(), live); got != live {
		t.Errorf("session %+v", got)
	}
	if waited := time.Since(began); waited < o.rp.refreshPatience || waited > o.rp.refreshPatience+time.Minute {
		t.Errorf("waited %s", waited)
	}
}

// A fault in the code of a refresh must not take the server along, nor leave
// anybody waiting.
func TestPanicInARefreshIsContained(t *testing.T) {
	t.Parallel()
	o := newOfflineSite(t)
	o.clock.Advance(refreshEvery)
	o.rp.config.Revoker = nil
	o.rp.shared = new(sharedRefresh) // has nothing to work with
	wantSignedIn(t, o.app.get("/a"))
	if len(o.rp.handover.flights) != 0 || !strings.Contains(o.log.String(), "refresh panicked") {
		t.Errorf("%d flights; log: %s", len(o.rp.handover.flights), o.log)
	}
}

func wantNoSecrets(t *testing.T, o *oktaSite, secrets ...string) {
	t.Helper()
	for _, secret := range append(secrets, testSecret) {
		if strings.Contains(o.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}
