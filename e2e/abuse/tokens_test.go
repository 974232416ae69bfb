package abuse

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

const (
	clientID    = "0oademoorders0000001"
	forPrograms = "bearer {\n audience api://default\n}"
)

func tokensAndSignOut() []advisory {
	return []advisory{
		{id: "GHSA-wcvh-g65p-v576", lesson: "bearer tokens of another audience, or without an end, were taken", attack: bearerTokens, settings: forPrograms},
		{id: "CVE-2022-29226 bearer", lesson: "any bearer token counted as a sign-in", attack: garbageAuthorization, settings: forPrograms},
		{
			id: "CVE-2026-33496 oathkeeper", lesson: "what was cached for one audience counted for another",
			elsewhere: []string{"internal/bearer/memory_test.go TestMemoryIsForOneIssuerAndAudience"},
		},
		{
			id: "CVE-2021-41230 GHSA-x883-2vmg-xwf7", lesson: "changed groups counted late or never",
			elsewhere: []string{"caddymodule/refresh_test.go TestRightsFollowOkta", "internal/login/refresh_test.go TestChangedGroupsCountOnTheSameRequest"},
		},
		{
			id: "mod_auth_openidc 2026-07-31 CVE-2025-53942 refresh", lesson: "a refreshed ID token was not verified; a deactivated user stayed in",
			elsewhere: []string{"internal/login/refreshtrouble_test.go TestRefreshedSessionEnds", "caddymodule/refresh_test.go TestRightsFollowOkta"},
		},
		{id: "CVE-2024-21492 CVE-2026-34454", lesson: "the old cookie was good after sign-out", attack: replayAfterSignOut},
		{id: "mod_auth_openidc 2026-08-07 front-channel", lesson: "anybody could end a session by a link", attack: foreignFrontchannel},
		{id: "mod_auth_openidc 2026-08-07 logout token", lesson: "logout tokens without events, replayed or for others were taken", attack: flawedLogoutTokens, alone: true},
		{id: "Universal Logout", lesson: "an endpoint that anybody can reach must judge the token first", attack: flawedUniversalLogout, alone: true},
		{id: "mod_auth_openidc 2021 kept form", lesson: "scripts in the page that keeps a form; forms of other sites kept", attack: keptForms},
		{id: "forged assertion", lesson: "an app that trusts the assertion must never see the client's", attack: forgedAssertion, settings: "assertion {\n audience orders\n}"},
	}
}

// accessToken is a token of Okta for alice; claims that are nil are left out.
func (s site) accessToken(claims map[string]any) string {
	s.t.Helper()
	var got struct {
		Token string `json:"access_token"`
	}
	raw := s.Okta.Control(http.MethodPost, "access-tokens", map[string]any{"client": clientID, "user": alice.login, "claims": claims})
	if err := json.Unmarshal(raw, &got); err != nil {
		s.t.Fatal(err)
	}
	return "Bearer " + got.Token
}

func bearerTokens(s site) {
	c := s.client()
	if got := c.seen(c.send(http.MethodGet, "/headers", "", "Authorization", s.accessToken(nil))).Get("X-Forwarded-User"); got != alice.id {
		s.t.Errorf("a good token is %q", got)
	}
	for what, claims := range map[string]map[string]any{
		"no aud": {"aud": nil}, "foreign aud": {"aud": "api://other"}, "the client": {"aud": clientID}, "no exp": {"exp": nil},
		"expired": {"exp": time.Now().Add(-time.Minute).Unix()}, "foreign issuer": {"iss": "https://evil.example"}, "the org": {"iss": s.Okta.Origin},
	} {
		a := c.send(http.MethodGet, "/headers", "", "Authorization", s.accessToken(claims))
		if a.StatusCode != http.StatusUnauthorized || !strings.Contains(a.body, "invalid_token") {
			s.t.Errorf("%s: %s %.200s", what, a.Status, a.body)
		}
	}
}

func replayAfterSignOut(s site) {
	c, thief := s.client(), s.client()
	c.signIn(alice, "/headers")
	old := c.cookies()
	thief.seen(thief.send(http.MethodGet, "/headers", "", "Cookie", old))
	c.send(http.MethodPost, "/passkeys/logout", "", "Origin", s.App, "Sec-Fetch-Site", "same-origin")
	thief.refused("the old cookie", thief.send(http.MethodGet, "/headers", "", "Cookie", old))
	if strings.Contains(c.cookies(), "passkeys-session=") {
		s.t.Error("sign-out leaves the cookie")
	}
}

