package caddymodule

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

var inFrame = []string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe", "Sec-Fetch-Site"}

// TestAFrameIsOfferedAWindow: the identity provider refuses frames, so a redirect
// would end at the browser's own error.
func TestAFrameIsOfferedAWindow(t *testing.T) {
	w := newWorld(t)
	w.start("step_up 5m /admin/*")
	b := w.browser()
	b.stay()
	for name, tc := range map[string]struct {
		site, target, link string
		script             bool
	}{
		"frame of this site":               {"same-origin", "/orders?page=2", "/passkeys/login?return=%2Fpasskeys%2Fsigned-in", true},
		"frame of a sibling":               {"same-site", "/orders", "/passkeys/login?return=%2Fpasskeys%2Fsigned-in", true},
		"frame of another site":            {"cross-site", "/orders?page=2", "/orders?page=2", false},
		"its step-up":                      {"same-origin", "/admin/", "/passkeys/login?step_up=300&amp;return=%2Fpasskeys%2Fsigned-in", true},
		"our own page":                     {"same-origin", "/passkeys/", "/passkeys/login?return=%2Fpasskeys%2Fsigned-in", true},
		"the login route":                  {"same-origin", "/passkeys/login?return=%2Forders", "/passkeys/login?return=%2Fpasskeys%2Fsigned-in", true},
		"a path that would lead elsewhere": {"cross-site", "//evil.example/", "/.//evil.example/", false},
	} {
		p := b.get(tc.target, append(inFrame, tc.site)...)
		policy := p.Header.Get("Content-Security-Policy")
		if p.StatusCode != http.StatusUnauthorized || !strings.Contains(p.body, `href="`+tc.link+`" target="_blank"`) ||
			strings.Contains(p.body, "<script") != tc.script {
			t.Errorf("%s: %s %s", name, p.Status, p.body)
		}
		if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "frame-ancestors") || p.Header.Get("X-Frame-Options") != "" ||
			p.Header.Get("Cache-Control") != "no-store" || len(p.Header.Values("Set-Cookie")) > 0 {
			t.Errorf("%s: %v", name, p.Header)
		}
	}
}

// TestClickjackingOfAKeptForm: what a frame posted is shown in frames of this
// origin only, and where somebody else posted it, nothing of it.
func TestClickjackingOfAKeptForm(t *testing.T) {
	w := newWorld(t)
	w.start("step_up 5m /admin/*")
	b := w.browser()
	form := url.Values{"item": {"Anvil"}}
	ask := func(site, target string) page {
		return b.send(http.MethodPost, target, form, append(inFrame, site)...)
	}
	wantWindow := func(name, target, link string) {
		t.Helper()
		p := ask("same-origin", target)
		if p.StatusCode != http.StatusUnauthorized || keptForm.MatchString(p.body) || !strings.Contains(p.body, link) ||
			!strings.Contains(p.Header.Get("Content-Security-Policy"), "frame-ancestors 'self'") || p.Header.Get("X-Frame-Options") != "SAMEORIGIN" {
			t.Errorf("%s: %s %v %s", name, p.Status, p.Header, p.body)
		}
	}
	wantWindow("ended session", "/orders", "Sign in in a new window")
	if p := ask("cross-site", "/orders"); strings.Contains(p.body, "new window") || strings.Contains(p.body, "<form") || p.Header.Get("X-Frame-Options") != "SAMEORIGIN" {
		t.Errorf("another site's form: %s %v %s", p.Status, p.Header, p.body)
	}
	b.signIn("/")
	b.change(signedInAgo(time.Hour))
	wantWindow("stale sign-in", "/admin/", "Sign in again in a new window")
	if got := ask("same-origin", "/orders").app(t); got.Path != "/orders" {
		t.Errorf("a live session's form: %+v", got)
	}
}
