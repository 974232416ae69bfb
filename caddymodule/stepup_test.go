package caddymodule

import (
	"encoding/json"
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
		if want := "/passkeys/login?step_up=300&return=" + url.QueryEscape(target); p.StatusCode != http.StatusUnauthorized || got.Error != "step_up_required" ||
			got.LoginURL != want || got.MaxAge != 300 || !strings.Contains(p.Header.Get("WWW-Authenticate"), "insufficient_user_authentication") {
			t.Errorf("%s: %s %s", target, p.Status, p.body)
		}
	}
	if got := b.get("/admin/users?x=1").app(t).Path; got != "/admin/users?x=1" {
		t.Errorf("stale: the app saw %s after the round to Okta", got)
	}
}

func TestStepUpSettingsThatCannotWork(t *testing.T) {
	w := newWorld(t)
	for extra, want := range map[string]string{
		"step_up 5s":                      "between 30s and 24h",
		"step_up 5m /static/admin":        "is public",
		"step_up 5m /passkeys/append":     "our own routes",
		"step_up 5m /a* ":                 "as the browser sends it",
		`step_up 5m /admin/* acr "a b"`:   "not one authentication context",
		`step_up 5m acr "phr phrh"`:       "not one authentication context",
		"step_up 2d /admin/* acr phr":     "between 30s and 24h",
		"step_up 5m /admin/%2e%2e/orders": "as the browser sends it",
	} {
		if err := load(t, w.caddyfile(extra)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", extra, err, want)
		}
	}
}