func foreignFrontchannel(s site) {
	c := s.client()
	c.signIn(alice, "/headers")
	before := s.Okta.Count("token_revoked")
	for _, query := range []string{"", "?iss=" + s.Okta.Origin + "/oauth2/default", "?sid=x", "?iss=https://evil.example&sid=x", "?iss=" + s.Okta.Origin + "/oauth2/default&sid=x"} {
		c.browse("/passkeys/frontchannel-logout"+query, "Sec-Fetch-Dest", "iframe", "Sec-Fetch-Site", "cross-site")
		c.seen(c.send(http.MethodGet, "/headers", ""))
	}
	if s.Okta.Count("token_revoked") != before {
		s.t.Error("it revoked tokens")
	}
}

// told is the status of the site's answer to a sign-out that Okta sends.
func (s site) told(control string, fields map[string]any) int {
	s.t.Helper()
	var got struct {
		Status int `json:"status"`
	}
	if err := json.Unmarshal(s.Okta.Control(http.MethodPost, control, fields), &got); err != nil {
		s.t.Fatal(err)
	}
	return got.Status
}

func flawedLogoutTokens(s site) {
	c := s.client()
	c.signIn(alice, "/headers")
	send := func(flaw string) int {
		return s.told("backchannel-logout", map[string]any{"client": clientID, "url": s.App + "/passkeys/backchannel-logout", "user": alice.login, "flaw": flaw})
	}
	for _, flaw := range []string{"nonce", "no_event", "no_iat", "no_jti", "wrong_type", "wrong_issuer", "wrong_audience", "expired", "future", "foreign_key", "unknown_key", "alg_none", "no_token"} {
		if status := send(flaw); status != http.StatusBadRequest {
			s.t.Errorf("%s: %d", flaw, status)
		}
		c.seen(c.send(http.MethodGet, "/headers", ""))
	}
	if status := send("replayed"); status != http.StatusBadRequest {
		s.t.Errorf("a replayed one: %d", status)
	}
	c.refused("after a good one", c.send(http.MethodGet, "/headers", ""))
}

func flawedUniversalLogout(s site) {
	c := s.client()
	c.signIn(alice, "/headers")
	send := func(flaw string) int {
		return s.told("universal-logout", map[string]any{"client": clientID, "url": s.App + "/passkeys/universal-logout", "user": alice.login, "flaw": flaw})
	}
	for _, flaw := range []string{"wrong_type", "wrong_issuer", "wrong_audience", "wrong_client", "expired", "future", "foreign_key", "unknown_key", "alg_none", "no_token", "unknown_format"} {
		if status := send(flaw); status/100 != 4 {
			s.t.Errorf("%s: %d", flaw, status)
		}
		c.seen(c.send(http.MethodGet, "/headers", ""))
	}
	if status := send("replayed"); status != http.StatusUnauthorized {
		s.t.Errorf("a replayed one: %d", status)
	}
	c.refused("after a good one", c.send(http.MethodGet, "/headers", ""))
}

func keptForms(s site) {
	c := s.client()
	post := func(from, origin string) answer {
		return c.send(http.MethodPost, "/orders?x=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", "item="+script, "Content-Type", "application/x-www-form-urlencoded",
			"Accept", "text/html", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", from, "Origin", origin)
	}
	a := post("same-origin", s.App)
	if !strings.Contains(a.body, "data-form=") || strings.Contains(a.body, "<script>alert") || strings.Contains(a.body, "alert(document.domain)") {
		s.t.Errorf("its own form: %s %.300s", a.Status, a.body)
	}
	for _, from := range []string{"cross-site", "same-site"} {
		if a := post(from, "https://evil.example"); a.StatusCode/100 != 4 || strings.Contains(a.body, "data-form=") {
			s.t.Errorf("a form, %s: %s %.300s", from, a.Status, a.body)
		}
	}
}

func forgedAssertion(s site) {
	nobody, user := s.client(), s.client()
	user.signIn(alice, "/headers")
	for _, name := range []string{"X-Passkeys-Assertion", "x_passkeys_assertion", "X-Passkeys_Assertion"} {
		got := user.seen(user.send(http.MethodGet, "/headers", "", name, "forged"))
		if v := got.Values("X-Passkeys-Assertion"); len(v) != 1 || !strings.HasPrefix(v[0], "eyJ") {
			s.t.Errorf("%s: the app gets %q", name, v)
		}
		nobody.refused(name, nobody.send(http.MethodGet, "/headers", "", name, "forged"))
	}
	for _, path := range []string{"/passkeys/jwks.json", "/passkeys/health"} {
		a := nobody.send(http.MethodGet, path, "")
		for _, word := range []string{`"d":`, "secret", "eyJ", s.Okta.Origin, alice.login} {
			if a.StatusCode != http.StatusOK || strings.Contains(a.body, word) {
				s.t.Errorf("%s: %s says %q: %s", path, a.Status, word, a.body)
			}
		}
	}
}
