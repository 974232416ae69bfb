package abuse

import (
	"net/http"
	"net/url"
	"strings"
)

func oauth2Proxy() []advisory {
	return []advisory{
		{id: "CVE-2026-40575", lesson: "a policy believed X-Forwarded-Uri of the client", attack: pathFromAHeader},
		{id: "CVE-2026-34457", lesson: "the User-Agent of a health check opened the gate", attack: userAgentOfAHealthCheck},
		{id: "CVE-2026-41059", lesson: "# and %23 in a path fooled the rule for public paths", attack: fragmentInThePath},
		{id: "CVE-2025-64484", lesson: "X_Forwarded_User was not stripped and the app took it for X-Forwarded-User", attack: otherSpellings},
		{id: "CVE-2025-54576", lesson: "the rule for public paths looked at the query", attack: publicPathInTheQuery},
		{id: "GHSA-5m6c-jp6f-2vcv GHSA-j7px-6hwj-hpjg GHSA-qqxw-m5fj-f7gv", lesson: "open redirects after sign-in", attack: openRedirects},
	}
}

func pathFromAHeader(s site) {
	c := s.client()
	for _, name := range []string{
		"X-Forwarded-Uri", "X-Forwarded-Path", "X-Forwarded-Prefix", "X-Original-Uri", "X-Original-Url", "X-Rewrite-Url", "X-Replaced-Path",
	} {
		c.refused(name, c.browse("/headers", name, "/healthz"))
		c.refused(name+", by a program", c.send(http.MethodGet, "/headers", "", name, "/static/style.css"))
	}
}

func userAgentOfAHealthCheck(s site) {
	c := s.client()
	for _, agent := range []string{"GoogleHC/1.0", "kube-probe/1.31", "ELB-HealthChecker/2.0", "Amazon-Route53-Health-Check-Service", "curl/8"} {
		for _, path := range []string{"/headers", "/healthz/../headers", "/passkeys/"} {
			c.refused(agent+" "+path, c.send(http.MethodGet, path, "", "User-Agent", agent))
		}
	}
}

func fragmentInThePath(s site) {
	c := s.client()
	for _, target := range []string{
		"/headers#/static/style.css", "/headers%23/static/style.css", "/headers%23/../static/", "/headers%3f/healthz", "/headers;/healthz", "/static/%23/../../headers",
	} {
		c.refused(target, c.raw("GET "+target+" HTTP/1.1\nHost: {host}\nConnection: close\n\n"))
	}
}

// theirHeaders are names under which apps look for the user.
var theirHeaders = []string{
	"X-Forwarded-User", "x-forwarded-user", "X_Forwarded_User", "X-Forwarded_User", "X.Forwarded.User", "X_FORWARDED_EMAIL", "x-forwarded_groups",
	"X-Forwarded-Preferred_Username", "Remote-User", "REMOTE_USER", "Remote_Groups",
}

func otherSpellings(s site) {
	c := s.client()
	c.signIn(alice, "/headers")
	for _, name := range theirHeaders {
		a := c.raw("GET /headers HTTP/1.1\nHost: {host}\nCookie: {cookies}\nConnection: close\n" + name + ": mallory\n\n")
		for got, values := range c.seen(a) {
			if strings.Contains(strings.Join(values, " "), "mallory") {
				s.t.Errorf("%s: the app sees %s: %q", name, got, values)
			}
		}
		if got := c.seen(a).Get("X-Forwarded-User"); got != alice.id {
			s.t.Errorf("%s: the app's user is %q", name, got)
		}
	}
}

func publicPathInTheQuery(s site) {
	c := s.client()
	for _, target := range []string{"/headers?x=/static/style.css", "/headers?/healthz", "/headers?/static/../static/style.css", "/orders?path=%2Fhealthz"} {
		c.refused(target, c.browse(target))
	}
}

// hostileTargets are ways to write another site's address.
var hostileTargets = []string{
	"https://evil.example/", "//evil.example", "///evil.example", "////evil.example", `/\evil.example`, `\\evil.example`, `/\/evil.example`, `\/evil.example`,
	"/\t/evil.example", "/\n/evil.example", "/\r\n/evil.example", "\t//evil.example", " //evil.example", "/%09/evil.example", "/%5cevil.example", "/%2f/evil.example",
	"%2f%2fevil.example", "/.//evil.example", "/..//evil.example", "/x/..//evil.example", "/./\\evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)",
	"data:text/html,x", "https:evil.example", "https:/evil.example", "http://app.acme.localhost@evil.example", "//app.acme.localhost@evil.example",
	"/\u2028/evil.example", "/\u0000/evil.example", "\uff0f\uff0fevil.example", "/;//evil.example", "?//evil.example", "//evil.example/%2f..",
}

func openRedirects(s site) {
	c := s.client()
	c.signIn(alice, "/headers")
	fresh := s.client()
	for _, target := range hostileTargets {
		a := c.browse("/passkeys/login?return=" + url.QueryEscape(target))
		s.onSite(target, a)
		if a := fresh.signIn(alice, "/passkeys/login?prompt=login&return="+url.QueryEscape(target)); a.Request.URL.Host != s.parse(s.App).Host {
			s.t.Errorf("%q: the sign-in ends at %s", target, a.Request.URL)
		}
		// Otherwise the guard against loops takes us for one.
		fresh.browse("/passkeys/login?again=1&return=%2F")
	}
}

// onSite fails when an answer leads a browser to another site. Browsers take
// backslashes for slashes and drop tabs and line feeds.
func (s site) onSite(what string, a answer) {
	s.t.Helper()
	raw := a.Header.Get("Location")
	asBrowsersRead := strings.NewReplacer(`\`, "/", "\t", "", "\n", "", "\r", "").Replace(raw)
	switch {
	case a.StatusCode/100 != 3:
		s.t.Errorf("%q: %s, want a redirect", what, a.Status)
	case strings.HasPrefix(asBrowsersRead, s.App+"/"):
	case !strings.HasPrefix(asBrowsersRead, "/") || strings.HasPrefix(asBrowsersRead, "//"):
		s.t.Errorf("%q: leads to %q", what, raw)
	}
}
