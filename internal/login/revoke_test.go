package login

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

const testRefreshToken = "refresh-token-that-must-not-leak"

// revocations is a revocation endpoint that can be told to fail or to hang.
type revocations struct {
	mu     sync.Mutex
	asked  []url.Values
	basic  []string
	status int
	hang   <-chan struct{}
	// asking, if there is one, hears of each request.
	asking chan struct{}
}

func (rv *revocations) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rv.hang != nil {
		<-rv.hang
	}
	_ = r.ParseForm()
	id, secret, _ := r.BasicAuth()
	rv.mu.Lock()
	rv.asked = append(rv.asked, r.PostForm)
	rv.basic = append(rv.basic, id+":"+secret)
	rv.mu.Unlock()
	if rv.asking != nil {
		rv.asking <- struct{}{}
	}
	w.WriteHeader(rv.status)
}

func newRevokingSite(t *testing.T, rv *revocations, configure ...func(*Config)) *site {
	t.Helper()
	s := newSite(t, configure...)
	server := httptest.NewServer(rv)
	t.Cleanup(server.Close)
	s.op.metadata = func(m map[string]any) { m["revocation_endpoint"] = server.URL + "/revoke" }
	s.op.answer = func(a map[string]any) { a["refresh_token"] = testRefreshToken }
	return s
}

func TestLogoutRevokesTheRefreshToken(t *testing.T) {
	t.Parallel()
	for name, style := range map[string]oauth2.AuthStyle{"basic": oauth2.AuthStyleInHeader, "post": oauth2.AuthStyleInParams} {
		rv := &revocations{status: http.StatusOK}
		s := newRevokingSite(t, rv, func(c *Config) { c.AuthStyle = style })
		b := s.browser()
		b.signIn("/")
		p := b.send(http.MethodPost, "/passkeys/logout")
		if !strings.HasPrefix(p.location(), s.op.URL+"/logout?") {
			t.Errorf("%s: went to %q", name, p.location())
		}
		if len(rv.asked) != 1 || rv.asked[0].Get("token") != testRefreshToken || rv.asked[0].Get("token_type_hint") != "refresh_token" {
			t.Fatalf("%s: asked %v", name, rv.asked)
		}
		inBody := rv.asked[0].Get("client_id") + ":" + rv.asked[0].Get("client_secret")
		if want := testClientID + ":" + testSecret; name == "basic" && (rv.basic[0] != want || inBody != ":") || name == "post" && (rv.basic[0] != ":" || inBody != want) {
			t.Errorf("%s: credentials %q in the header, %q in the body", name, rv.basic[0], inBody)
		}
		if strings.Contains(s.log.String(), testRefreshToken) {
			t.Errorf("%s: the log holds the token", name)
		}
	}
}

// A browser that lost the answer with the renewed cookie signs out with the one
// from before: what is to be revoked is the token that came since.
func TestLogoutRevokesTheNewestRefreshToken(t *testing.T) {
	t.Parallel()
	for name, replicas := range map[string]bool{"same process": false, "another replica": true} {
		state := newShared()
		o := newOfflineSite(t, noLeeway, func(_ *okta.Config, c *Config) {
			if replicas {
				c.Turns, c.Results = state, state
			}
		})
		o.clock.Advance(refreshEvery)
		newest := copyOf(o.app)
		wantSignedIn(t, newest.get("/a")) // nobody keeps this answer's cookie
		if replicas {
			o.app.site = o.replica(t)
		}
		o.app.send(http.MethodPost, "/passkeys/logout")
		o.clock.Advance(refreshEvery)
		newest.get("/a")
		if n := o.happened(okta.EventTokenRevoked); n != 1 || newest.session() != nil {
			t.Errorf("%s: %d tokens revoked at Okta, the session that holds the newest: %+v", name, n, newest.session())
		}
	}
}

// Whoever has nothing that could be used must not make us talk to Okta.
func TestLogoutRevokesWhatACopyCouldStillUse(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		rests  time.Duration
		cookie bool
		want   int
	}{"nobody": {0, false, 0}, "idle": {2 * time.Hour, true, 1}, "over": {9 * time.Hour, true, 0}} {
		rv := &revocations{status: http.StatusOK}
		s := newRevokingSite(t, rv)
		b := s.browser()
		if tc.cookie {
			b.signIn("/")
		}
		s.clock.Advance(tc.rests)
		b.send(http.MethodPost, "/passkeys/logout")
		if len(rv.asked) != tc.want {
			t.Errorf("%s: revoked %v, want %d", name, rv.asked, tc.want)
		}
	}
}

