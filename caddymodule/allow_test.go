package caddymodule

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	oktaemu "github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
)

// TestEveryAccessRuleRefuses is CVE-2021-21411 (oauth2-proxy): a refactoring lost
// the check of groups, and no test saw it. Alice is alice@acme.test, in orders,
// in "a,b" and in Everyone.
func TestEveryAccessRuleRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		rule    string
		prepare func(*oktaemu.User)
		allowed bool
	}{
		"group":                     {"group orders", nil, true},
		"one of several groups":     {"group admins orders", nil, true},
		"group with a comma":        {`group "a,b"`, nil, true},
		"another group":             {"group admins", nil, false},
		"group in capitals":         {"group Orders", nil, false},
		"part of a group":           {"group order", nil, false},
		"part before the comma":     {"group a b", nil, false},
		"e-mail":                    {"email Alice@Acme.test", nil, true},
		"another e-mail":            {"email bob@acme.test", nil, false},
		"unverified e-mail":         {"email alice@acme.test", func(u *oktaemu.User) { u.EmailVerified = false }, false},
		"domain":                    {"domain acme.test", nil, true},
		"another domain":            {"domain cme.test", nil, false},
		"unverified domain":         {"domain acme.test", func(u *oktaemu.User) { u.EmailVerified = false }, false},
		"two @":                     {"domain acme.test", func(u *oktaemu.User) { u.Email = "a@evil.com@acme.test" }, false},
		"subdomains are not itself": {"domain *.acme.test", nil, false},
		"subdomain":                 {"domain *.acme.test", func(u *oktaemu.User) { u.Email = "a@mail.acme.test" }, true},
		"suffix without a dot":      {"domain *.acme.test", func(u *oktaemu.User) { u.Email = "a@badacme.test" }, false},
		"no e-mail":                 {"domain acme.test", func(u *oktaemu.User) { u.Email = "" }, false},
		"any one match":             {"group admins\nemail bob@acme.test\ndomain acme.test", nil, true},
		"no match of three":         {"group admins\nemail bob@acme.test\ndomain example.com", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if tc.prepare != nil {
				if _, err := w.okta.ChangeUser("alice@acme.test", tc.prepare); err != nil {
					t.Fatal(err)
				}
			}
			w.start("allow {\n" + tc.rule + "\n}")
			p := w.browser().signIn("/orders")
			if tc.allowed {
				if got := p.app(t); got.Headers.Get("X-Forwarded-User") == "" {
					t.Errorf("the app is not told: %v", got.Headers)
				}
				return
			}
			if p.StatusCode != http.StatusForbidden || !strings.Contains(p.body, "not_allowed") {
				t.Errorf("answered %s at %s: %s", p.Status, p.Request.URL, p.body)
			}
		})
	}
}

