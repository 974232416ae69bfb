package abuse

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// cornerCase is one of the ways in which relying parties of Okta are known to
// fail their users.
type cornerCase struct {
	name string
	// play plays it against a site; a case without it is tested where it can be
	// made to happen.
	play  func(s site)
	alone bool
	// elsewhere is "file function" of a test, from the root of the repository.
	elsewhere []string
}

func TestCornerCases(t *testing.T) {
	t.Parallel()
	shared := start(t, "")
	own := make(chan struct{}, 1) // see TestAdvisories
	for i, c := range cornerCases {
		t.Run(fmt.Sprintf("%02d %s", i+1, c.name), func(t *testing.T) {
			t.Parallel()
			for _, test := range c.elsewhere {
				exists(t, test)
			}
			if c.play == nil {
				if len(c.elsewhere) == 0 {
					t.Error("nobody tests this case")
				}
				return
			}
			s := shared.of(t)
			if c.alone {
				own <- struct{}{}
				defer func() { <-own }()
				s = start(t, "")
			}
			c.play(s)
		})
	}
}

// exists fails when a test that a case relies on is not there any more.
func exists(t *testing.T, test string) {
	t.Helper()
	file, function, _ := strings.Cut(test, " ")
	text, err := os.ReadFile(filepath.Join("..", "..", file)) //nolint:gosec // G304: named in this file
	if err != nil || !strings.Contains(string(text), "func "+function+"(t *testing.T) {") {
		t.Errorf("%s has no test %s", file, function)
	}
}

var cornerCases = []cornerCase{
	{name: "redirect loop", play: redirectLoop},
	{name: "redirect URI behind a TLS terminator", play: forwardedHost},
	{name: "two tabs sign in", play: twoTabs},
	{name: "back button on the callback", play: callbackAgain},
	{name: "bookmarked callback", play: bookmarkedCallback},
	{name: "Okta's page left open", elsewhere: []string{"internal/login/transaction_test.go TestExpiredAttempt"}},
	{name: "deep link", play: deepLink},
	{name: "programs without a session", play: programs},
	{name: "more groups than a cookie holds", play: manyGroups, alone: true},
	{name: "issuer mismatch", play: issuerMismatch, alone: true, elsewhere: []string{"internal/login/trouble_test.go TestIssuerMismatchIsExplained"}},
	{name: "no such authorization server", elsewhere: []string{"internal/provider/provider_test.go TestBackOffWhileOktaIsDown"}},
	{name: "user not assigned", play: notAssigned, alone: true},
	{name: "no silent frames", play: doubledParameters},
	{name: "app inside a frame", play: insideAFrame},
	{name: "cookie attributes", play: cookieAttributes},
	{name: "renamed user", play: renamedUser, alone: true},
	{name: "session outlives Okta's", elsewhere: []string{"internal/session/session_test.go TestIdleAndLifetime", "caddymodule/refresh_test.go TestRightsFollowOkta"}},
	{name: "sign-out is not undone at once", play: signOutStays},
	{name: "deactivated user", play: deactivatedUser, alone: true, elsewhere: []string{"caddymodule/refresh_test.go TestRightsFollowOkta"}},
	{name: "PKCE", elsewhere: []string{"internal/login/start_test.go TestAuthorizationRequest"}},
	{name: "nonce", elsewhere: []string{"internal/login/idtoken_test.go TestHostileIDToken"}},
	{name: "trailing slash of the issuer", elsewhere: []string{"caddymodule/auth0_test.go TestIssuerWithoutItsSlashIsExplained"}},
	{name: "Okta is down", play: oktaDown, alone: true, elsewhere: []string{"caddymodule/reload_test.go TestStartsWhileOktaIsDown"}},
	{name: "iss parameter of another issuer", play: answerOfAnotherIssuer, alone: true},
	{name: "error without an attempt", play: errorWithoutAttempt},
	{name: "several hosts", elsewhere: []string{"internal/login/callback_test.go TestCodeUnderAnotherHostMakesNoTokenCall"}},
	{name: "prefetch and HEAD", play: prefetch},
	{name: "wrong clock", play: wrongClock, alone: true},
	{name: "userinfo of somebody else", play: foreignUserinfo, alone: true},
	{name: "session fixation", play: sessionFixation},
	{name: "forged identity headers", play: otherSpellings, elsewhere: []string{"internal/gate/headers_test.go TestForgedIdentityHeaders"}},
	{name: "passkeys change after a fresh sign-in only", play: staleSignIn, alone: true},
	// A matter of the set-up at Okta, which ours can make.
	{name: "a second factor after the passkey", elsewhere: []string{"internal/operator/oktasetup/effect_test.go TestWhatSetUpMadeTakesEffect"}},
	{name: "token endpoint limits us", play: tokenLimit, alone: true, elsewhere: []string{"internal/login/refreshtrouble_test.go TestRefreshKeepsTheSession"}},
	{name: "mail scanner opens the callback", play: mailScanner, alone: true},
	{name: "service worker passes a page load on", play: passedOnByWorker, elsewhere: []string{"e2e/worker_test.go TestAnAppWithAServiceWorker"}},
	{name: "another site's form by way of a service worker", play: forgedByWay, elsewhere: []string{"caddymodule/place_test.go TestAForgedFormThatAWorkerPassesOn"}},
	{name: "web view of Android", play: webView},
	{name: "fifty restored tabs", elsewhere: []string{"caddymodule/place_test.go TestFiftyRestoredTabs", "e2e/restoredtabs_test.go TestRestoredTabs"}},
	{name: "long and odd deep links", elsewhere: []string{"caddymodule/place_test.go TestDeepLinksArrive", "caddymodule/place_test.go TestWhereAnAddressCannotBeKept"}},
	{name: "open redirect by what a tab says", play: openRedirectByTab, elsewhere: []string{"internal/login/place_test.go TestTheTabsPlaceIsCheckedAgain"}},
	{name: "another site posts to the sign-in", play: signInByForm, elsewhere: []string{"internal/login/place_test.go TestLoginCSRFByForm"}},
	{name: "back after sign-out", play: backAfterSignOut, elsewhere: []string{"e2e/back_test.go TestBackAfterSignOut"}},
}

