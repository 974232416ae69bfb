package caddymodule

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	oktaemu "github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// cacheableApp answers as it is told: with a status, and lines of its header.
func cacheableApp(rw http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	for _, line := range q["say"] {
		name, value, _ := strings.Cut(line, ": ")
		rw.Header().Add(name, value)
	}
	if q.Has("hints") {
		rw.WriteHeader(http.StatusEarlyHints)
	}
	status, err := strconv.Atoi(q.Get("status"))
	if err != nil {
		status = http.StatusOK
	}
	if r.Header.Get("If-None-Match") == `"1"` {
		status = http.StatusNotModified
	}
	rw.WriteHeader(status)
}

// says is the target of an answer with a status and lines.
func says(path string, status int, lines ...string) string {
	return path + "?" + url.Values{"status": {strconv.Itoa(status)}, "say": lines}.Encode()
}

// told are the cookies of ours and the expiry header of an answer.
func told(h http.Header) []string {
	got := slices.Clone(h.Values("App-Session-Ends"))
	for _, line := range h.Values("Set-Cookie") {
		if strings.Contains(line, "passkeys-") {
			got = append(got, line[:strings.Index(line, "=")])
		}
	}
	return got
}

// TestSessionOnAnswersThatSharedCachesMayKeep: a cache would hand one user's session
// to the next who asks.
func TestSessionOnAnswersThatSharedCachesMayKeep(t *testing.T) {
	answers := map[string]struct {
		target string
		tells  bool
		says   string // its Cache-Control in the end
	}{
		"public":             {says("/a", 200, "Cache-Control: public, max-age=3600"), false, "public, max-age=3600"},
		"public path":        {says("/static/a", 200, "Cache-Control: public, max-age=3600"), false, "public, max-age=3600"},
		"max-age":            {says("/a", 200, "Cache-Control: max-age=60"), false, "max-age=60"},
		"s-maxage":           {says("/a", 200, "Cache-Control: s-maxage=60"), false, "s-maxage=60"},
		"Expires":            {says("/a", 200, "Expires: "+time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)), false, ""},
		"a CDN's own field":  {says("/a", 200, "Cache-Control: no-store", "CDN-Cache-Control: max-age=60"), false, "no-store"},
		"not found":          {says("/a", 404, "Cache-Control: public, max-age=60"), false, "public, max-age=60"},
		"moved":              {says("/a", 301, "Cache-Control: public", "Location: /b"), false, "public"},
		"not modified":       {says("/a", 304, "Cache-Control: public, max-age=3600"), false, "public, max-age=3600"},
		"not modified, mute": {says("/a", 304, `Etag: "1"`), false, ""},
		"not modified, own":  {says("/a", 304, "Cache-Control: private"), true, "private"},
		"early hints":        {says("/a", 200, "Cache-Control: public, max-age=60", "Link: </a.css>; rel=preload") + "&hints=1", false, "public, max-age=60"},
		"early hints, own":   {says("/a", 200, "Cache-Control: private") + "&hints=1", true, "private"},
		"nothing said":       {says("/a", 200), true, "private"},
		"nothing, dated":     {says("/a", 200, "Last-Modified: Thu, 19 Nov 1981 08:52:00 GMT"), true, "private"},
		"nothing said, 404":  {says("/a", 404), true, "private"},
		"no-cache":           {says("/a", 200, "Cache-Control: no-cache", "Expires: 0"), true, "no-cache, private"},
		"no-store":           {says("/a", 200, "Cache-Control: no-store"), true, "no-store"},
		"private":            {says("/a", 200, "Cache-Control: private, max-age=600"), true, "private, max-age=600"},
	}
	w := newWorld(t)
	w.app.Config.Handler = http.HandlerFunc(cacheableApp)
	if err := load(t, strings.Replace(strings.Replace(w.caddyfile("expiry_header App-Session-Ends"), "email groups", "email groups offline_access", 1),
		"\t\ttrace\n", "\t\ttrace\n\t\tprotocols h1 h2c\n", 1)); err != nil {
		t.Fatal(err)
	}
	h2 := new(http.Protocols)
	h2.SetUnencryptedHTTP2(true)
	transports := map[string]http.RoundTripper{"HTTP/1.1": http.DefaultTransport, "HTTP/2": &http.Transport{Protocols: h2}}
	// A cookie that is to be sealed again, and one that a refresh renews.
	for what, age := range map[string]func(*browser){"touch": func(b *browser) { b.rest(20 * time.Minute) }, "refresh": func(b *browser) { b.change(due) }} {
		b := w.signedIn()
		age(b)
		for protocol, transport := range transports {
			for name, tc := range answers {
				for _, dest := range []string{"", "empty", "document"} {
					one := b.copyOf()
					one.Transport = transport
					p, hints := one.hinted(tc.target, "Sec-Fetch-Dest", dest)
					if p.ProtoMajor != map[string]int{"HTTP/1.1": 1, "HTTP/2": 2}[protocol] || strings.HasPrefix(name, "early") == (hints == nil) {
						t.Fatalf("%s: %s, hints %v", protocol, p.Proto, hints)
					}
					got, says := told(p.Header), p.Header.Get("Cache-Control")
					if len(got) != map[bool]int{true: 2}[tc.tells] || says != tc.says || len(told(hints)) != 0 {
						t.Errorf("%s over %s, Sec-Fetch-Dest %q, %s: %s told %q with Cache-Control %q; early %q", what, protocol, dest, name, p.Status, got, says, told(hints))
					}
				}
			}
		}
	}
}

