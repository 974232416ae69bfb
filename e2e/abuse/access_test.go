package abuse

import (
	"net/http"
	"strings"
)

func accessRules() []advisory {
	return []advisory{
		{
			id: "CVE-2026-40574", lesson: "an address with two @ matched the domain behind the last", attack: domainRules,
			settings: "allow {\n domain acme.test\n}",
		},
		{
			id: "CVE-2021-21291", lesson: "a domain matched names that merely end like it", attack: subdomainRules,
			settings: "allow {\n domain *.acme.test\n}",
		},
		{id: "CVE-2021-21411", lesson: "a rule was dropped and nobody noticed", attack: everyRuleRefuses, alone: true},
		{
			id: "CVE-2026-27587 step_up", lesson: "a guarded path in other letters was not guarded", attack: otherLettersOfAGuardedPath,
			settings: "step_up 5m /admin/* /headers",
		},
	}
}

// enters fails unless a user with that address is let in, or kept out.
func (s site) enters(address string, want bool) {
	s.t.Helper()
	s.Okta.Control(http.MethodPatch, "users/"+alice.id, map[string]any{"email": address})
	c := s.client()
	a := c.signIn(alice, "/headers")
	switch {
	case want:
		c.seen(a)
	case a.StatusCode != http.StatusForbidden:
		s.t.Errorf("%q: sign-in ends with %s at %s", address, a.Status, a.Request.URL)
	default:
		c.refused(address, c.send(http.MethodGet, "/headers", ""))
	}
}

func domainRules(s site) {
	s.enters("alice@acme.test", true)
	s.enters("alice@ACME.test", true)
	for _, address := range []string{
		"alice@evil.test@acme.test", "alice@acme.test@evil.test", "alice@badacme.test", "alice@acme.test.evil.test", "alice@mail.acme.test", "acme.test", "@acme.test",
	} {
		s.enters(address, false)
	}
}

func subdomainRules(s site) {
	s.enters("alice@mail.acme.test", true)
	for _, address := range []string{"alice@badacme.test", "alice@acme.test", "alice@.acme.test", "alice@mail.badacme.test", "alice@evil.test@mail.acme.test"} {
		s.enters(address, false)
	}
}

func everyRuleRefuses(s site) {
	for _, rule := range []string{"group no-such-group", "email somebody@acme.test", "domain other.test"} {
		other := start(s.t, "allow {\n "+rule+"\n}")
		c := other.client()
		if a := c.signIn(alice, "/headers"); a.StatusCode != http.StatusForbidden {
			s.t.Errorf("%s: sign-in ends with %s", rule, a.Status)
		}
		c.refused(rule, c.send(http.MethodGet, "/headers", ""))
		if a := c.send(http.MethodPost, "/passkeys/connect-token", `{"type":"passkey-append"}`,
			"Content-Type", "application/json", "Origin", other.App, "Sec-Fetch-Site", "same-origin"); a.StatusCode != http.StatusForbidden {
			s.t.Errorf("%s: connect token: %s", rule, a.Status)
		}
	}
}

func otherLettersOfAGuardedPath(s site) {
	s.Okta.Fault("old_auth_time")
	c := s.client()
	c.signIn(alice, "/orders")
	for _, path := range []string{
		"/admin", "/ADMIN", "/%61dmin", "/admin/", "/Admin/users", "/x/../admin", "//admin", "/admin;x", "/%2561dmin/../admin", "/HEADERS", "/%68eaders", "/headers",
	} {
		a := c.raw("GET " + path + " HTTP/1.1\nHost: {host}\nCookie: {cookies}\nConnection: close\n\n")
		if a.StatusCode != http.StatusUnauthorized || !strings.Contains(a.body, "step_up_required") {
			s.t.Errorf("%s: %s %.200s", path, a.Status, a.body)
		}
	}
	if a := c.send(http.MethodGet, "/orders", ""); a.StatusCode != http.StatusOK {
		s.t.Errorf("a path without a guard: %s", a.Status)
	}
}

func staleSignIn(s site) {
	s.Okta.Fault("old_auth_time")
	c := s.client()
	c.signIn(alice, "/headers")
	for kind, want := range map[string]int{"passkey-append": http.StatusUnauthorized, "passkey-delete": http.StatusUnauthorized, "passkey-list": http.StatusOK} {
		a := c.send(http.MethodPost, "/passkeys/connect-token", `{"type":"`+kind+`"}`,
			"Content-Type", "application/json", "Accept", "application/json", "Origin", s.App, "Sec-Fetch-Site", "same-origin")
		if a.StatusCode != want || want != http.StatusOK && !strings.Contains(a.body, "step_up_required") {
			s.t.Errorf("%s: %s %.200s", kind, a.Status, a.body)
		}
	}
}