func redirectLoop(s site) {
	c := s.client()
	c.signIn(alice, "/headers")
	for i := range 6 {
		// The browser loses the session and nothing else.
		c.http.Jar.SetCookies(s.parse(s.App), []*http.Cookie{{Name: "passkeys-session", Path: "/", MaxAge: -1}}) //nolint:gosec // G124: takes a cookie away
		a := c.follow(c.browse("/headers"))
		if a.StatusCode == http.StatusTooManyRequests {
			if i == 0 || !strings.Contains(a.body, "circles") {
				s.t.Errorf("round %d: %.300s", i, a.body)
			}
			return
		}
		c.seen(a)
	}
	s.t.Error("it goes round for ever")
}

func twoTabs(s site) {
	c := s.client()
	first, second := c.browse("/headers?tab=1"), c.browse("/headers?tab=2")
	late := c.follow(first)
	if a := c.signIn(alice, c.authorization(second).String()); a.Request.URL.RequestURI() != "/headers?tab=2" {
		s.t.Errorf("the second tab ends at %s", a.Request.URL)
	}
	if late.StatusCode != http.StatusOK {
		s.t.Fatalf("the first tab's form: %s", late.Status)
	}
	late = c.submit(late, map[string][]string{"identifier": {alice.login}})
	if formAction.MatchString(late.body) {
		late = c.submit(late, map[string][]string{"credentials.passcode": {alice.password}})
	}
	if late.Request.URL.RequestURI() != "/headers?tab=1" || late.StatusCode != http.StatusOK {
		s.t.Errorf("the first tab ends at %s: %s", late.Request.URL, late.Status)
	}
}

func callbackAgain(s site) {
	c := s.client()
	page := c.submit(c.follow(c.browse("/headers")), map[string][]string{"identifier": {alice.login}})
	at := c.last(page, alice)
	c.seen(c.follow(c.browse(at)))
	if a := c.follow(c.browse(at)); a.StatusCode >= http.StatusBadRequest && a.StatusCode != http.StatusNotFound || a.Request.URL.Host != s.parse(s.App).Host {
		s.t.Errorf("with a session it ends at %s: %s", a.Request.URL, a.Status)
	}
	other := s.client()
	a := other.browse(at)
	if to, there := other.next(a); !there || !strings.HasPrefix(to.String(), "/passkeys/login?restart=1") {
		s.t.Errorf("in another browser: %s to %v", a.Status, to)
	}
}

func bookmarkedCallback(s site) {
	c := s.client()
	a := c.follow(c.browse("/passkeys/callback?code=old&state=f0AAAAAAAAAAAAAAAAAAAAAAAAAAAAA"))
	if a.StatusCode != http.StatusOK || !formAction.MatchString(a.body) {
		s.t.Errorf("ends at %s: %s", a.Request.URL, a.Status)
	}
}

func deepLink(s site) {
	c := s.client()
	const link = "/headers?a=1&b=%2F%20x&b=2&%C3%A9=%F0%9F%94%91"
	if a := c.signIn(alice, link); a.Request.URL.RequestURI() != link {
		s.t.Errorf("ends at %s", a.Request.URL.RequestURI())
	}
}

