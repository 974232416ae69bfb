package abuse

import (
	"net/http"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/e2e/demo"
)

func caddyItself() []advisory {
	return []advisory{
		{id: "CVE-2026-30851", lesson: "a claim that is absent left the client's header in place", attack: absentClaim, alone: true},
		{id: "CVE-2026-52845", lesson: "a header with underscores survived and met its twin in CGI", attack: otherSpellings},
		{id: "CVE-2026-27587 CVE-2026-27588", lesson: "paths and hosts in other letters passed a matcher", attack: otherLetters},
		{id: "CVE-2026-27589", lesson: "another site could load a configuration through the admin API", attack: adminAPI},
		{id: "CVE-2026-27586", lesson: "a secret that cannot be read left the door open", attack: unreadableSecret, alone: true},
		{id: "CVE-2026-30852 GHSA-wwhq-w58m-w29c", lesson: "text of the request was expanded like a placeholder", attack: placeholders, alone: true},
		{id: "caddy reverse_proxy Connection", lesson: "the proxy deletes every header that the client names in Connection", attack: headersNamedInConnection},
	}
}

func absentClaim(s site) {
	s.Okta.Fault("missing_email")
	c := s.client()
	c.signIn(bob, "/headers")
	got := c.seen(c.send(http.MethodGet, "/headers", "", "X-Forwarded-Email", "alice@acme.test", "Remote-Email", "alice@acme.test"))
	if got.Get("X-Forwarded-User") != bob.id {
		s.t.Fatalf("the user is %q", got.Get("X-Forwarded-User"))
	}
	if v, there := got["X-Forwarded-Email"]; there {
		s.t.Errorf("the app sees the client's address: %q", v)
	}
}

func otherLetters(s site) {
	c := s.client()
	for _, path := range []string{"/HEADERS", "/%48eaders", "/%68eaders", "/Static/../headers", "/STATIC/style.css", "/HEALTHZ", "/PASSKEYS/session", "/passkeys/%2e%2e/headers"} {
		c.refused(path, c.raw("GET "+path+" HTTP/1.1\nHost: {host}\nConnection: close\n\n"))
	}
	for _, host := range []string{"APP.ACME.LOCALHOST", "App.Acme.localhost"} {
		port := s.parse(s.App).Port()
		c.refused(host, c.raw("GET /headers HTTP/1.1\nHost: "+host+":"+port+"\nConnection: close\n\n"))
		c.refused(host+".", c.raw("GET /headers HTTP/1.1\nHost: "+host+".:"+port+"\nConnection: close\n\n"))
	}
}

func adminAPI(s site) {
	if !strings.Contains(s.Log(s.t), "admin endpoint disabled") {
		s.t.Error("the demo runs with Caddy's admin API")
	}
	c := s.client()
	for _, path := range []string{"/load", "/config/", "/id/x", "/stop", "/pki/ca/local"} {
		c.refused(path, c.send(http.MethodPost, path, "{}", "Content-Type", "application/json"))
	}
}

func unreadableSecret(s site) {
	for _, settings := range []string{"session {\n key {file./nonexistent/session_key}\n}", "session {\n key {env.NOT_SET_ANYWHERE}\n}"} {
		if said, err := demo.Refused(s.t, settings); err != nil || !strings.Contains(said, "session key") {
			s.t.Errorf("%q: %v, said %q", settings, err, said)
		}
	}
}

func placeholders(s site) {
	const text = "{env.DEMO_OKTA_CLIENT_SECRET}{file./etc/hostname}{http.request.host}{{now}}"
	s.Okta.Control(http.MethodPatch, "users/"+alice.login, map[string]any{
		"groups": []string{text}, "first_name": text, "last_name": text,
	})
	c := s.client()
	c.signIn(alice, "/headers")
	got := c.seen(c.send(http.MethodGet, "/headers?x="+strings.ReplaceAll(text, "{", "%7B"), "", "X-Text", text, "Referer", "http://x/"+text))
	if got.Get("X-Text") != text {
		s.t.Errorf("the client's own header became %q", got.Get("X-Text"))
	}
	if groups := got.Get("X-Forwarded-Groups"); !strings.Contains(groups, text) {
		s.t.Errorf("a group's name became %q", groups)
	}
}

func headersNamedInConnection(s site) {
	c := s.client()
	c.signIn(alice, "/headers")
	for _, connection := range []string{
		"close, X-Forwarded-User", "close, x-forwarded-email,X-FORWARDED-GROUPS", "X-Forwarded-User\nConnection: close", "close, , X-Forwarded-User ,",
		"keep-alive, x_forwarded_user, close",
	} {
		got := c.seen(c.raw("GET /headers HTTP/1.1\nHost: {host}\nCookie: {cookies}\nConnection: " + connection + "\n\n"))
		if got.Get("X-Forwarded-User") != alice.id || got.Get("X-Forwarded-Email") != alice.login || got.Get("X-Forwarded-Groups") == "" {
			s.t.Errorf("Connection: %q: the app sees %v", connection, got)
		}
	}
}
