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

func newGuarded(tb testing.TB, c Config) *Gate {
	tb.Helper()
	set, err := origin.ParseSet([]string{"https://app.example.com"})
	if err != nil {
		tb.Fatal(err)
	}
	c.Base, c.Origins, c.Public = "/passkeys", set, []string{"/healthz"}
	g, err := New(c, users{})
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
			t.Errorf("%s %s, allowed: %+v, want %d", tc.method, tc.target, got, tc.alice)
		}
		got := g.Admit(request(tc.method, tc.target, "Sec-Fetch-Site", "same-origin", "Origin", "https://app.example.com", "Cookie", "user=mallory"))
		if got.Verdict != tc.mallory {
			t.Errorf("%s %s, not allowed: verdict %d, want %d", tc.method, tc.target, got.Verdict, tc.mallory)
		}
		if got.Verdict == Upstream && got.Session != nil {
			t.Errorf("%s %s: the app is told of %q", tc.method, tc.target, got.Session.Subject)
		}
		// Signed in is not enough, and not signed in is no way around it.
		if got := g.Admit(request(tc.method, tc.target)); got.Verdict == Forbidden || got.Verdict == Upstream && tc.mallory != Upstream {
			t.Errorf("%s %s, nobody: verdict %d", tc.method, tc.target, got.Verdict)
		}
	}
}

func TestBearerTokenNeedsTheSetting(t *testing.T) {
	off, on := newGuarded(t, Config{}), newGuarded(t, Config{Bearer: true})
	for _, tc := range []struct {
		target, authorization string
		off, on               Verdict
	}{
		{"/orders", "Bearer x", Challenge, BearerToken},
		{"/orders", "bEaReR x", Challenge, BearerToken},
		{"/orders", "Bearer", Challenge, BearerToken},
		{"/orders", "Bearer\tx", Challenge, BearerToken},
		{"/orders", " Bearer x", Challenge, BearerToken},
		{"/orders", "Basic eDp5", Challenge, Challenge},
		{"/orders", "Bearerx", Challenge, Challenge},
		{"/orders", "DPoP x", Challenge, Challenge},
		{"/orders", "Basic eDp5, Bearer x", Challenge, Challenge},
		{"/orders", "", Challenge, Challenge},
		{"/orders?access_token=x", "", Challenge, Challenge}, // RFC 6750 section 2.3 is not offered
		{"/healthz", "Bearer x", Upstream, BearerToken},
		// Our own routes are for browsers.
		{"/passkeys/", "Bearer x", Challenge, Challenge},
		{"/passkeys/append", "Bearer x", Challenge, Challenge},
		{"/passkeys/session", "Bearer x", SessionInfo, SessionInfo},
	} {
		for _, c := range []struct {
			g    *Gate
			want Verdict
		}{{off, tc.off}, {on, tc.on}} {
			r := request("GET", tc.target, "Authorization", tc.authorization)
			if got := c.g.Admit(r); got.Verdict != c.want || got.Session != nil {
				t.Errorf("%s, %q: %+v, want %d", tc.target, tc.authorization, got, c.want)
			}
		}
	}
	if got := on.Admit(request("POST", "/passkeys/connect-token", "Authorization", "Bearer x")); got.Verdict != ConnectToken || got.Session != nil {
		t.Errorf("connect token: %+v", got)
	}
	r := request("GET", "/orders", "Authorization", "Bearer x", "Cookie", "user=alice")
	if got := on.Admit(r); got.Verdict != Upstream || got.Bearer || got.Session.Subject != "alice" || r.Header.Get("Authorization") != "Bearer x" {
		t.Errorf("with a live session: %+v", got)
	}
	second := request("GET", "/orders")
	second.Header["Authorization"] = []string{"Basic eDp5", "Bearer x"}
	if got := on.Admit(second); got.Verdict != BearerToken {
		t.Errorf("a second field: %+v", got)
	}
	foreign := request("GET", "/orders", "Authorization", "Bearer x")
	foreign.Host = "evil.example"
	if got := on.Admit(foreign); got.Verdict != Misdirected {
		t.Errorf("foreign host: %+v", got)
	}
}

func TestAdmitBearer(t *testing.T) {
	g := newGuarded(t, Config{Bearer: true, Access: only("alice")})
	alice, mallory := &session.Session{Subject: "alice"}, &session.Session{Subject: "mallory"}
	for name, tc := range map[string]struct {
		target string
		s      *session.Session
		want   Decision
		ok     bool
	}{
		"allowed":             {"/orders", alice, Decision{Verdict: Upstream, Session: alice, Bearer: true}, true},
		"not allowed":         {"/orders", mallory, Decision{Verdict: Forbidden, Session: mallory, Bearer: true}, true},
		"bad":                 {"/orders", nil, Decision{Verdict: Refuse}, false},
		"public, allowed":     {"/healthz", alice, Decision{Verdict: Upstream, Session: alice, Bearer: true}, true},
		"public, not allowed": {"/healthz", mallory, Decision{Verdict: Upstream}, true},
		"public, bad":         {"/healthz", nil, Decision{Verdict: Upstream}, true},
	} {
		got, ok := g.AdmitBearer(request(http.MethodGet, tc.target), tc.s)
		if ok != tc.ok || got != tc.want {
			t.Errorf("%s: %+v %t, want %+v", name, got, ok, tc.want)
		}
	}
}
