package gate

import (
	"net/http"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// only admits the one user of that name.
type only string

func (o only) Allows(s *session.Session) bool { return s.Subject == string(o) }

func newGuarded(tb testing.TB, c Config) *testGate {
	tb.Helper()
	set, err := origin.ParseSet([]string{"https://app.example.com"})
	if err != nil {
		tb.Fatal(err)
	}
	c.Base, c.Origins, c.Public = "/passkeys", set, []string{"/healthz"}
	g, err := newTestGate(c, users{})
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

// CVE-2021-21411 (oauth2-proxy): a group check got lost on one of two ways.
func TestUserWhoIsNotAllowed(t *testing.T) {
	g := newGuarded(t, Config{Access: only("alice")})
	for _, tc := range []struct {
		method, target string
		alice, mallory Verdict
	}{
		{"GET", "/", Upstream, Forbidden},
		{"GET", "/orders?x=/healthz", Upstream, Forbidden},
		{"POST", "/orders", Upstream, Forbidden},
		{"OPTIONS", "/orders", Upstream, Forbidden},
		{"GET", "/healthz/../orders", Upstream, Forbidden},
		{"GET", "/healthz;x", Upstream, Forbidden},
		{"GET", "/healthz", Upstream, Upstream},
		{"GET", "/passkeys", List, Forbidden},
		{"GET", "/passkeys/", List, Forbidden},
		{"HEAD", "/x/../passkeys/", List, Forbidden},
		{"GET", "/passkeys/append", Append, Forbidden},
		{"POST", "/passkeys/append/result", AppendResult, Forbidden},
		{"POST", "/passkeys/connect-token", ConnectToken, Forbidden},
		{"GET", "/passkeys/connect-token", MethodNotAllowed, MethodNotAllowed},
		// The ways out.
		{"GET", "/passkeys/login", Login, Login},
		{"GET", "/passkeys/initiate", Initiate, Initiate},
		{"GET", "/passkeys/callback", Callback, Callback},
		{"GET", "/passkeys/logout", LogoutQuestion, LogoutQuestion},
		{"POST", "/passkeys/logout", Logout, Logout},
		{"GET", "/passkeys/signed-out", SignedOut, SignedOut},
		{"GET", "/passkeys/session", SessionInfo, SessionInfo},
		{"GET", "/passkeys/assets/app.js", Asset, Asset},
		{"GET", "/passkeys/unknown", NotFound, NotFound},
	} {
		if got := g.Admit(request(tc.method, tc.target, "Sec-Fetch-Site", "same-origin", "Origin", "https://app.example.com", "Cookie", "user=alice")); got.Verdict != tc.alice || got.Session == nil {
			t.Errorf("%s %s, allowed: %+v, want %v", tc.method, tc.target, got, tc.alice)
		}
		got := g.Admit(request(tc.method, tc.target, "Sec-Fetch-Site", "same-origin", "Origin", "https://app.example.com", "Cookie", "user=mallory"))
		if got.Verdict != tc.mallory {
			t.Errorf("%s %s, not allowed: verdict %v, want %v", tc.method, tc.target, got.Verdict, tc.mallory)
		}
		if got.Verdict == Upstream && got.Session != nil {
			t.Errorf("%s %s: the app is told of %q", tc.method, tc.target, got.Session.Subject)
		}
		// Signed in is not enough, and not signed in is no way around it.
		if got := g.Admit(request(tc.method, tc.target)); got.Verdict == Forbidden || got.Verdict == Upstream && tc.mallory != Upstream {
			t.Errorf("%s %s, nobody: verdict %v", tc.method, tc.target, got.Verdict)
		}
	}
}

// Only requests for the app ask for a token: our own routes are for browsers.
func TestWhereABearerTokenCounts(t *testing.T) {
	g := newGuarded(t, Config{})
	for target, want := range map[string]bool{
		"/orders": true, "/orders?access_token=x": true, "/healthz": true,
		"/passkeys/": false, "/passkeys/append": false, "/passkeys/session": false, "/passkeys/connect-token": false, "/passkeys/unknown": false,
	} {
		if to := g.Find(request("GET", target)); to.ToApp() != want || to.Anonymous() {
			t.Errorf("%s: %+v", target, to)
		}
	}
	foreign := request("GET", "/orders", "Authorization", "Bearer x")
	foreign.Host = "evil.example"
	if to := g.Find(foreign); to.ToApp() || !to.Anonymous() || g.Admit(foreign).Verdict != Misdirected {
		t.Errorf("foreign host: %+v", to)
	}
	foreign = request("GET", "/healthz", "Authorization", "Bearer x")
	foreign.Host = "evil.example"
	if to := g.Find(foreign); !to.Anonymous() || g.Admit(foreign) != (Decision{Verdict: Upstream}) {
		t.Errorf("foreign host, public: %+v", to)
	}
}

func TestABearerTokenThatHolds(t *testing.T) {
	g := newGuarded(t, Config{Access: only("alice")})
	alice, mallory := &session.Session{Subject: "alice"}, &session.Session{Subject: "mallory"}
	who := func(s *session.Session) Who { return Who{Session: s, Bearer: true} }
	for name, tc := range map[string]struct {
		target string
		s      *session.Session
		want   Decision
	}{
		"allowed":             {"/orders", alice, Decision{Verdict: Upstream, Who: who(alice)}},
		"not allowed":         {"/orders", mallory, Decision{Verdict: Forbidden, Who: who(mallory)}},
		"public, allowed":     {"/healthz", alice, Decision{Verdict: Upstream, Who: who(alice)}},
		"public, not allowed": {"/healthz", mallory, Decision{Verdict: Upstream}},
	} {
		if got := g.AdmitBearer(request(http.MethodGet, tc.target), tc.s); got != tc.want {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
	}
}
