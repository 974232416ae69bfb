package login

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var asksTheTab = regexp.MustCompile(`<html lang="en" data-to="([^"]*)" data-state="([^"]*)" data-action="([^"]*)"`)

// wantRecall checks that the answer is the page that asks the tab for its place.
func wantRecall(t *testing.T, w *httptest.ResponseRecorder, state, action, to string) {
	t.Helper()
	m := asksTheTab.FindStringSubmatch(w.Body.String())
	if w.Code != http.StatusOK || m == nil {
		t.Fatalf("%d %v %.300s, want the page that asks the tab", w.Code, w.Header(), w.Body)
	}
	if got := [3]string{html.UnescapeString(m[1]), html.UnescapeString(m[2]), html.UnescapeString(m[3])}; got != [3]string{to, state, action} {
		t.Errorf("to, state and action are %q, want %q", got, [3]string{to, state, action})
	}
}

// tell is how the page answers.
func (b *browser) tell(action, place string, headers ...string) page {
	b.site.t.Helper()
	form := url.Values{"return": {place}}
	r := httptest.NewRequestWithContext(b.site.t.Context(), http.MethodPost, action, strings.NewReader(form.Encode()))
	for name, value := range map[string]string{
		"Content-Type": formType, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-origin", "Origin": "null",
	} {
		r.Header.Set(name, value)
	}
	return b.do(r, headers...)
}

// follows is where a page goes on to.
func (p page) follows(t *testing.T) string {
	t.Helper()
	var body strings.Builder
	if err := p.Write(&body); err != nil {
		t.Fatal(err)
	}
	m := goesOn.FindStringSubmatch(body.String())
	if m == nil {
		t.Fatalf("%d %v: not a page that goes on", p.StatusCode, p.Header)
	}
	return html.UnescapeString(m[1])
}

// TestADroppedAttemptIsNoRoundOfALoop: where many tabs were opened, each starts again
// as often as its cookie had to make room, and no further.
func TestADroppedAttemptIsNoRoundOfALoop(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	for range 2 * loopLimit {
		state := newState(0, "0")
		wantRecall(t, b.show("/passkeys/callback?code=x&state="+state, ""), state, "/passkeys/login?restart=1", "/passkeys/login?restart=1")
	}
	b.depart("/other") // nobody is told of a loop
	for n := 1; n < maxRestarts; n++ {
		state := newState(n, "4")
		again := "/passkeys/login?restart=" + string(rune('1'+n))
		wantRecall(t, b.show("/passkeys/callback?code=x&state="+state, ""), state, again, again)
		u, _ := url.Parse(b.get(again).location())
		if got := restarts(u.Query().Get("state")); got != n+1 {
			t.Errorf("%s starts attempt %d", again, got)
		}
	}
	// It ends, whatever the link says.
	wantProblem(t, b.get("/passkeys/callback?code=x&state="+newState(maxRestarts, "0")), http.StatusBadRequest, "cookies_blocked")
	if u, _ := url.Parse(b.get("/passkeys/login?restart=99999999999999999999").location()); u.Query().Get("state")[0] != marks[maxRestarts] {
		t.Errorf("starts %s", u)
	}
	// A browser that keeps none of our cookies is told so the second time.
	wantProblem(t, s.browser().get("/passkeys/callback?code=x&state="+newState(1, "0")), http.StatusBadRequest, "cookies_blocked")
}

// TestTabsSideBySideAreNoLoop: they all started before the first of them was there.
func TestTabsSideBySideAreNoLoop(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.refuses = func(name string) bool { return name == "__Host-passkeys-session" }
	var tabs []url.Values
	for range maxAttempts {
		tabs = append(tabs, b.depart("/tab"))
	}
	for _, tab := range tabs {
		wantRedirect(t, b.callback(tab), "/tab")
	}
	b.depart("/tab")
}

// TestASignInSideBySideEndsNoOther: the requests of the tab that was first would be
// refused.
func TestASignInSideBySideEndsNoOther(t *testing.T) {
	t.Parallel()
	ended := new(endedSessions)
	s := newSite(t, func(c *Config) { c.Revoker = ended })
	b := s.browser()
	one, two := b.depart("/one"), b.depart("/two")
	wantRedirect(t, b.callback(one), "/one")
	first := b.session().ID
	wantRedirect(t, b.callback(two), "/two")
	if got := b.session().ID; got != first || len(ended.ids) > 0 {
		t.Errorf("session %s after %s, ended %v", got, first, ended.ids)
	}
	// A sign-in of its own is one.
	wantRedirect(t, b.callback(s.op.authorize(b.get("/passkeys/login?prompt=login&return=/three").location())), "/three")
	if got := b.session().ID; got == first || len(ended.ids) != 1 {
		t.Errorf("session %s after %s, ended %v", got, first, ended.ids)
	}
}