func programs(s site) {
	c := s.client()
	for what, headers := range map[string][]string{
		"fetch":        {"Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Accept", "*/*"},
		"jQuery":       {"X-Requested-With", "XMLHttpRequest", "Accept", "application/json, text/javascript, */*; q=0.01"},
		"event stream": {"Accept", "text/event-stream", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"},
		"WebSocket":    {"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
		"image":        {"Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image", "Accept", "image/*"},
		"worker":       {"Sec-Fetch-Mode", "same-origin", "Sec-Fetch-Dest", "serviceworker"},
		"curl":         {"Accept", "*/*"},
	} {
		a := c.send(http.MethodGet, "/headers", "", headers...)
		if a.StatusCode != http.StatusUnauthorized || a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Location") != "" {
			s.t.Errorf("%s: %s, Cache-Control %q, Location %q", what, a.Status, a.Header.Get("Cache-Control"), a.Header.Get("Location"))
		}
		if !strings.Contains(a.body, `"error":"login_required"`) {
			s.t.Errorf("%s: %.200s", what, a.body)
		}
	}
}

func manyGroups(s site) {
	s.Okta.Fault("many_groups")
	c := s.client()
	got := c.seen(c.signIn(alice, "/headers"))
	if got.Get("X-Forwarded-User") != alice.id || strings.Count(got.Get("X-Forwarded-Groups"), ",") < 20 {
		s.t.Errorf("the app sees %v", got)
	}
}

func issuerMismatch(s site) {
	s.Okta.Fault("discovery_wrong_issuer")
	c := s.client()
	if a := c.browse("/headers"); a.StatusCode != http.StatusBadGateway || !strings.Contains(a.body, s.Okta.Origin+"/oauth2/default") {
		s.t.Errorf("%s %.600s", a.Status, a.body)
	}
}

func notAssigned(s site) {
	s.Okta.Control(http.MethodPatch, "users/"+alice.login, map[string]any{"unassigned_from": []string{"0oademoorders0000001"}})
	c := s.client()
	a := c.signIn(alice, "/headers")
	if a.StatusCode != http.StatusForbidden || !strings.Contains(a.body, "Use another account") {
		s.t.Errorf("%s at %s: %.300s", a.Status, a.Request.URL.Path, a.body)
	}
}

func insideAFrame(s site) {
	c := s.client()
	for _, dest := range []string{"iframe", "frame", "embed", "object"} {
		a := c.browse("/headers", "Sec-Fetch-Dest", dest, "Sec-Fetch-Site", "cross-site")
		if a.StatusCode != http.StatusUnauthorized || a.Header.Get("Location") != "" {
			s.t.Errorf("%s: %s to %q", dest, a.Status, a.Header.Get("Location"))
		}
		// Where a frame shows it, it must be one that can be shown there.
		outside := strings.Contains(a.body, `href="/headers" target="_blank" rel="noopener"`) && !strings.Contains(a.Header.Get("Content-Security-Policy"), "frame-ancestors") &&
			a.Header.Get("X-Frame-Options") == ""
		if want := dest == "iframe" || dest == "frame"; outside != want {
			s.t.Errorf("%s: a window of its own is offered: %v\n%v\n%s", dest, outside, a.Header, a.body)
		}
	}
}

func cookieAttributes(s site) {
	c := s.client()
	a := c.browse("/headers")
	set := a.Header.Values("Set-Cookie")
	c.signIn(bob, "/headers")
	a = c.browse("/passkeys/login?prompt=login")
	set = append(set, a.Header.Values("Set-Cookie")...)
	if len(set) < 2 {
		s.t.Fatalf("Set-Cookie %q", set)
	}
	for _, line := range set {
		if !strings.Contains(line, "; HttpOnly") || !strings.Contains(line, "; SameSite=Lax") || strings.Contains(line, "; Domain") {
			s.t.Errorf("Set-Cookie: %s", line)
		}
	}
}

func renamedUser(s site) {
	c := s.client()
	before := c.seen(c.signIn(alice, "/headers"))
	s.Okta.Control(http.MethodPatch, "users/"+alice.login, map[string]any{"email": "alice.married@acme.test"})
	fresh := s.client()
	after := fresh.seen(fresh.signIn(alice, "/headers"))
	if before.Get("X-Forwarded-User") != after.Get("X-Forwarded-User") || after.Get("X-Forwarded-Email") != "alice.married@acme.test" {
		s.t.Errorf("before %v, after %v", before, after)
	}
}

func signOutStays(s site) {
	c := s.client()
	c.signIn(alice, "/headers")
	a := c.follow(c.send(http.MethodPost, "/passkeys/logout", "", "Origin", s.App, "Sec-Fetch-Site", "same-origin"))
	if a.Request.URL.Path != "/passkeys/signed-out" {
		s.t.Errorf("ends at %s", a.Request.URL)
	}
	if a := c.follow(c.browse("/headers")); !formAction.MatchString(a.body) {
		s.t.Errorf("the next visit needs no sign-in: %s %s", a.Status, a.Request.URL)
	}
}

func oktaDown(s site) {
	live := s.client()
	live.signIn(alice, "/headers")
	fresh := start(s.t, "")
	fresh.Okta.Fault("down")
	c := fresh.client()
	if a := c.browse("/headers"); a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
		s.t.Errorf("a new visitor: %s, Retry-After %q", a.Status, a.Header.Get("Retry-After"))
	}
	s.Okta.Fault("down")
	live.seen(live.browse("/headers"))
}

