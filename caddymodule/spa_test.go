package caddymodule

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// cors are the headers of a script's call.
func cors(from string) []string {
	return []string{"Accept", "application/json", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Origin", from}
}

// TestContractWithSinglePageApps is what docs/spa.md promises.
func TestContractWithSinglePageApps(t *testing.T) {
	w := newWorld(t)
	w.start("expiry_header App-Session-Ends")
	b := w.browser()
	p := b.get("/api/orders", cors(w.site)...)
	if h := p.Header; p.StatusCode != http.StatusUnauthorized || h.Get("Passkeys-Challenge") != "login_required" || h.Get("Cache-Control") != "no-store" ||
		h.Get("Access-Control-Allow-Origin") != w.site || h.Get("Access-Control-Allow-Credentials") != "true" ||
		!strings.Contains(strings.Join(h.Values("Vary"), ","), "Origin") || !strings.Contains(p.body, `"login_url":"/passkeys/login"`) {
		t.Errorf("%s %v %s", p.Status, h, p.body)
	}
	p = b.get("/api/orders", cors("https://evil.example")...)
	if p.StatusCode != http.StatusUnauthorized || p.Header.Get("Access-Control-Allow-Origin") != "" || p.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("a foreign origin: %s %v", p.Status, p.Header)
	}
	p = b.send(http.MethodOptions, "/api/orders", nil, append(cors(w.site), "Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "content-type")...)
	if h := p.Header; p.StatusCode != http.StatusNoContent || h.Get("Access-Control-Allow-Methods") != "PUT" || h.Get("Access-Control-Allow-Headers") != "content-type" {
		t.Errorf("preflight: %s %v", p.Status, h)
	}
	if p := b.get("/passkeys/session.js"); p.StatusCode != http.StatusOK || p.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("session.js: %s %v", p.Status, p.Header)
	}

	b.signIn("/")
	p = b.get("/api/orders", cors(w.site)...)
	ends, err := strconv.ParseInt(p.Header.Get("App-Session-Ends"), 10, 64)
	if left := time.Until(time.Unix(ends, 0)); err != nil || left < 55*time.Minute || left > time.Hour {
		t.Errorf("%q: ends in %s", p.Header.Get("App-Session-Ends"), left)
	}
	if p := b.get("/static/app.js", "Sec-Fetch-Dest", "script"); p.Header.Get("App-Session-Ends") != "" {
		t.Error("a file for shared caches tells of a session")
	}
	if p := w.browser().get("/healthz"); p.Header.Get("App-Session-Ends") != "" {
		t.Error("nobody's session ends")
	}
	p = b.send(http.MethodPost, "/passkeys/session", nil, append(cors(w.site), "Sec-Fetch-Site", "same-origin")...)
	if p.StatusCode != http.StatusOK || p.Header.Get("Set-Cookie") == "" || !strings.Contains(p.body, `"ends_at":`) {
		t.Errorf("renewal: %s %v %s", p.Status, p.Header, p.body)
	}
	p = b.send(http.MethodPost, "/passkeys/session", nil, append(cors("https://evil.example"), "Sec-Fetch-Site", "cross-site")...)
	if p.StatusCode != http.StatusForbidden || p.Header.Get("Set-Cookie") != "" {
		t.Errorf("renewal by another site: %s %v", p.Status, p.Header)
	}
	if got := b.get("/passkeys/signed-in"); got.StatusCode != http.StatusOK || got.Header.Get("Cross-Origin-Opener-Policy") != "" {
		t.Errorf("%s %v", got.Status, got.Header)
	}
}

func TestExpiryHeaderNames(t *testing.T) {
	t.Parallel()
	for name, ok := range map[string]bool{
		"": true, "Passkeys-Session-Ends": true, "x": true, "Set-Cookie": false, "content-type": false, "LOCATION": false,
		"a b": false, "a:b": false, "é": false, "Access-Control-Allow-Origin": false, "Transfer-Encoding": false,
	} {
		if err := checkExpiryHeader(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}
