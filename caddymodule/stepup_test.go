package caddymodule

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// signedInAgo makes the browser's sign-in older.
func signedInAgo(d time.Duration) func(*session.Session) {
	return func(s *session.Session) { s.AuthTime = s.AuthTime.Add(-d) }
}

var confirmLink = regexp.MustCompile(`data-state="confirm"[^>]*>[\s\S]*?href="([^"]+)"`)

// TestPasskeysChangeAfterAFreshSignIn goes the way of somebody who comes back to
// the browser after lunch.
func TestPasskeysChangeAfterAFreshSignIn(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.browser()
	b.signIn("/a")
	for _, kind := range []string{"passkey-append", "passkey-delete", "passkey-list"} {
		if p := b.connectToken(`{"type":"` + kind + `"}`); p.StatusCode != http.StatusOK {
			t.Errorf("%s right after the sign-in: %s %s", kind, p.Status, p.body)
		}
	}
	b.change(signedInAgo(30 * time.Minute))
	for kind, want := range map[string]int{"passkey-append": http.StatusUnauthorized, "passkey-delete": http.StatusUnauthorized, "passkey-list": http.StatusOK} {
		if p := b.connectToken(`{"type":"` + kind + `"}`); p.StatusCode != want || want != http.StatusOK && !strings.Contains(p.body, `"error":"step_up_required"`) {
			t.Errorf("%s half an hour later: %s %s", kind, p.Status, p.body)
		}
	}
	p := b.get("/passkeys/append?return=%2Fdeals%3Fa%3D1")
	m := confirmLink.FindStringSubmatch(p.body)
	if m == nil {
		t.Fatalf("the page shows no way: %s", p.body)
	}
	link := strings.ReplaceAll(m[1], "&amp;", "&")
	// Okta's own session is fresh, so it answers without a question.
	p = b.get(link)
	if got := p.Request.URL.RequestURI(); p.StatusCode != http.StatusOK || got != "/passkeys/append?return=%2Fdeals%3Fa%3D1" {
		t.Fatalf("ended at %s: %s", got, p.Status)
	}
	if p := b.connectToken(`{"type":"passkey-append"}`); p.StatusCode != http.StatusOK {
		t.Errorf("after the confirmation: %s %s", p.Status, p.body)
	}
}

func TestStepUpOnPathsOfTheApp(t *testing.T) {
	w := newWorld(t)
	w.start("step_up 5m /admin/*\n\t\tstep_up off")
	b := w.browser()
	b.signIn("/a")
	if got := b.get("/admin/users").app(t).Path; got != "/admin/users" {
		t.Errorf("fresh: the app saw %s", got)
	}
	b.change(signedInAgo(time.Hour))
	if got := b.get("/orders").app(t).Path; got != "/orders" {
		t.Errorf("elsewhere: the app saw %s", got)
	}
	// Off for passkeys is not off for paths, and the other way round.
	if p := b.connectToken(`{"type":"passkey-append"}`); p.StatusCode != http.StatusOK {
		t.Errorf("step_up off: %s %s", p.Status, p.body)
	}
	for _, target := range []string{"/admin/api?x=1", "/ADMIN/api", "/%61dmin/api", "//admin/api", "/orders/..%2fadmin/api"} {
		p := b.get(target, "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Accept", "application/json")
		var got struct {
			Error    string `json:"error"`
			LoginURL string `json:"login_url"`
			MaxAge   int    `json:"max_age"`
		}
		if err := json.Unmarshal([]byte(p.body), &got); err != nil {
			t.Fatalf("%s: %s %s", target, p.Status, p.body)
		}
		if want := "/passkeys/login?step_up=300&return=" + url.QueryEscape(strings.Replace(target, "//", "/.//", 1)); p.StatusCode != http.StatusUnauthorized || got.Error != "step_up_required" ||
			got.LoginURL != want || got.MaxAge != 300 || !strings.Contains(p.Header.Get("WWW-Authenticate"), "insufficient_user_authentication") {
			t.Errorf("%s: %s %s", target, p.Status, p.body)
		}
	}
	if got := b.get("/admin/users?x=1").app(t).Path; got != "/admin/users?x=1" {
		t.Errorf("stale: the app saw %s after the round to Okta", got)
	}
}

// TestStolenCookieAfterStepUp: who took a copy of the cookie before its owner
// confirmed, or took another account, has nothing any more.
func TestStolenCookieAfterStepUp(t *testing.T) {
	for name, again := range map[string]func(*browser) page{
		"step-up":         func(b *browser) page { return b.get("/admin/users") }, // Okta's own session is alive
		"another account": func(b *browser) page { return b.signIn("/passkeys/login?prompt=login&return=%2Forders") },
	} {
		w := newWorld(t)
		w.start("step_up 5m /admin/*")
		b := w.browser()
		b.signIn("/a")
		b.change(signedInAgo(time.Hour))
		stolen := b.stolen()
		if p := b.raw(stolen); p.StatusCode != http.StatusOK {
			t.Fatalf("%s: before: %s", name, p.Status)
		}
		// An attempt that comes to nothing ends nothing.
		b.get("/passkeys/callback?state=forged&code=x")
		if p := b.raw(stolen); p.StatusCode != http.StatusOK {
			t.Errorf("%s: after a forged callback: %s", name, p.Status)
		}
		if p := again(b); p.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", name, p.Status)
		}
		if p := b.raw(stolen); p.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: the copy still opens the app: %s", name, p.Status)
		}
		if p := b.raw(b.stolen()); p.StatusCode != http.StatusOK {
			t.Errorf("%s: the new session: %s", name, p.Status)
		}
	}
}

