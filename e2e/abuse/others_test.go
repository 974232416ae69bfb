package abuse

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func authelia() []advisory {
	return []advisory{
		{id: "CVE-2026-48794", lesson: "a host in capitals skipped a rule", attack: otherLetters},
		{id: "CVE-2026-47203 CVE-2025-24806", lesson: "one user counted as several for a limit", attack: limitOfOneUser, alone: true},
		{id: "CVE-2021-32637", lesson: "a request target that is no URI passed", attack: malformedTargets},
	}
}

func others() []advisory {
	return []advisory{
		{id: "CVE-2022-29226 envoy", lesson: "any bearer token counted as a sign-in", attack: garbageAuthorization},
		{id: "CVE-2026-33494 oathkeeper", lesson: "/public/../admin was public", attack: craftedPaths},
		{id: "CVE-2026-33495 oathkeeper", lesson: "X-Forwarded-Proto of the client was believed", attack: forwardedHost},
		{id: "GHSA-w9mr-28mw-j8hg CVE-2025-48865 oathkeeper fabio", lesson: "headers named in Connection were dropped", attack: headersNamedInConnection},
		{id: "CVE-2024-23647 authentik", lesson: "PKCE could be left out", attack: doubledParameters},
		{id: "CVE-2025-53942 authentik", lesson: "a deactivated user still got in", attack: deactivatedUser, alone: true},
	}
}

func limitOfOneUser(s site) {
	// The limit is the user's: not the session's, the address's or the browser's.
	var clients []*client
	for range 4 {
		c := s.client()
		c.signIn(alice, "/headers")
		clients = append(clients, c)
	}
	ask := func(c *client, i int) answer {
		return c.send(http.MethodPost, "/passkeys/connect-token", `{"type":"passkey-list"}`, "Content-Type", "application/json", "Accept", "application/json",
			"Origin", s.App, "Sec-Fetch-Site", "same-origin", "User-Agent", fmt.Sprint(i), "X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i))
	}
	given := 0
	for i := range 60 {
		switch a := ask(clients[i%len(clients)], i); {
		case a.StatusCode == http.StatusOK:
			given++
		case a.StatusCode != http.StatusTooManyRequests || a.Header.Get("Retry-After") == "":
			s.t.Fatalf("%s %s", a.Status, a.body)
		}
	}
	if given < 10 || given > 30 {
		s.t.Errorf("60 requests of one user gave %d tokens", given)
	}
	other := s.client()
	other.signIn(bob, "/headers")
	if a := ask(other, 0); a.StatusCode != http.StatusOK {
		s.t.Errorf("another user: %s %s", a.Status, a.body)
	}
}

func malformedTargets(s site) {
	c := s.client()
	for _, target := range []string{
		"/%zz", "/headers%", "/%", "http://[::1/headers", "*", "headers", "?", "/headers\x01", "http://", "://", "/%00", "/\x80", `\headers`,
	} {
		c.refused(fmt.Sprintf("%q", target), c.raw("GET "+target+" HTTP/1.1\nHost: {host}\nConnection: close\n\n"))
	}
	c.refused("no host", c.raw("GET /headers HTTP/1.0\n\n"))
	c.refused("two hosts", c.raw("GET /headers HTTP/1.1\nHost: {host}\nHost: evil.example\nConnection: close\n\n"))
	c.refused("CONNECT", c.raw("CONNECT {host} HTTP/1.1\nHost: {host}\nConnection: close\n\n"))
}

func garbageAuthorization(s site) {
	c := s.client()
	for _, value := range []string{
		"Bearer x", "Bearer ", "bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.", "Basic YWxpY2U6eA==", "Digest x", "Negotiate x", "x", strings.Repeat("Bearer ", 400),
	} {
		c.refused(value, c.send(http.MethodGet, "/headers", "", "Authorization", value))
		c.refused(value, c.send(http.MethodGet, "/headers?access_token=x", "", "Authorization", value, "Accept", "application/json"))
	}
}

func deactivatedUser(s site) {
	s.Okta.Control(http.MethodPatch, "users/"+alice.login, map[string]any{"disabled": true})
	c := s.client()
	a := c.follow(c.browse("/headers"))
	a = c.submit(a, map[string][]string{"identifier": {alice.login}})
	if formAction.MatchString(a.body) {
		a = c.submit(a, map[string][]string{"credentials.passcode": {alice.password}})
	}
	if a.Request.URL.Host == s.parse(s.App).Host {
		s.t.Errorf("the sign-in ends at %s: %s", a.Request.URL, a.Status)
	}
	c.refused("afterwards", c.send(http.MethodGet, "/headers", ""))
}

// knownFlaws holds the versions that are built in against those that are mended.
func knownFlaws(s site) {
	mod, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		s.t.Fatal(err)
	}
	for module, mended := range map[string]string{
		"golang.org/x/oauth2": "v0.27.0", "github.com/go-jose/go-jose/v4": "v4.1.4", "github.com/caddyserver/caddy/v2": "v2.11.4",
	} {
		found := regexp.MustCompile(`(?m)^\t` + regexp.QuoteMeta(module) + ` (v\S+)`).FindSubmatch(mod)
		if found == nil || older(string(found[1]), mended) {
			s.t.Errorf("%s is %q, mended in %s", module, found, mended)
		}
	}
}

// older compares versions without pre-releases.
func older(a, b string) bool {
	var x, y [3]int
	_, errX := fmt.Sscanf(a, "v%d.%d.%d", &x[0], &x[1], &x[2])
	_, errY := fmt.Sscanf(b, "v%d.%d.%d", &y[0], &y[1], &y[2])
	return errX != nil || errY != nil || slices.Compare(x[:], y[:]) < 0
}
