package abuse

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

func modAuthOpenIDC() []advisory {
	return []advisory{
		{id: "mod_auth_openidc 2026-08-07 fixation", lesson: "a session planted before sign-in became the user's", attack: sessionFixation},
		{id: "mod_auth_openidc 2026-08-07 parameters", lesson: "parameters of the client doubled those of the authorization request", attack: doubledParameters},
		{id: "mod_auth_openidc 2026-08-07 scrubbing", lesson: "identity headers of the client passed on some methods and paths", attack: identityOnEveryMethod},
		{id: "GHSA-59jp-rwph-878r", lesson: "protected content came along with the way to sign in", attack: contentWithTheChallenge},
		{id: "CVE-2024-24814", lesson: "a cookie that claims 99999999 parts kept the server busy", attack: countlessParts},
		{id: "CVE-2023-28625", lesson: "an odd Cookie header crashed what strips cookies", attack: oddCookies},
		{id: "CVE-2022-23527", lesson: "open redirect at sign-out", attack: redirectAtSignOut},
		{id: "mod_auth_openidc 2021 target_link_uri", lesson: "open redirect by a sign-in that the identity provider starts", attack: targetLinkURI},
		{id: "mod_auth_openidc 2026-05 issuer", lesson: "an answer of no issuer, or of another one, was taken", attack: answerOfAnotherIssuer, alone: true},
	}
}

func sessionFixation(s site) {
	attacker, victim := s.client(), s.client()
	attacker.signIn(bob, "/headers")
	planted := attacker.cookie("/", "passkeys-session")
	victim.http.Jar.SetCookies(s.parse(s.App), []*http.Cookie{{Name: "passkeys-session", Value: planted, Path: "/"}}) //nolint:gosec // G124: the attacker's
	victim.signIn(alice, "/passkeys/login?prompt=login")
	if victim.cookie("/", "passkeys-session") == planted {
		s.t.Error("the planted cookie stays")
	}
	if got := victim.seen(victim.browse("/headers")).Get("X-Forwarded-User"); got != alice.id {
		s.t.Errorf("the victim is %q", got)
	}
	// The planted session is over, and the attacker is nobody.
	if a := attacker.browse("/headers"); a.StatusCode != http.StatusUnauthorized {
		s.t.Errorf("the attacker gets %s", a.Status)
	}
}

func doubledParameters(s site) {
	c := s.client()
	const extra = "client_id=evil&redirect_uri=https%3A%2F%2Fevil.example&scope=all&state=fixed&nonce=fixed&code_challenge=fixed&code_challenge_method=plain&response_type=token&response_mode=fragment&request=x&prompt=none&max_age=999999"
	for _, path := range []string{"/headers?" + extra, "/passkeys/login?" + extra, "/passkeys/login?return=%2F%3F" + url.QueryEscape(extra)} {
		q := c.authorization(c.browse(path)).Query()
		for name, values := range q {
			if len(values) != 1 {
				s.t.Errorf("%s: %s comes %d times: %q", path, name, len(values), values)
			}
		}
		for name, want := range map[string]string{
			"redirect_uri": s.App + "/passkeys/callback", "response_type": "code", "code_challenge_method": "S256", "client_id": "0oademoorders0000001",
		} {
			if q.Get(name) != want {
				s.t.Errorf("%s: %s is %q", path, name, q.Get(name))
			}
		}
		for _, name := range []string{"state", "nonce", "code_challenge", "scope"} {
			if v := q.Get(name); v == "fixed" || v == "all" || v == "" {
				s.t.Errorf("%s: %s is %q", path, name, v)
			}
		}
		if q.Has("request") || q.Has("response_mode") || q.Get("prompt") == "none" {
			s.t.Errorf("%s: parameters of the client: %v", path, q)
		}
	}
}

func identityOnEveryMethod(s site) {
	c := s.client()
	c.signIn(alice, "/headers")
	item := fmt.Sprintf("Anvil %d", time.Now().UnixNano())
	a := c.send(http.MethodPost, "/orders", url.Values{"item": {item}, "quantity": {"1"}}.Encode(), "Content-Type", "application/x-www-form-urlencoded",
		"X-Forwarded-Email", "mallory@acme.test", "X-Forwarded-Preferred-Username", "mallory", "X-Forwarded-User", "mallory")
	if a.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("the order: %s %.200s", a.Status, a.body)
	}
	for _, method := range []string{http.MethodOptions, http.MethodPut, http.MethodDelete, "PROPFIND"} {
		nobody := s.client()
		nobody.refused(method, nobody.send(method, "/orders", "", "X-Forwarded-User", "mallory"))
	}
	orders := c.browse("/orders").body
	if !strings.Contains(orders, item) || strings.Contains(orders, "mallory") {
		s.t.Errorf("the order is mallory's, or none: %.600s", orders)
	}
}

func contentWithTheChallenge(s site) {
	c := s.client()
	item := fmt.Sprintf("Stolen %d", time.Now().UnixNano())
	c.refused("a navigation", c.browse("/orders"))
	c.refused("a program", c.send(http.MethodGet, "/orders", "", "Accept", "application/json"))
	c.refused("a form", c.send(http.MethodPost, "/orders", url.Values{"item": {item}, "quantity": {"1"}}.Encode(), "Content-Type", "application/x-www-form-urlencoded"))
	c.refused("a pipelined one", c.raw("GET /orders HTTP/1.1\nHost: {host}\nConnection: close\n\nGET /orders HTTP/1.1\nHost: {host}\n\n"))
	if orders := c.signIn(alice, "/orders").body; strings.Contains(orders, item) {
		s.t.Error("the form reached the app")
	}
}

