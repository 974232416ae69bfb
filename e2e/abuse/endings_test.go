package abuse

import (
	"net/http"
	"strings"
	"time"
)

func endings() []advisory {
	return []advisory{
		{
			id: "sign-out of an idle session", lesson: "a copied cookie that was in use outlived its owner's sign-out", attack: signOutOfAnIdleSession,
			settings: "session {\n idle 2s\n}",
		},
		{
			id: "sign-in over an idle session", lesson: "a copied cookie that was in use outlived its owner's new sign-in", attack: signInOverAnIdleSession,
			settings: "session {\n idle 2s\n}",
		},
		{
			id: "session in a shared cache", lesson: "a cache kept an answer with somebody's session",
			elsewhere: []string{"caddymodule/discreet_test.go TestSessionOnAnswersThatSharedCachesMayKeep", "caddymodule/discreet_test.go TestSessionIsToldByTheNextAnswer"},
		},
		{
			id: "planted ID token", lesson: "sign-out at the provider went by a cookie that another session came with",
			elsewhere: []string{"caddymodule/endings_test.go TestIDTokenCookieOfAnotherSession"},
		},
		{
			id: "cookies of another port", lesson: "cookies of another sidecar on the host were taken, or shown to the app",
			elsewhere: []string{"caddymodule/endings_test.go TestCookiesOfAnotherPort"},
		},
		{
			id: "sign-out during a refresh", lesson: "the token that was on its way stayed good",
			elsewhere: []string{"internal/login/revoke_test.go TestSignOutDuringARefresh"},
		},
		{
			id: "withdrawn session key", lesson: "what a key had sealed was remembered after the key was gone",
			elsewhere: []string{"internal/session/session_test.go TestRememberedSessionOfAWithdrawnKey"},
		},
	}
}

// idleBesideACopy signs in, and returns when the owner's cookie is idle while a
// thief has kept a copy of it in use.
func (s site) idleBesideACopy() (owner, thief *client) {
	s.t.Helper()
	owner, thief = s.client(), s.client()
	owner.signIn(alice, "/headers")
	app, cookies := s.parse(s.App), owner.cookies()
	thief.http.Jar.SetCookies(app, owner.http.Jar.Cookies(app))
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		thief.seen(thief.send(http.MethodGet, "/headers", ""))
		if a := s.client().send(http.MethodGet, "/headers", "", "Cookie", cookies); a.StatusCode == http.StatusUnauthorized {
			return owner, thief
		}
		if time.Now().After(end) {
			s.t.Fatal("the owner's session does not go idle")
		}
	}
}

func signOutOfAnIdleSession(s site) {
	owner, thief := s.idleBesideACopy()
	if a := owner.browse("/passkeys/logout"); a.StatusCode != http.StatusOK || !strings.Contains(a.body, "Sign out?") {
		s.t.Errorf("nobody asks: %s", a.Status)
	}
	a := owner.send(http.MethodPost, "/passkeys/logout", "", "Origin", s.App, "Sec-Fetch-Site", "same-origin")
	thief.refused("the copy", thief.send(http.MethodGet, "/headers", ""))
	owner.follow(a)
	if a := owner.follow(owner.browse("/headers")); !formAction.MatchString(a.body) {
		s.t.Errorf("the next visit needs no sign-in: %s %s", a.Status, a.Request.URL)
	}
}

func signInOverAnIdleSession(s site) {
	owner, thief := s.idleBesideACopy()
	owner.seen(owner.follow(owner.browse("/headers")))
	thief.refused("the copy", thief.send(http.MethodGet, "/headers", ""))
}
