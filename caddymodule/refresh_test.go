package caddymodule

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	oktaemu "github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// change rewrites the browser's session as if something had happened meanwhile.
func (b *browser) change(edit func(*session.Session)) { b.rewrite(time.Now, edit) }

// rest rewrites the browser's session as if nobody had used it for so long.
func (b *browser) rest(d time.Duration) {
	b.rewrite(func() time.Time { return time.Now().Add(-d) }, func(*session.Session) {})
}

// rewrite seals the browser's session again at a time.
func (b *browser) rewrite(now func() time.Time, edit func(*session.Session)) {
	b.t.Helper()
	keyring, err := seal.NewKeyring([]byte(sessionKey))
	if err != nil {
		b.t.Fatal(err)
	}
	store, err := session.New(session.Config{
		Keyring: keyring.Bind(b.okta.Issuer() + " 0oa1client"), Idle: defaultIdle, Lifetime: defaultLifetime,
		Insecure: true, LogoutPath: "/passkeys/logout", Now: now,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	site, err := url.Parse(b.site)
	if err != nil {
		b.t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodGet, b.site, nil)
	for _, c := range b.Jar.Cookies(site) {
		r.AddCookie(c)
	}
	s, err := store.Read(r)
	if err != nil {
		b.t.Fatal(err)
	}
	edit(s)
	w := httptest.NewRecorder()
	if err := store.Renew(w, s); err != nil {
		b.t.Fatal(err)
	}
	b.Jar.SetCookies(site, w.Result().Cookies())
}

// copyOf is whoever copied the browser's session cookie.
func (b *browser) copyOf() *browser {
	b.t.Helper()
	site, err := url.Parse(b.site)
	if err != nil {
		b.t.Fatal(err)
	}
	thief := b.browser()
	thief.stay()
	thief.Jar.SetCookies(site, b.Jar.Cookies(site))
	return thief
}

func due(s *session.Session) { s.RefreshAt = time.Now().Add(-time.Second) }

// startOffline runs the site with refresh tokens.
func (w *world) startOffline(extra string) {
	w.t.Helper()
	if err := load(w.t, strings.Replace(w.caddyfile(extra), "email groups", "email groups offline_access", 1)); err != nil {
		w.t.Fatal(err)
	}
}

// A reload must not forget who got new tokens: the next request with the old
// cookie would use the old ones again, and Okta would take that for theft.
func TestRefreshedSessionOutlivesAReload(t *testing.T) {
	w := newWorld(t)
	w.startOffline("")
	b := w.browser()
	b.signIn("/a")
	b.change(due)
	site, err := url.Parse(w.site)
	if err != nil {
		t.Fatal(err)
	}
	late := w.browser()
	late.Jar.SetCookies(site, b.Jar.Cookies(site))
	b.get("/a").app(t)
	w.startOffline("brand {\n\t\t\tname Reloaded\n\t\t}")
	late.get("/b").app(t)
	refreshed := 0
	for _, e := range w.okta.Events() {
		if e.Name == oktaemu.EventRefreshReuseDetected {
			t.Error("Okta saw a refresh token twice")
		}
		if e.Name == oktaemu.EventTokenIssued && e.Detail == "refresh_token" {
			refreshed++
		}
	}
	if refreshed != 1 {
		t.Errorf("%d refreshes", refreshed)
	}
}

func TestRightsFollowOkta(t *testing.T) {
	w := newWorld(t)
	w.startOffline("")
	b := w.browser()
	b.signIn("/a")
	if err := w.okta.SetGroups("alice@acme.test", "contractors"); err != nil {
		t.Fatal(err)
	}
	if got := b.get("/a").app(t).Headers.Get("X-Forwarded-Groups"); got != "Everyone,orders,a%2Cb" {
		t.Errorf("groups %q before the refresh", got)
	}
	b.change(due)
	if got := b.get("/a").app(t).Headers.Get("X-Forwarded-Groups"); got != "Everyone,contractors" {
		t.Errorf("groups %q on the request that refreshed", got)
	}
	b = w.browser() // the process knows better than a cookie that the first one is due
	b.signIn("/a")
	b.change(due)
	if err := w.okta.DisableUser("alice@acme.test"); err != nil {
		t.Fatal(err)
	}
	// A program learns it by 401, and then the cookie is gone.
	p := b.get("/api", "Accept", "application/json")
	if p.StatusCode != http.StatusUnauthorized || !strings.Contains(p.body, "login_required") {
		t.Errorf("%s %s", p.Status, p.body)
	}
	if p := b.get("/passkeys/session", "Accept", "application/json"); p.StatusCode != http.StatusUnauthorized {
		t.Errorf("still signed in: %s", p.body)
	}
	if !strings.Contains(w.logs(), "session ended by refresh") {
		t.Error("not in the log")
	}
}

// A session that ends by its refresh leaves the request to the token that it
// carries, if that holds.
func TestBearerTokenBesideASessionThatEnds(t *testing.T) {
	w := newWorld(t)
	for token, want := range map[string]int{"Bearer garbage": http.StatusUnauthorized, w.accessToken("alice@acme.test", nil): http.StatusOK} {
		w.startOffline("bearer {\naudience api://default\n}")
		b := w.browser()
		b.signIn("/a")
		b.change(due)
		if err := w.okta.RevokeTokens("alice@acme.test"); err != nil {
			t.Fatal(err)
		}
		if p := b.get("/api", "Accept", "application/json", "Authorization", token); p.StatusCode != want {
			t.Errorf("%.14s: %s %s", token, p.Status, p.body)
		}
	}
}