func countlessParts(s site) {
	c := s.client()
	c.signIn(alice, "/headers")
	live := c.cookie("/", "passkeys-session")
	for _, value := range []string{
		"99999999." + live, "99999999999999999999." + live, "-1." + live, "0." + live, "4." + live, "2.", ".", "1e9." + live, strings.Repeat("9", 3000),
	} {
		other := s.client()
		began := time.Now()
		other.refused(fmt.Sprintf("%.20q", value), other.send(http.MethodGet, "/headers", "", "Cookie", "passkeys-session="+value))
		if took := time.Since(began); took > 5*time.Second {
			s.t.Errorf("%.20q took %s", value, took)
		}
	}
}

func oddCookies(s site) {
	c := s.client()
	c.signIn(alice, "/headers")
	for _, cookie := range []string{
		";;", "=", ";", " ; ; ", "=;=;=", "a", "a;b;c", "a=b;;c=d", `a="b;c"`, "passkeys-session", "passkeys-session=", "=passkeys-session", "passkeys-session=x; passkeys-session=y",
		strings.Repeat("a=b; ", 500), "\x01=\x02", "\xff\xfe=1", "a=b,c=d", "$Version=1; a=b",
	} {
		// The live session comes last, so that what stands before it is gone through.
		a := c.raw("GET /headers HTTP/1.1\nHost: {host}\nConnection: close\nCookie: " + strings.ReplaceAll(cookie, "passkeys-session", "passkeys-other") + "; {cookies}\n\n")
		if a.StatusCode == http.StatusBadRequest && strings.ContainsRune(cookie, 1) {
			continue // the server refuses control characters before us
		}
		got := c.seen(a)
		if got.Get("X-Forwarded-User") != alice.id {
			s.t.Errorf("%.40q: the user is %q", cookie, got.Get("X-Forwarded-User"))
		}
		if left := strings.Join(got.Values("Cookie"), ";"); strings.Contains(left, "passkeys-other=") || strings.Contains(left, c.cookie("/", "passkeys-session")) {
			s.t.Errorf("%.40q: the app gets our cookies: %.200q", cookie, left)
		}
		nobody := s.client()
		nobody.refused(fmt.Sprintf("%.40q", cookie), nobody.raw("GET /headers HTTP/1.1\nHost: {host}\nConnection: close\nCookie: "+cookie+"\n\n"))
	}
}

func redirectAtSignOut(s site) {
	for _, target := range slices.Concat(hostileTargets[:12], []string{"https://evil.example/\tx", `https://evil.example\@app.acme.localhost`}) {
		c := s.client()
		c.signIn(alice, "/headers")
		form := url.Values{}
		for _, name := range []string{"return", "logout", "redirect_uri", "post_logout_redirect_uri", "rd", "state", "id_token_hint"} {
			form.Set(name, target)
		}
		a := c.send(http.MethodPost, "/passkeys/logout?"+form.Encode(), form.Encode(),
			"Content-Type", "application/x-www-form-urlencoded", "Origin", s.App, "Sec-Fetch-Site", "same-origin", "Referer", "https://evil.example/")
		u, err := a.Location()
		if err != nil || !strings.HasPrefix(u.String(), s.Okta.Origin+"/") || u.Query().Get("post_logout_redirect_uri") != s.App+"/passkeys/signed-out" {
			s.t.Errorf("%q: %s, Location %v", target, a.Status, u)
		}
		if a := c.follow(a); a.Request.URL.Host != s.parse(s.App).Host || a.Request.URL.Path != "/passkeys/signed-out" {
			s.t.Errorf("%q: ends at %s", target, a.Request.URL)
		}
	}
}

func targetLinkURI(s site) {
	issuer := url.QueryEscape(s.Okta.Origin + "/oauth2/default")
	for _, target := range hostileTargets[:16] {
		c := s.client()
		a := c.signIn(alice, "/passkeys/initiate?iss="+issuer+"&target_link_uri="+url.QueryEscape(target))
		if a.Request.URL.Host != s.parse(s.App).Host {
			s.t.Errorf("%q: the sign-in ends at %s", target, a.Request.URL)
		}
	}
	c := s.client()
	if a := c.browse("/passkeys/initiate?iss=https%3A%2F%2Fevil.example"); a.StatusCode/100 == 3 && !strings.HasPrefix(a.Header.Get("Location"), "/") {
		s.t.Errorf("another issuer: %s to %s", a.Status, a.Header.Get("Location"))
	}
}

func answerOfAnotherIssuer(s site) {
	s.Okta.Fault("callback_wrong_issuer")
	c := s.client()
	if a := c.signIn(alice, "/headers"); a.StatusCode < 400 {
		s.t.Errorf("sign-in ends with %s at %s", a.Status, a.Request.URL)
	}
	c.refused("afterwards", c.send(http.MethodGet, "/headers", ""))
}
