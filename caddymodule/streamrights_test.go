package caddymodule

import (
	"net/http"
	"strings"
	"testing"
	"time"

	oktaemu "github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// openStreams opens one of each kind; headers, if any, stand in for the cookies.
func (b *browser) openStreams(header string) map[string]<-chan time.Time {
	b.t.Helper()
	open := make(map[string]<-chan time.Time)
	for name, request := range streamRequests {
		if header != "" {
			request = strings.Replace(request, "Cookie: {cookies}", header, 1)
		}
		open[name] = b.openStream(request)
	}
	return open
}

// A program's streams last as long as its token.
func TestStreamsOfABearerTokenEndWithIt(t *testing.T) {
	w := newWorld(t)
	w.longLived()
	w.start(forPrograms)
	ends := time.Now().Truncate(time.Second).Add(3 * time.Second)
	brief := w.accessToken("alice@acme.test", set("exp", ends.Unix()))
	streams := w.browser().openStreams("Authorization: " + brief)
	long := w.browser().openStreams("Authorization: " + w.accessToken("alice@acme.test", nil))
	for name, over := range streams {
		cutBy(t, name, over, ends.Add(time.Second))
		if time.Now().Before(ends) {
			t.Errorf("%s: cut before the token's end", name)
		}
		if !isOpen(long[name]) {
			t.Errorf("%s: cut with another token", name)
		}
	}
}

// A sign-out of the user ends what goes on by a token from before.
func TestStreamsOfARevokedBearerTokenAreCut(t *testing.T) {
	w := newWorld(t)
	w.longLived()
	w.start(forPrograms)
	users := w.browser().openStreams("Authorization: " + w.accessToken("alice@acme.test", nil))
	programs := w.browser().openStreams("Authorization: " + w.accessToken("", nil))
	w.universalLogout(oktaemu.UniversalLogout{Format: "iss_sub"}, http.StatusNoContent)
	latest := time.Now().Add(time.Second)
	for name, over := range users {
		cutBy(t, name, over, latest)
		if !isOpen(programs[name]) {
			t.Errorf("%s: that of another token was cut", name)
		}
	}
}

// Rights that a refresh takes away end what was opened with them: by the rules of
// allow, and by the groups that the app was told of.
func TestStreamsAreCutWhenARefreshTakesRightsAway(t *testing.T) {
	for name, tc := range map[string]struct {
		settings string
		groups   []string
		cut      bool
	}{
		"no longer allowed":          {"allow {\ngroup orders\n}", []string{"contractors"}, true},
		"allowed, with a group less": {"allow {\ngroup orders\n}", []string{"orders"}, true},
		"a group less":               {"", []string{"orders"}, true},
		"a group more":               {"", []string{"new", "orders", "a,b"}, false},
		"another order":              {"", []string{"a,b", "orders"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.longLived()
			w.startOffline(tc.settings)
			b := w.browser()
			b.signIn("/a")
			streams := b.openStreams("")
			if err := w.okta.SetGroups("alice@acme.test", tc.groups...); err != nil {
				t.Fatal(err)
			}
			b.change(due)
			b.get("/a", "Accept", "application/json")
			latest := time.Now().Add(time.Second)
			for name, over := range streams {
				switch {
				case tc.cut:
					cutBy(t, name, over, latest)
				case !isOpen(over):
					t.Errorf("%s: cut", name)
				}
			}
		})
	}
}

// soon makes a session due in a moment, when nobody sends a request any more.
func soon(s *session.Session) { s.RefreshAt = time.Now().Add(time.Second) }

// A page that lives by its WebSocket alone sends no request that could refresh.
func TestStreamsAloneFollowOkta(t *testing.T) {
	for name, change := range map[string]func(w *world) error{
		"disabled": func(w *world) error { return w.okta.DisableUser("alice@acme.test") },
		"revoked":  func(w *world) error { return w.okta.RevokeTokens("alice@acme.test") },
		"left":     func(w *world) error { return w.okta.SetGroups("alice@acme.test", "contractors") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.longLived()
			w.startOffline("allow {\ngroup orders\n}")
			b := w.browser()
			b.signIn("/a")
			b.change(soon)
			streams := b.openStreams("")
			if err := change(w); err != nil {
				t.Fatal(err)
			}
			latest := time.Now().Add(4 * time.Second)
			for name, over := range streams {
				cutBy(t, name, over, latest)
			}
		})
	}
}

// What was refreshed behind the browser's back is there for its next request, with
// the cookie from before, and no refresh token is used twice.
func TestRefreshForAStreamIsHandedToTheNextRequest(t *testing.T) {
	w := newWorld(t)
	w.longLived()
	w.startOffline("")
	b := w.browser()
	b.signIn("/a")
	b.change(soon)
	streams := b.openStreams("")
	refreshes := func() (n int) {
		for _, e := range w.okta.Events() {
			if e.Name == oktaemu.EventRefreshReuseDetected {
				t.Error("Okta saw a refresh token twice")
			}
			if e.Name == oktaemu.EventTokenIssued && e.Detail == "refresh_token" {
				n++
			}
		}
		return n
	}
	within(t, "the refresh", func() bool { return refreshes() == 1 })
	if p := b.get("/b"); p.app(t).Headers.Get("X-Forwarded-User") == "" || len(p.Header["Set-Cookie"]) == 0 {
		t.Errorf("the next request: %s, %v", p.Status, p.Header)
	}
	if n := refreshes(); n != 1 {
		t.Errorf("%d refreshes", n)
	}
	for name, over := range streams {
		if !isOpen(over) {
			t.Errorf("%s: cut though nothing changed", name)
		}
	}
}
