package abuse

import (
	"net/http"
	"strings"
)

func pomerium() []advisory {
	return []advisory{
		{id: "CVE-2024-39315", lesson: "the page about the user showed tokens", attack: tokensInWhoAmI},
		{id: "CVE-2024-47616", lesson: "a token of one purpose was taken for another", attack: cookieOfAnotherPurpose},
		{id: "CVE-2023-33189", lesson: "a crafted path was authorized as one and proxied as another", attack: craftedPaths},
		{id: "CVE-2022-24797", lesson: "pprof and metrics answered clients", attack: internals},
		{id: "CVE-2021-29652", lesson: "the signature of the token was not verified", attack: unverifiedToken, alone: true},
	}
}

func tokensInWhoAmI(s site) {
	c := s.client()
	c.signIn(alice, "/headers")
	a := c.send(http.MethodGet, "/passkeys/session", "", "Accept", "application/json")
	if a.StatusCode != http.StatusOK || !strings.Contains(a.body, alice.id) {
		s.t.Fatalf("%s %s", a.Status, a.body)
	}
	for _, word := range []string{"eyJ", "token", "secret", c.cookie("/", "passkeys-session")} {
		if strings.Contains(a.body, word) {
			s.t.Errorf("it says %q: %s", word, a.body)
		}
	}
}

// cookie is the value of a cookie that goes to a path.
func (c *client) cookie(path, name string) string {
	c.t.Helper()
	for _, ck := range c.http.Jar.Cookies(c.site.parse(c.site.App + path)) {
		if ck.Name == name {
			return ck.Value
		}
	}
	c.t.Fatalf("no cookie %s for %s", name, path)
	return ""
}

func cookieOfAnotherPurpose(s site) {
	c := s.client()
	c.browse("/headers")
	attempt := ""
	for _, ck := range c.http.Jar.Cookies(s.parse(s.App)) {
		if strings.HasPrefix(ck.Name, "passkeys-login-") {
			attempt = ck.Value
		}
	}
	c.signIn(alice, "/headers")
	for what, value := range map[string]string{
		"the ID token's": c.cookie("/passkeys/logout", "passkeys-id-token"),
		"an attempt's":   attempt,
		"the attempts'":  c.cookie("/", "passkeys-attempts"),
	} {
		if value == "" {
			s.t.Errorf("no value of %s cookie", what)
		}
		other := s.client()
		other.refused(what, other.send(http.MethodGet, "/headers", "", "Cookie", "passkeys-session="+value))
	}
	live := s.client()
	live.seen(live.send(http.MethodGet, "/headers", "", "Cookie", "passkeys-session="+c.cookie("/", "passkeys-session")))
}

func craftedPaths(s site) {
	c := s.client()
	for _, path := range []string{
		"/static/../headers", "/static/..%2fheaders", "/static/%2e%2e/headers", "/static/%2e%2e%2fheaders", "/static/..%5cheaders", `/static/..\headers`,
		"/static/..;/headers", "/static/;/../headers", "/static/%252e%252e/headers", "//static/../headers", "/static//..//headers", "/healthz/../headers",
		"/healthz;/headers", "/healthz%00/headers", "/static/.%2e/headers", "/static/...//headers", "/./headers", "//headers", "/healthz/", "/headers/../headers",
		"/passkeys/../headers", "/passkeys/..%2fheaders", "/passkeys/assets/../../headers", "http://app.acme.localhost/headers",
	} {
		c.refused(path, c.raw("GET "+path+" HTTP/1.1\nHost: {host}\nConnection: close\n\n"))
	}
}

func internals(s site) {
	nobody, user := s.client(), s.client()
	user.signIn(alice, "/headers")
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap", "/debug/vars", "/metrics", "/config/", "/passkeys/metrics", "/passkeys/debug/pprof/", "/__emulator/events"} {
		nobody.refused(path, nobody.send(http.MethodGet, path, ""))
		if a := user.send(http.MethodGet, path, ""); a.StatusCode != http.StatusNotFound {
			s.t.Errorf("%s answers a user: %s %.200s", path, a.Status, a.body)
		}
	}
}

func unverifiedToken(s site) {
	for _, fault := range []string{
		"bad_signature", "alg_none", "alg_hs256", "wrong_kid", "wrong_issuer", "wrong_audience", "two_audiences", "wrong_nonce", "missing_nonce",
		"expired_id_token", "future_id_token", "wrong_at_hash", "missing_id_token",
	} {
		s.Okta.Fault(fault)
		c := s.client()
		a := c.signIn(alice, "/headers")
		if a.StatusCode != http.StatusBadGateway {
			s.t.Errorf("%s: sign-in ends with %s at %s", fault, a.Status, a.Request.URL.Path)
		}
		c.refused(fault, c.send(http.MethodGet, "/headers", ""))
		s.Okta.ClearFaults()
	}
	c := s.client()
	if got := c.seen(c.signIn(alice, "/headers")).Get("X-Forwarded-User"); got != alice.id {
		s.t.Errorf("without a fault the user is %q", got)
	}
}