// TestTheTabsPlaceIsCheckedAgain: whatever somebody wrote into the storage of the
// tab, it leads nowhere that a link could not.
func TestTheTabsPlaceIsCheckedAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signIn("/")
	for _, hostile := range []string{"//evil.example", "/\\evil.example", "https://evil.example/", "javascript:alert(1)", "/\t/evil.example", "/passkeys/logout", ""} {
		if got := b.tell("/passkeys/login", hostile).follows(t); got != "/" {
			t.Errorf("%q leads to %q", hostile, got)
		}
	}
	if got := b.tell("/passkeys/login", "/orders?page=2").follows(t); got != "/orders?page=2" {
		t.Errorf("leads to %q", got)
	}
	// Without a session it is a sign-in that keeps the place.
	stranger := s.browser()
	p := stranger.tell("/passkeys/login?restart=1", "/orders?page=2")
	u, _ := url.Parse(p.follows(t))
	if u.Query().Get("state")[0] != marks[1] || p.StatusCode != http.StatusOK {
		t.Errorf("%d, goes to %s", p.StatusCode, u)
	}
}

// TestLoginCSRFByForm: another site may link to the sign-in, and post nothing there.
func TestLoginCSRFByForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	for name, headers := range map[string][]string{
		"another site":     {"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		"a sibling domain": {"Sec-Fetch-Site", "same-site", "Origin", "https://evil.example.com"},
		"no page at all":   {"Sec-Fetch-Site", "", "Origin", ""},
	} {
		wantProblem(t, b.tell("/passkeys/login", "/orders", headers...), http.StatusForbidden, "cross_origin")
		if b.attempts() != 0 {
			t.Errorf("%s starts a sign-in", name)
		}
	}
	wantProblem(t, b.tell("/passkeys/login", strings.Repeat("x", maxRecalled+1)), http.StatusBadRequest, "invalid_body")
}

// TestLongAddresses go by the tab: the cookies of five attempts must fit into what
// servers take of a request.
func TestLongAddresses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	long := "/app?_a=" + strings.Repeat("('x')", 3000)
	to, at := wantPage(t, b.show(long, ""), http.StatusUnauthorized)
	if at != long {
		t.Errorf("the tab keeps %d bytes of %d", len(at), len(long))
	}
	back := b.show("/passkeys/callback?"+s.op.authorize(to).Encode(), "")
	u, _ := url.Parse(to)
	wantRecall(t, back, u.Query().Get("state"), "/passkeys/login?landed=1", "/passkeys/login?lost=1&return=%2Fapp")
	if got := b.tell("/passkeys/login?landed=1", long).follows(t); got != long {
		t.Errorf("leads to %d bytes", len(got))
	}
	p := b.get("/passkeys/login?lost=1&return=%2Fapp")
	wantProblem(t, p, http.StatusRequestURITooLong, "address_too_long")
	if p.problem.Ways[0].Href != "/app" || !strings.Contains(s.log.String(), `"code":"address_too_long"`) {
		t.Errorf("ways %v, log %s", p.problem.Ways, s.log)
	}

	// The code was spent, or the person took too long: the same again.
	b = s.browser()
	to, _ = wantPage(t, b.show(long, ""), http.StatusUnauthorized)
	q := s.op.authorize(to)
	s.clock.Advance(attemptAge + 1e9)
	wantRecall(t, b.show("/passkeys/callback?"+q.Encode(), ""), q.Get("state"), "/passkeys/login?restart=1", "/passkeys/login?restart=1&return=%2Fapp")

	// A client without a tab, and an address that is too long for all of them.
	for _, long := range []string{"/app?" + strings.Repeat("x", 2000), "/app?" + strings.Repeat("x", 20000)} {
		wantRedirect(t, s.browser().signIn(long), "/passkeys/login?lost=1&return=%2Fapp")
	}
}

// TestTheNamesOfAttemptsAreFew: attempts that start at once know nothing of each
// other, and must not pile up all the same.
func TestTheNamesOfAttemptsAreFew(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	names, size := map[string]bool{}, 0
	for range 60 {
		b := s.browser()
		b.show("/app?_a="+strings.Repeat("x", 4000), "")
		b.show("/app?_a="+strings.Repeat("x", 400), "")
		for name, c := range b.cookies {
			names[name] = true
			size = max(size, len(name)+len(c.Value))
		}
	}
	if len(names) != maxAttempts || size > 1300 {
		t.Errorf("%d names, up to %d bytes each", len(names), size)
	}
}