func TestUserWhoIsNotAllowed(t *testing.T) {
	w := newWorld(t)
	// With enrollment on, sign-in must not lead through a page that refuses.
	caddyfile := strings.Replace(w.caddyfile("allow {\ngroup admins\n}"), "enroll never", "enroll always", 1)
	if err := load(t, caddyfile); err != nil {
		t.Fatal(err)
	}
	b := w.browser()
	p := b.signIn("/orders?x=1&y=%26")
	if p.StatusCode != http.StatusForbidden || p.Request.URL.RequestURI() != "/orders?x=1&y=%26" || p.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%s at %s %v", p.Status, p.Request.URL, p.Header)
	}
	for _, want := range []string{
		"alice@acme.test", `href="/passkeys/login?prompt=login&amp;return=%2Forders%3Fx%3D1%26y%3D%2526"`, "Use another account", `href="/passkeys/logout"`, "<code>not_allowed</code>",
	} {
		if !strings.Contains(p.body, want) {
			t.Errorf("no %s in %s", want, p.body)
		}
	}
	json := b.get("/api", "Accept", "application/json", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Mode", "cors")
	if json.StatusCode != http.StatusForbidden || !strings.HasPrefix(json.body, `{"error":"not_allowed"`) {
		t.Errorf("a program: %s %s", json.Status, json.body)
	}
	for _, target := range []string{"/passkeys/", "/passkeys/append?return=/", "//orders", "/healthz/../orders", "/healthz%2f..%2forders", "/healthz;/"} {
		if p := b.get(target); p.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %s", target, p.Status)
		}
	}
	token := b.send(http.MethodPost, "/passkeys/connect-token", nil, "Content-Type", "application/json", "Origin", w.site)
	if token.StatusCode != http.StatusForbidden || len(w.corbado.Events()) != 0 {
		t.Errorf("connect token: %s %s", token.Status, token.body)
	}
	post := b.send(http.MethodPost, "/orders", url.Values{"a": {"b"}})
	if post.StatusCode != http.StatusForbidden || strings.Contains(post.body, "return=") {
		t.Errorf("a form: %s %s", post.Status, post.body)
	}
	// Nobody to the app where nobody needs to be anybody.
	public := b.get("/healthz").app(t)
	if public.Headers.Get("X-Forwarded-User") != "" || public.Headers.Get("X-Placeholder-User") != "" {
		t.Errorf("the app is told of somebody who may not use it: %v", public.Headers)
	}
	if who := b.get("/passkeys/session", "Accept", "application/json"); !strings.Contains(who.body, "alice@acme.test") {
		t.Errorf("who am I: %s", who.body)
	}
	// The ways out work.
	if p := b.get("/passkeys/login?prompt=login&return=%2Forders"); stateToken.FindString(p.body) == "" {
		t.Errorf("another account: %s %s", p.Status, p.body)
	}
	if p := b.get("/passkeys/logout"); p.StatusCode != http.StatusOK {
		t.Errorf("sign-out: %s", p.Status)
	}
	if p := b.send(http.MethodPost, "/passkeys/logout", url.Values{}); p.StatusCode != http.StatusOK {
		t.Errorf("sign-out: %s", p.Status)
	}
	for line := range strings.Lines(w.logs()) {
		if strings.Contains(line, `"user not allowed"`) && (strings.Contains(line, "Everyone") || !strings.Contains(line, `"sub":"00u`)) {
			t.Errorf("log line %s", line)
		}
	}
}

// The groups setting is about what the app is told; those that allow names stay.
func TestGroupsOfTheApp(t *testing.T) {
	for extra, want := range map[string]string{
		"":                                       "Everyone,orders,a%2Cb",
		"groups orders":                          "orders",
		"groups ord*":                            "orders",
		"groups Orders ORD*":                     "",
		"groups app-*":                           "",
		`groups "a,b"`:                           "a%2Cb",
		"groups a":                               "",
		"groups app-*\nallow {\ngroup orders\n}": "orders",
	} {
		name, _, _ := strings.Cut(extra, "\n") // braces would be placeholders in the log's path
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.start(extra)
			if got := w.browser().signIn("/").app(t).Headers.Get("X-Forwarded-Groups"); got != want {
				t.Errorf("groups %q, want %q", got, want)
			}
		})
	}
}

func TestVeryManyGroupsAreCutWithOneWarning(t *testing.T) {
	w := newWorld(t)
	if err := w.okta.SetGroups("alice@acme.test", "app-1", "app-2", "zz-needed"); err != nil {
		t.Fatal(err)
	}
	if err := w.okta.Fault(oktaemu.Fault{Name: oktaemu.FaultManyGroups}); err != nil {
		t.Fatal(err)
	}
	w.start("allow {\ngroup zz-needed\n}")
	got := strings.Split(w.browser().signIn("/").app(t).Headers.Get("X-Forwarded-Groups"), ",")
	if len(got) != 50 && len(strings.Join(got, ",")) < 2000 || len(strings.Join(got, ",")) > 2048 {
		t.Errorf("%d groups of %d bytes", len(got), len(strings.Join(got, ",")))
	}
	if n := strings.Count(w.logs(), "with the groups setting"); n != 1 {
		t.Errorf("%d warnings", n)
	}
}

// Public paths: no session needed, and who is signed in is told to the app.
func TestPublicPathTellsWhoIsSignedIn(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.browser()
	if got := b.get("/healthz").app(t); got.Headers.Get("X-Forwarded-User") != "" {
		t.Errorf("nobody is %q", got.Headers.Get("X-Forwarded-User"))
	}
	b.signIn("/")
	got := b.get("/healthz", "X-Forwarded-User", "mallory").app(t)
	alice, _ := w.okta.User("alice@acme.test")
	if got.Headers.Get("X-Forwarded-User") != alice.ID || got.Headers.Get("X-Placeholder-User") != alice.ID {
		t.Errorf("the app is told of %q", got.Headers.Get("X-Forwarded-User"))
	}
}