// A refresh that is under way when its user signs out brings a token that nobody
// has asked to revoke yet.
func TestSignOutDuringARefresh(t *testing.T) {
	t.Parallel()
	for name, replicas := range map[string]bool{"same process": false, "another replica": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rv := &revocations{status: http.StatusOK, asking: make(chan struct{})}
			state := newShared()
			s := newRevokingSite(t, rv, func(c *Config) {
				if replicas {
					c.Turns, c.Results = state, state
				}
			})
			s.rp.logoutPatience = 50 * time.Millisecond
			b := s.browser()
			b.signIn("/")
			s.clock.Advance(refreshEvery)
			asked, answer := make(chan struct{}), make(chan struct{})
			s.op.token = func(w http.ResponseWriter, _ *http.Request) {
				close(asked)
				<-answer
				writeJSON(w, http.StatusOK, map[string]any{
					"token_type": "Bearer", "expires_in": 300, "access_token": "access-token-1", "id_token": s.op.idToken(""), "refresh_token": "rotated",
				})
			}
			late, got := copyOf(b), make(chan page)
			go func() { got <- late.get("/a") }()
			<-asked
			elsewhere := b
			if replicas {
				elsewhere = copyOf(b)
				config := s.rp.config
				config.Handover = nil
				rp, err := New(config, s.rp.provider, s.store, nil, s.rp.log)
				if err != nil {
					t.Fatal(err)
				}
				rp.logoutPatience = s.rp.logoutPatience
				elsewhere.site = &site{t: t, clock: s.clock, log: s.log, rp: rp, store: s.store, op: s.op}
			}
			signedOut := make(chan page)
			go func() { signedOut <- elsewhere.send(http.MethodPost, "/passkeys/logout") }()
			if p := <-signedOut; !strings.HasPrefix(p.location(), s.op.URL+"/logout?") { // it does not wait for the refresh
				t.Errorf("sign-out went to %q", p.location())
			}
			close(answer)
			<-got
			<-rv.asking
			rv.mu.Lock()
			defer rv.mu.Unlock()
			if len(rv.asked) != 1 || rv.asked[0].Get("token") != "rotated" {
				t.Errorf("revoked %v, want the token that the refresh brought", rv.asked)
			}
		})
	}
}

func TestLogoutGoesOnWhenRevocationFails(t *testing.T) {
	t.Parallel()
	rv := &revocations{status: http.StatusServiceUnavailable}
	s := newRevokingSite(t, rv)
	b := s.browser()
	b.signIn("/")
	p := b.send(http.MethodPost, "/passkeys/logout")
	if !strings.HasPrefix(p.location(), s.op.URL+"/logout?") || b.session() != nil {
		t.Errorf("to %q, session %v", p.location(), b.session())
	}
	for _, want := range []string{"refresh token not revoked", "503"} {
		if !strings.Contains(s.log.String(), want) {
			t.Errorf("the log does not hold %q: %s", want, s.log)
		}
	}
}

func TestSlowRevocationEndpointDoesNotKeepThePersonWaiting(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	rv := &revocations{status: http.StatusOK, hang: release}
	s := newRevokingSite(t, rv)
	t.Cleanup(func() { close(release) })
	s.rp.logoutPatience = 50 * time.Millisecond
	b := s.browser()
	b.signIn("/")
	start := time.Now()
	p := b.send(http.MethodPost, "/passkeys/logout")
	if took := time.Since(start); took < s.rp.logoutPatience || took > s.rp.logoutPatience+time.Second {
		t.Errorf("took %s", took)
	}
	if !strings.HasPrefix(p.location(), s.op.URL+"/logout?") {
		t.Errorf("went to %q", p.location())
	}
}

func TestRevocationNeedsAnEndpoint(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.op.answer = func(a map[string]any) { a["refresh_token"] = testRefreshToken }
	b := s.browser()
	b.signIn("/")
	b.send(http.MethodPost, "/passkeys/logout")
	if !strings.Contains(s.log.String(), "no revocation_endpoint") {
		t.Errorf("no warning: %s", s.log)
	}
	<-s.rp.revokeRefreshToken(nil)
	<-s.rp.revokeRefreshToken(new(session.Session))
}
