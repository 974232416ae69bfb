package caddymodule

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// ours are the lines at INFO and above that the module has logged.
func (w *world) ours() []string {
	w.t.Helper()
	var lines []string
	for line := range strings.Lines(w.logs()) {
		var l struct{ Level, Logger string }
		if json.Unmarshal([]byte(line), &l) == nil && l.Logger == "http.handlers.passkeys" && l.Level != "debug" {
			lines = append(lines, line)
		}
	}
	return lines
}

// TestLogFloodByStrangers sends a hundred of whatever can be sent without a session.
// No more than a few lines of each may come of it.
func TestLogFloodByStrangers(t *testing.T) {
	w := newWorld(t)
	if err := load(t, w.forAnyHost(w.caddyfile(forPrograms))); err != nil {
		t.Fatal(err)
	}
	b := w.browser()
	b.Jar = nil
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	own := []string{"Origin", w.site, "Sec-Fetch-Site", "same-origin"}
	with := func(headers ...string) []string { return append(headers, own...) }
	expired := w.accessToken("alice@acme.test", set("exp", 1))
	for name, flood := range map[string]struct {
		method, target string
		form           url.Values
		headers        []string
		silent         bool
	}{
		"callbacks of no attempt":            {method: "GET", target: "/passkeys/callback?code=x&state=f0AAAAAAAAAAAAAAAAAAAAAAAAAAAAA", silent: true},
		"callbacks of no attempt, restarted": {method: "GET", target: "/passkeys/callback?code=x&state=r0AAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
		"callbacks that are none":            {method: "GET", target: "/passkeys/callback?code=x&code=y"},
		"initiations":                        {method: "GET", target: "/passkeys/initiate?iss=" + url.QueryEscape(w.oktaURL)},
		"initiations of another issuer":      {method: "GET", target: "/passkeys/initiate?iss=https://evil.example"},
		"initiations by JSON":                {method: "POST", target: "/passkeys/initiate", headers: []string{"Content-Type", "application/json"}},
		"logins past the page":               {method: "GET", target: "/passkeys/login?idp=0oa1"},
		"unknown hosts":                      {method: "GET", target: "http://127.0.0.1" + w.site[strings.LastIndex(w.site, ":"):] + "/"},
		"garbage tokens":                     {method: "GET", target: "/", headers: []string{"Authorization", "Bearer garbage"}},
		"expired tokens":                     {method: "GET", target: "/", headers: []string{"Authorization", expired}},
		"connect tokens":                     {method: "POST", target: "/passkeys/connect-token", headers: with("Content-Type", "application/json")},
		"connect tokens of another site":     {method: "POST", target: "/passkeys/connect-token", headers: []string{"Origin", "https://evil.example"}},
		"connect tokens by form":             {method: "POST", target: "/passkeys/connect-token", headers: own},
		"forms":                              {method: "POST", target: "/orders", form: url.Values{"a": {"b"}}, headers: own},
		"forms that are none":                {method: "POST", target: "/orders", headers: with("Content-Type", "image/png"), silent: true},
		"sign-outs":                          {method: "POST", target: "/passkeys/logout", form: url.Values{}, headers: own},
		"sign-outs by another site":          {method: "POST", target: "/passkeys/logout", form: url.Values{}, headers: []string{"Origin", "https://evil.example"}, silent: true},
		"front-channel sign-outs":            {method: "GET", target: "/passkeys/frontchannel-logout?iss=x&sid=1"},
		"back-channel sign-outs":             {method: "POST", target: "/passkeys/backchannel-logout"},
		"universal sign-outs":                {method: "POST", target: "/passkeys/universal-logout"},
		"forged cookies":                     {method: "GET", target: "/", headers: []string{"Cookie", "passkeys-session=Zm9yZ2Vk; passkeys-login-x=y; passkeys-attempts=z"}, silent: true},
		"offers answered":                    {method: "POST", target: "/passkeys/append/result", headers: with("Content-Type", "application/json"), silent: true},
		"lists changed":                      {method: "POST", target: "/passkeys/list/result", headers: with("Content-Type", "application/json"), silent: true},
		"kept forms":                         {method: "POST", target: "/passkeys/resume/summary", headers: own, silent: true},
	} {
		before := len(w.ours())
		for range 100 {
			b.send(flood.method, flood.target, flood.form, flood.headers...)
		}
		lines := w.ours()[before:]
		if len(lines) > 15 || flood.silent != (len(lines) == 0) {
			last := ""
			if len(lines) > 0 {
				last = lines[len(lines)-1]
			}
			t.Errorf("%s: a hundred requests wrote %d lines, like %s", name, len(lines), last)
		}
	}
}

// Whoever has a session leaves a line each time: that is the audit.
func TestAuditOfASignedInUserIsWhole(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.browser()
	b.signIn("/")
	const requests = 25
	for range requests {
		b.connectToken(`{"type":"something-else"}`)
	}
	if n := strings.Count(w.logs(), "connect token refused"); n != requests {
		t.Errorf("%d of %d refusals in the log", n, requests)
	}
}
