package abuse

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/e2e/demo"
)

func caddySecurity() []advisory {
	return []advisory{
		{id: "CVE-2023-52430", lesson: "reflected cross-site scripting", attack: reflectedScript},
		{id: "CVE-2024-21496", lesson: "a page linked to a Referer of javascript:", attack: refererOfAScript},
		{id: "CVE-2024-21497", lesson: "a cookie of the client said where to go after sign-in", attack: redirectFromACookie},
		{id: "CVE-2024-21498 CVE-2024-21499", lesson: "X-Forwarded-Host and -Proto went into the redirect URI", attack: forwardedHost},
		{id: "CVE-2024-21494", lesson: "X-Forwarded-For of the client was believed", attack: forwardedFor},
		{id: "CVE-2024-21495", lesson: "random values could be predicted", attack: predictableValues},
		{id: "CVE-2024-21493", lesson: "odd configurations ended in a panic", attack: oddSettings, alone: true},
		{id: "caddy-security 273 274", lesson: "forms of other sites were taken", attack: formsOfOtherSites},
	}
}

const script = `"><script>alert(document.domain)</script>`

func reflectedScript(s site) {
	nobody, user := s.client(), s.client()
	user.signIn(alice, "/headers")
	q := url.QueryEscape(script)
	for _, path := range []string{
		"/passkeys/nowhere/" + q, "/passkeys/append?return=" + q, "/passkeys/?return=" + q + "&x=" + q, "/passkeys/logout?return=" + q,
		"/passkeys/signed-out?x=" + q, "/passkeys/session?x=" + q, "/passkeys/login?return=" + q,
		"/passkeys/callback?state=" + q + "&code=" + q, "/passkeys/callback?error=" + q + "&error_description=" + q + "&state=f",
		"/passkeys/initiate?iss=" + q + "&target_link_uri=" + q,
	} {
		for _, c := range []*client{nobody, user} {
			a := c.browse(path, "Referer", "https://evil.example/"+script, "User-Agent", script)
			if strings.Contains(a.body, "<script>alert") || strings.Contains(strings.Join(a.Header.Values("Location"), ""), "<script>") {
				s.t.Errorf("%s (%s) gives the script back: %.300s", path, a.Status, a.body)
			}
			if policy := a.Header.Get("Content-Security-Policy"); a.StatusCode/100 != 3 && strings.Contains(a.Header.Get("Content-Type"), "html") && (policy == "" || strings.Contains(policy, "unsafe-inline")) {
				s.t.Errorf("%s: policy %q", path, policy)
			}
		}
	}
}

func refererOfAScript(s site) {
	c := s.client()
	for _, path := range []string{"/passkeys/nowhere", "/passkeys/signed-out", "/passkeys/callback?state=x&code=y", "/passkeys/append/result"} {
		if a := c.browse(path, "Referer", "javascript:alert(1)"); strings.Contains(a.body, "javascript:") {
			s.t.Errorf("%s links to the Referer: %.300s", path, a.body)
		}
	}
}

func redirectFromACookie(s site) {
	c := s.client()
	u := s.parse(s.App)
	for _, name := range []string{"redirect_url", "AUTHP_REDIRECT_URL", "rd", "return", "passkeys-return", "passkeys-login", "passkeys-attempts"} {
		c.http.Jar.SetCookies(u, []*http.Cookie{{Name: name, Value: "https://evil.example/", Path: "/"}}) //nolint:gosec // G124: the attacker's
	}
	a := c.signIn(alice, "/passkeys/login")
	if a.Request.URL.Host != u.Host || a.StatusCode >= 500 {
		s.t.Errorf("ends at %s with %s", a.Request.URL, a.Status)
	}
}

func forwardedHost(s site) {
	c := s.client()
	for _, name := range []string{"X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Scheme", "X-Forwarded-Server", "Forwarded", "X-Host"} {
		for _, value := range []string{"evil.example", "javascript", "https", "host=evil.example;proto=javascript"} {
			a := c.browse("/headers", name, value)
			if got := c.authorization(a).Query().Get("redirect_uri"); got != s.App+"/passkeys/callback" {
				s.t.Errorf("%s: %s: redirect_uri is %q", name, value, got)
			}
		}
	}
}

