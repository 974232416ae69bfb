package login

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
)

func TestLogout(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signIn("/")
	p := b.send(http.MethodPost, "/passkeys/logout")
	u, err := url.Parse(p.location())
	if err != nil || !strings.HasPrefix(p.location(), s.op.URL+"/logout?") {
		t.Fatalf("went to %q", p.location())
	}
	wantRedirect(t, p, p.location())
	q := u.Query()
	if q.Get("post_logout_redirect_uri") != "https://app.example.com/passkeys/signed-out" || q.Get("client_id") != testClientID ||
		q.Has("state") || strings.Count(q.Get("id_token_hint"), ".") != 2 {
		t.Errorf("%v", q)
	}
	if b.session() != nil {
		t.Error("still signed in here")
	}
	if !strings.Contains(s.log.String(), `"msg":"signed out","sub":"00u1"`) {
		t.Errorf("no audit line: %s", s.log)
	}
	wantRedirect(t, b.send(http.MethodPost, "/passkeys/logout"), "/passkeys/signed-out") // again, with no session
}

func TestLogoutWithOktaDown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signIn("/")
	s.rp.provider = provider.New(provider.Config{Issuer: s.op.issuer(), Now: s.clock.Now}) // as after a restart
	s.op.withdraw = true
	wantRedirect(t, b.send(http.MethodPost, "/passkeys/logout"), "/passkeys/signed-out")
	if b.session() != nil {
		t.Error("still signed in here")
	}
	if !strings.Contains(s.log.String(), "signed out here only") {
		t.Error("no warning")
	}
}

func TestLogoutWithoutEndSessionEndpoint(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.op.metadata = func(m map[string]any) { delete(m, "end_session_endpoint") }
	b := s.browser()
	b.signIn("/")
	wantRedirect(t, b.send(http.MethodPost, "/passkeys/logout"), "/passkeys/signed-out")
}

func TestLogoutWithHugeIDToken(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.op.change = func(c map[string]any) { c["filler"] = strings.Repeat("x", 5500) }
	b := s.browser()
	b.signIn("/")
	wantRedirect(t, b.send(http.MethodPost, "/passkeys/logout"), "/passkeys/signed-out")
	if b.session() != nil {
		t.Error("still signed in here")
	}
	if !strings.Contains(s.log.String(), "ID token too long") {
		t.Errorf("no warning: %s", s.log)
	}
}

func TestOpenRedirectAtLogout(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signIn("/")
	for _, host := range []string{"app.example.com", "evil.example"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost,
			"/passkeys/logout?post_logout_redirect_uri=https://evil.example&return=//evil.example", nil)
		r.Host = host
		r.Header.Set("X-Forwarded-Host", "evil.example")
		b.carry(r)
		err := s.rp.Logout(w, r)
		if strings.Contains(w.Header().Get("Location"), "evil") || (err != nil) != (host == "evil.example") {
			t.Errorf("%s: %v, to %q", host, err, w.Header().Get("Location"))
		}
		if !strings.Contains(strings.Join(w.Header()["Set-Cookie"], "\n"), "__Host-passkeys-session=;") {
			t.Errorf("%s: the session did not end", host)
		}
	}
}
