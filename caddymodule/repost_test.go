package caddymodule

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var sealedRepost = regexp.MustCompile(`name="passkeys-repost" value="([^"]+)"`)

// foreign are the headers of a form that a page of another site posts.
var foreign = []string{
	"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "cross-site", "Origin", "https://bank.example", "Referer", "https://bank.example/",
}

// bankPosts is what a browser does with a form of another site: it holds the
// session back.
func (w *world) bankPosts(target string, form url.Values, headers ...string) page {
	w.t.Helper()
	return w.browser().send(http.MethodPost, target, form, append(foreign, headers...)...)
}

// TestAFormOfAnotherSiteSaysWhatIsTrue, and leads on to its own address.
func TestAFormOfAnotherSiteSaysWhatIsTrue(t *testing.T) {
	w := newWorld(t)
	w.start("")
	p := w.bankPosts("/payment/back?order=7&deep=%2Flink", url.Values{"paid": {"yes"}})
	if p.StatusCode != http.StatusUnauthorized || strings.Contains(p.body, "Nobody is signed in") || !strings.Contains(p.body, "Another site sent you here") {
		t.Errorf("%s %s", p.Status, p.body)
	}
	if !strings.Contains(p.body, `href=""`) || strings.Contains(p.body, `href="/"`) {
		t.Errorf("the address is lost: %s", p.body)
	}
	if sealedRepost.MatchString(p.body) || strings.Contains(p.body, "<script") || p.Header.Get("Cross-Origin-Opener-Policy") != "" {
		t.Errorf("%v %s", p.Header, p.body)
	}
	frame := w.bankPosts("/payment/back", url.Values{"paid": {"yes"}}, "Sec-Fetch-Dest", "iframe")
	if !strings.Contains(frame.body, "Another site sent you here") || frame.Header.Get("X-Frame-Options") != "SAMEORIGIN" {
		t.Errorf("in a frame: %v %s", frame.Header, frame.body)
	}
	script := w.bankPosts("/payment/back", url.Values{"paid": {"yes"}}, "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty")
	if !strings.HasPrefix(script.body, `{"error":"login_required"`) {
		t.Errorf("a program: %s", script.body)
	}
}

// TestAFormOfAnotherSiteIsPostedAgain where the configuration says so, and the app
// gets it with its user, its sender and its bytes.
func TestAFormOfAnotherSiteIsPostedAgain(t *testing.T) {
	w := newWorld(t)
	w.start("repost /saml/acs /payment/*")
	b := w.browser()
	b.signIn("/")
	form := url.Values{"SAMLResponse": {"PHNhbWw+"}, "RelayState": {"/deep?link=1"}}
	p := w.bankPosts("/saml/acs?x=%2F", form)
	m := sealedRepost.FindStringSubmatch(p.body)
	if p.StatusCode != http.StatusUnauthorized || m == nil || !strings.Contains(p.body, `action=""`) || !strings.Contains(p.body, "repost-") ||
		p.Header.Get("Cache-Control") != "no-store" || p.Header.Get("Referrer-Policy") != "same-origin" || strings.Contains(p.body, "PHNhbWw") {
		t.Fatalf("%s %v %s", p.Status, p.Header, p.body)
	}
	policy := p.Header.Get("Content-Security-Policy")
	if strings.Contains(policy, "form-action") || !strings.Contains(policy, "frame-ancestors 'self'") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %s", policy)
	}
	again := func(b *browser, path, sealed string) page {
		body := "passkeys-repost=" + sealed + "\r\n"
		return b.raw("POST " + path + " HTTP/1.1\nHost: {host}\nCookie: {cookies}\nOrigin: " + w.site + "\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: document\nSec-Fetch-Site: same-origin\n" +
			"Accept: text/html\nContent-Type: text/plain\nContent-Length: " + lengthOf(body) + "\n\n" + strings.TrimSuffix(body, "\r\n") + "\n")
	}
	sealed := html.UnescapeString(m[1])
	got := again(b, "/saml/acs?x=%2F", sealed).app(t)
	want := map[string]string{
		"Content-Type": "application/x-www-form-urlencoded", "Content-Length": lengthOf(form.Encode()), "Origin": "https://bank.example",
		"Referer": "https://bank.example/", "Sec-Fetch-Site": "cross-site",
	}
	for name, value := range want {
		if got.Headers.Get(name) != value {
			t.Errorf("%s: %q, want %q", name, got.Headers.Get(name), value)
		}
	}
	if got.Path != "/saml/acs?x=%2F" || got.Headers.Get("X-Forwarded-User") == "" {
		t.Errorf("the app gets %+v", got)
	}
	if p := again(b, "/saml/acs?x=%2F", sealed); p.StatusCode != http.StatusConflict || !strings.Contains(p.body, "/passkeys/login?return=%2Fsaml%2Facs") {
		t.Errorf("a second time: %s %s", p.Status, p.body)
	}
	other := html.UnescapeString(sealedRepost.FindStringSubmatch(w.bankPosts("/payment/7", form).body)[1])
	if p := again(b, "/orders", other); p.StatusCode != http.StatusBadRequest {
		t.Errorf("at another path: %s %s", p.Status, p.body)
	}
	// Nobody is signed in after all: no loop, nothing kept, the address stays.
	nobody := again(w.browser(), "/payment/7", other)
	if nobody.StatusCode != http.StatusUnauthorized || keptForm.MatchString(nobody.body) || sealedRepost.MatchString(nobody.body) ||
		!strings.Contains(nobody.body, "/passkeys/login?return=%2Fpayment%2F7") {
		t.Errorf("without a session: %s %s", nobody.Status, nobody.body)
	}
	for _, path := range []string{"/orders", "/saml/acs/", "/payment/..%2forders"} {
		if p := w.bankPosts(path, form); p.StatusCode != http.StatusUnauthorized || sealedRepost.MatchString(p.body) {
			t.Errorf("%s: %s %s", path, p.Status, p.body)
		}
	}
	if logs := w.logs(); strings.Contains(logs, "SAMLResponse") || strings.Contains(logs, sealed[:100]) {
		t.Error("the log holds the form")
	}
}

func TestRepostNeedsWhatItNeeds(t *testing.T) {
	w := newWorld(t)
	for extra, reason := range map[string]string{
		"resend off\nrepost /saml/acs": "resend off", "repost /*": "whole site", "repost /healthz": "public",
		"step_up 5m /admin/*\nrepost /admin/import": "step_up", "repost /passkeys/x": "our own routes",
	} {
		if err := load(t, w.caddyfile(extra)); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: %v", extra, err)
		}
	}
}