// authorization is the authorization request that an answer sends a browser to.
func (c *client) authorization(a answer) *url.URL {
	c.t.Helper()
	u, there := c.next(a)
	if !there || !strings.HasPrefix(u.String(), c.site.Okta.Origin+"/oauth2/default/v1/authorize?") {
		c.t.Fatalf("no authorization request: %s, leads to %v", a.Status, u)
	}
	return u
}

func forwardedFor(s site) {
	c := s.client()
	c.signIn(alice, "/headers")
	got := c.seen(c.send(http.MethodGet, "/headers", "", "X-Forwarded-For", "203.0.113.9", "X-Real-Ip", "203.0.113.9", "Forwarded", "for=203.0.113.9"))
	if strings.Contains(strings.Join(got.Values("X-Forwarded-For"), ","), "203.0.113.9") {
		s.t.Errorf("the app is told of %q", got.Values("X-Forwarded-For"))
	}
	c.send(http.MethodPost, "/passkeys/connect-token", `{"type":"nothing"}`, "Content-Type", "application/json", "X-Forwarded-For", "203.0.113.9")
	for line := range strings.SplitSeq(s.Log(s.t), "\n") {
		if strings.Contains(line, `"client_ip":"203.0.113.9"`) {
			s.t.Errorf("the log believes it: %s", line)
		}
	}
}

func predictableValues(s site) {
	const tries = 120
	var values []string
	for range tries {
		q := s.client().authorization(s.client().browse("/headers")).Query()
		values = append(values, q.Get("state")[1:]+q.Get("nonce")+q.Get("code_challenge"))
	}
	seen := make(map[string]bool)
	for _, v := range values {
		if len(v) < 22*3 {
			s.t.Fatalf("%d characters of state, nonce and challenge", len(v))
		}
		// No part of 8 characters, which is 48 bits, may come twice.
		for i := 0; i+8 <= len(v); i += 8 {
			if seen[v[i:i+8]] {
				s.t.Fatalf("%q came before", v[i:i+8])
			}
			seen[v[i:i+8]] = true
		}
	}
}

func oddSettings(s site) {
	for _, odd := range []string{
		"session {\n key {file./nonexistent/key}\n}", "session {\n idle -1h\n}", "session {\n idle 9h\n lifetime 8h\n}", "session {\n key short\n}", "session {",
		"path /", "path /a/../b", "path passkeys", "identity {\n Cookie sub\n}", "identity {\n X-User sub\n x_user email\n}", "identity {\n X-User\n}",
		"related_origins ftp://x", "related_origins https://x/y", "unknown_setting on", "public_url https://other.example",
	} {
		said, err := demo.Refused(s.t, odd)
		switch {
		case err != nil:
			s.t.Errorf("%q: %v", odd, err)
		case strings.Contains(said, "panic") || strings.Contains(said, "goroutine "):
			s.t.Errorf("%q: a panic: %s", odd, said)
		case !strings.Contains(said, ":") || len(said) < 20:
			s.t.Errorf("%q: refused with %q", odd, said)
		}
	}
}

func formsOfOtherSites(s site) {
	c := s.client()
	c.signIn(alice, "/headers")
	for _, path := range []string{"/passkeys/logout", "/passkeys/connect-token", "/passkeys/append/result"} {
		for what, from := range map[string][]string{
			"another site":           {"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"},
			"a sibling":              {"Origin", "http://evil.acme.localhost", "Sec-Fetch-Site", "same-site"},
			"an opaque origin":       {"Origin", "null", "Sec-Fetch-Site", "cross-site"},
			"a browser without more": {"Origin", "https://evil.example"},
		} {
			a := c.send(http.MethodPost, path, `{"type":"passkey-append"}`, append([]string{"Content-Type", "application/json"}, from...)...)
			if a.StatusCode != http.StatusForbidden {
				s.t.Errorf("%s from %s: %s %.200s", path, what, a.Status, a.body)
			}
		}
	}
	if got := c.seen(c.browse("/headers")).Get("X-Forwarded-User"); got != alice.id {
		s.t.Errorf("afterwards the user is %q", got)
	}
}