var formLink = regexp.MustCompile(`data-state="kept"[^>]*>[\s\S]*?href="([^"]+)"`)

// TestAFormForAFresherSignInIsKept: the same way as a form that was posted to an
// ended session, but through a step-up.
func TestAFormForAFresherSignInIsKept(t *testing.T) {
	w := newWorld(t)
	w.start("step_up 5m /admin/*")
	b := w.browser()
	b.signIn("/a")
	b.change(signedInAgo(time.Hour))
	p := b.send(http.MethodPost, "/admin/users?x=1", url.Values{"name": {"carol"}}, own...)
	m, link := keptForm.FindStringSubmatch(p.body), formLink.FindStringSubmatch(p.body)
	if p.StatusCode != http.StatusUnauthorized || m == nil || link == nil || !strings.Contains(p.body, "Confirm it&#39;s you") {
		t.Fatalf("%s %s", p.Status, p.body)
	}
	if got, want := html.UnescapeString(link[1]), "/passkeys/login?step_up=300&return=%2Fpasskeys%2Fresume"; got != want {
		t.Fatalf("the way on is %s, want %s", got, want)
	}
	again := func() page {
		body := "passkeys-resend=" + html.UnescapeString(m[1])
		return b.raw("POST /admin/users?x=1 HTTP/1.1\nHost: {host}\nCookie: {cookies}\nOrigin: " + w.site + "\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: document\nSec-Fetch-Site: same-origin\n" +
			"Accept: text/html\nContent-Type: text/plain\nContent-Length: " + lengthOf(body+"\r\n") + "\n\n" + body + "\n")
	}
	// Sent too early, it is kept once more and not lost.
	if p := again(); p.StatusCode != http.StatusUnauthorized || !keptForm.MatchString(p.body) {
		t.Errorf("before the step-up: %s %s", p.Status, p.body)
	}
	if p := b.get(html.UnescapeString(link[1])); p.StatusCode != http.StatusOK || p.Request.URL.Path != "/passkeys/resume" {
		t.Fatalf("ended at %s: %s", p.Request.URL, p.Status)
	}
	if got := again().app(t); got.Path != "/admin/users?x=1" || got.Headers.Get("Content-Type") != "application/x-www-form-urlencoded" {
		t.Errorf("the app gets %+v", got)
	}
	// Scripts, and forms of other sites, are refused as ever.
	b.change(signedInAgo(time.Hour))
	for name, headers := range map[string][]string{
		"script":     {"Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-origin"},
		"other site": {"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
	} {
		if p := b.send(http.MethodPost, "/admin/users", url.Values{"name": {"mallory"}}, headers...); p.StatusCode != http.StatusUnauthorized ||
			keptForm.MatchString(p.body) || !strings.Contains(p.body, "step_up_required") {
			t.Errorf("%s: %s %s", name, p.Status, p.body)
		}
	}
	w.start("step_up 5m /admin/*\n\t\tresend off")
	b.CloseIdleConnections()
	if p := b.send(http.MethodPost, "/admin/users", url.Values{}, own...); p.StatusCode != http.StatusUnauthorized || keptForm.MatchString(p.body) ||
		!strings.Contains(p.body, "step_up_required") {
		t.Errorf("resend off: %s %s", p.Status, p.body)
	}
}

func TestStepUpSettingsThatCannotWork(t *testing.T) {
	w := newWorld(t)
	for extra, want := range map[string]string{
		"step_up 5s":                      "between 30s and 24h",
		"step_up 5m /static/admin":        "is public",
		"step_up 5m /passkeys/append":     "our own routes",
		"step_up 5m /a* ":                 "must be an absolute path",
		`step_up 5m /admin/* acr "a b"`:   "not one authentication context",
		`step_up 5m acr "phr phrh"`:       "not one authentication context",
		"step_up 2d /admin/* acr phr":     "between 30s and 24h",
		"step_up 5m /admin/%2e%2e/orders": "must be an absolute path",
	} {
		if err := load(t, w.caddyfile(extra)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", extra, err, want)
		}
	}
}

// Two rules for one path demand together what neither does alone. The address
// that the refusal names leads to Okta all the same, not back to the path.
func TestLoginURLOfOverlappingRulesLeadsToOkta(t *testing.T) {
	w := newWorld(t)
	w.start("step_up 5m /a\nstep_up 10m /a acr phr\nstep_up 1m /b\nstep_up 20m /c/*\nstep_up 15m /c/ acr phr")
	b := w.browser()
	b.signIn("/orders")
	b.change(signedInAgo(time.Hour))
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, path := range []string{"/a", "/A", "/b", "/c", "/c/", "/c/d", "//a", "/passkeys/../a"} {
		p := b.get(path, "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Accept", "application/json")
		var got struct {
			LoginURL string `json:"login_url"`
		}
		if err := json.Unmarshal([]byte(p.body), &got); err != nil || got.LoginURL == "" {
			t.Errorf("%s: %s %s", path, p.Status, p.body)
			continue
		}
		if p = b.get(got.LoginURL); p.StatusCode != http.StatusFound || !strings.HasPrefix(p.Header.Get("Location"), w.oktaURL) {
			t.Errorf("%s: %s answers %s to %q", path, got.LoginURL, p.Status, p.Header.Get("Location"))
		}
	}
}