func errorWithoutAttempt(s site) {
	c := s.client()
	c.signIn(alice, "/headers")
	for _, query := range []string{"error=access_denied", "error=access_denied&state=f0AAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "error=server_error&error_description=You+are+hacked&state=x"} {
		a := c.browse("/passkeys/callback?" + query)
		if a.StatusCode >= 500 || strings.Contains(a.body, "hacked") {
			s.t.Errorf("%s: %s %.200s", query, a.Status, a.body)
		}
	}
	c.seen(c.browse("/headers"))
}

func prefetch(s site) {
	c := s.client()
	for _, header := range [][]string{{"Sec-Purpose", "prefetch"}, {"Sec-Purpose", "prefetch;prerender"}, {"Purpose", "prefetch"}} {
		for _, path := range []string{"/headers", "/passkeys/login", "/passkeys/append"} {
			if a := c.browse(path, header...); a.StatusCode != http.StatusUnauthorized || len(a.Header.Values("Set-Cookie")) > 0 {
				s.t.Errorf("%s with %v: %s, sets %q", path, header, a.Status, a.Header.Values("Set-Cookie"))
			}
		}
	}
	for _, path := range []string{"/passkeys/login", "/passkeys/callback?code=x&state=y"} {
		if a := c.send(http.MethodHead, path, ""); a.StatusCode != http.StatusMethodNotAllowed {
			s.t.Errorf("HEAD %s: %s", path, a.Status)
		}
	}
}

func wrongClock(s site) {
	s.Okta.Fault("future_id_token")
	c := s.client()
	if a := c.signIn(alice, "/headers"); a.StatusCode != http.StatusBadGateway || !strings.Contains(a.body, "clock") {
		s.t.Errorf("%s %.300s", a.Status, a.body)
	}
}

func foreignUserinfo(s site) {
	s.Okta.Fault("thin_id_token")
	s.Okta.Fault("userinfo_other_sub")
	c := s.client()
	if a := c.signIn(alice, "/headers"); a.StatusCode != http.StatusBadGateway {
		s.t.Errorf("sign-in ends with %s", a.Status)
	}
	c.refused("afterwards", c.send(http.MethodGet, "/headers", ""))
}

func tokenLimit(s site) {
	s.Okta.FaultWith(map[string]any{"name": "fail_token", "status": http.StatusTooManyRequests})
	c := s.client()
	if a := c.signIn(alice, "/headers"); a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
		s.t.Errorf("%s, Retry-After %q", a.Status, a.Header.Get("Retry-After"))
	}
}

func mailScanner(s site) {
	c := s.client()
	page := c.follow(c.browse("/headers"))
	page = c.submit(page, map[string][]string{"identifier": {alice.login}})
	before := s.Okta.Count("token_issued") + s.Okta.Count("token_refused")
	// Whatever opens the address beside the browser has none of its cookies.
	at := c.last(page, alice)
	scanner := s.client()
	scanner.browse(at)
	if after := s.Okta.Count("token_issued") + s.Okta.Count("token_refused"); after != before {
		s.t.Errorf("the scanner made %d token calls", after-before)
	}
	c.seen(c.follow(c.browse(at)))
}

// last submits the password and returns the address of the callback, which
// nobody has opened yet.
func (c *client) last(page answer, who account) string {
	c.t.Helper()
	action, state := formAction.FindStringSubmatch(page.body), formState.FindStringSubmatch(page.body)
	if action == nil || state == nil {
		c.t.Fatalf("no form at %s", page.Request.URL)
	}
	a := c.send(http.MethodPost, c.site.Okta.Origin+action[1], "stateToken="+state[1]+"&credentials.passcode="+strings.ReplaceAll(who.password, " ", "+"),
		"Content-Type", "application/x-www-form-urlencoded", "Origin", c.site.Okta.Origin, "Sec-Fetch-Site", "same-origin")
	for hops := 0; a.StatusCode/100 == 3 && hops < 10; hops++ {
		next, err := a.Location()
		if err != nil {
			c.t.Fatal(err)
		}
		if next.Path == "/passkeys/callback" {
			return next.String()
		}
		a = c.browse(next.String())
	}
	c.t.Fatalf("no callback after %s", a.Request.URL)
	return ""
}