// hinted is get, with the fields of a 103 before the answer.
func (b *browser) hinted(target string, headers ...string) (page, http.Header) {
	b.t.Helper()
	var hints http.Header
	trace := &httptrace.ClientTrace{Got1xxResponse: func(_ int, h textproto.MIMEHeader) error {
		hints = http.Header(h)
		return nil
	}}
	r, err := http.NewRequestWithContext(httptrace.WithClientTrace(b.t.Context(), trace), http.MethodGet, b.site+target, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	resp, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
	return page{Response: resp}, hints
}

// What could not be told yet is told by the next answer: nobody's session goes idle
// by a few pictures, and no rotated refresh token is lost.
func TestSessionIsToldByTheNextAnswer(t *testing.T) {
	w := newWorld(t)
	w.app.Config.Handler = http.HandlerFunc(cacheableApp)
	w.startOffline("")
	b := w.signedIn()
	cookie := func() string {
		site, err := url.Parse(w.site)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range b.Jar.Cookies(site) {
			if c.Name == "passkeys-session" {
				return c.Value
			}
		}
		return ""
	}
	public, own := says("/a", 200, "Cache-Control: public, max-age=60"), says("/a", 200)
	for name, age := range map[string]func(){"touch": func() { b.rest(20 * time.Minute) }, "refresh": func() { b.change(due) }} {
		age()
		before := cookie()
		for range 3 {
			if b.get(public); cookie() != before {
				t.Fatalf("%s: a public answer set the cookie", name)
			}
		}
		if b.get(own); cookie() == before {
			t.Errorf("%s: the next answer did not set it", name)
		}
		b.wantIn(name)
	}
	for _, e := range w.okta.Events() {
		if e.Name == oktaemu.EventRefreshReuseDetected {
			t.Error("a rotated refresh token was used twice")
		}
	}
	// The end is told when it can be, too.
	b.change(due)
	if err := w.okta.DisableUser(alice); err != nil {
		t.Fatal(err)
	}
	public, own = says("/static/a", 200, "Cache-Control: public, max-age=60"), says("/static/a", 200)
	if p := b.get(public); len(told(p.Header)) != 0 {
		t.Errorf("a public answer told of the end: %v", p.Header)
	}
	if p := b.get(own); len(told(p.Header)) != 1 || p.Header.Get("Cache-Control") != "private" {
		t.Errorf("the end was not told: %v", p.Header)
	}
}

// TestNotModifiedOnly: an app whose every answer is "not modified", as a page that
// polls gets it, must not let its users go idle.
func TestNotModifiedOnly(t *testing.T) {
	w := newWorld(t)
	w.app.Config.Handler = http.HandlerFunc(cacheableApp)
	w.start("")
	b := w.signedIn()
	for ago, want := range map[time.Duration]int{20 * time.Minute: http.StatusNotModified, 40 * time.Minute: http.StatusOK} {
		b.rest(ago)
		p := b.get(says("/poll", 200, `Etag: "1"`), "If-None-Match", `"1"`, "Sec-Fetch-Dest", "empty")
		if p.StatusCode != want || (want == http.StatusOK) != (len(told(p.Header)) == 1) {
			t.Errorf("after %s: %s, told %q", ago, p.Status, told(p.Header))
		}
	}
	b.rest(40 * time.Minute) // a condition that is no question for what is new
	if p := b.send(http.MethodPut, says("/poll", 200), nil, "If-None-Match", `"1"`); p.StatusCode != http.StatusNotModified {
		t.Errorf("the condition of a change is gone: %s", p.Status)
	}
}

// A bearer token beside a session that has just ended gets no session.
func TestEndedSessionBesideABearerTokenIsForgotten(t *testing.T) {
	w := newWorld(t)
	token := w.accessToken(alice, nil)
	w.startOffline("expiry_header App-Session-Ends\nbearer {\naudience api://default\n}")
	b := w.signedIn()
	b.change(due)
	if err := w.okta.RevokeTokens(alice); err != nil {
		t.Fatal(err)
	}
	p := b.get("/api", "Accept", "application/json", "Authorization", token)
	if p.StatusCode != http.StatusOK || len(p.Header.Get("App-Session-Ends")) != 10 || len(p.Cookies()) != 1 || p.Cookies()[0].MaxAge >= 0 {
		t.Errorf("%s %v", p.Status, p.Header)
	}
}

func TestWebSocketHandshakeSlidesTheSession(t *testing.T) {
	w := newWorld(t)
	w.app.Config.Handler = http.HandlerFunc(echo)
	w.start("")
	b := w.browser()
	b.signIn("/passkeys/signed-in")
	b.rest(20 * time.Minute)
	p := b.raw("GET /ws HTTP/1.1\nHost: {host}\nCookie: {cookies}\nConnection: Upgrade\nUpgrade: websocket\n\n")
	if p.StatusCode != http.StatusSwitchingProtocols || len(told(p.Header)) != 1 {
		t.Errorf("%s %v", p.Status, p.Header)
	}
}

// Answers whose handler writes no header by itself.
func TestDiscreetAnswerThatBeginsWithoutAHeader(t *testing.T) {
	for name, begin := range map[string]func(http.ResponseWriter){
		"write": func(w http.ResponseWriter) { _, _ = w.Write([]byte("x")) },
		"file":  func(w http.ResponseWriter) { _, _ = io.Copy(w, strings.NewReader("x")) },
		"flush": func(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() },
	} {
		for says, want := range map[string]bool{"public": false, "private": true} {
			w := httptest.NewRecorder()
			a := &discreet{ResponseWriterWrapper: caddyhttp.ResponseWriterWrapper{ResponseWriter: w}, p: &Passkeys{ExpiryHeader: "Ends", sessions: new(session.Store)}, ends: new(session.Session)}
			a.Header().Set("Cache-Control", says)
			begin(a)
			if got := w.Result().Header.Get("Ends") != ""; got != want || w.Code != http.StatusOK {
				t.Errorf("%s, %s: told %v, status %d", name, says, got, w.Code)
			}
		}
	}
}
