package caddymodule

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// secretRequests are requests whose address holds what serves once, as those who
// are not a browser on its way send them: link checkers, mail scanners, programs,
// retyped and mended addresses. %s is the secret.
var secretRequests = []struct{ method, target, host string }{
	{"GET", "/passkeys/callback?code=%s&state=x", ""},
	{"HEAD", "/passkeys/callback?code=%s&state=x", ""},
	{"POST", "/passkeys/callback?code=%s&state=x", ""},
	{"PUT", "/passkeys/callback?code=%s", ""},
	{"OPTIONS", "/passkeys/callback?code=%s", ""},
	{"GET", "/passkeys/callback/?code=%s", ""},
	{"GET", "/passkeys/callback//?code=%s", ""},
	{"GET", "/passkeys//callback?code=%s", ""},
	{"GET", "//passkeys/callback?code=%s", ""},
	{"GET", "/passkeys/./callback?code=%s", ""},
	{"GET", "/x/../passkeys/callback?code=%s", ""},
	{"GET", "/%%70asskeys/callback?code=%s", ""},
	{"GET", "/passkeys%%2Fcallback?code=%s", ""},
	{"GET", "/passkeys%%2fcallback%%2f?code=%s", ""},
	{"GET", "/passkeys/%%2563allback?code=%s", ""},
	{"GET", "/passkeys%%5Ccallback?code=%s", ""},
	{"GET", "/passkeys;a=b/callback;c?code=%s", ""},
	{"GET", "/Passkeys/Callback?code=%s", ""},
	{"GET", "/passkeys/callback.?code=%s", ""},
	{"GET", "/passkeys/callback/more?code=%s", ""},
	{"GET", "/passkeys/callback%%20?code=%s", ""},
	{"GET", "/passkeys/callbackk?code=%s", ""},
	{"GET", "/passkeys/callback?code=%s", "other.example"},
	{"HEAD", "/passkeys/callback/?code=%s", "other.example"},
	{"GET", "/moved?code=%s&state=x", ""}, // a rewrite leads to the callback
	{"HEAD", "/moved?code=%s&state=x", ""},
	{"HEAD", "/passkeys/frontchannel-logout?iss=x&sid=%s", ""},
	{"PUT", "/passkeys/frontchannel-logout/?iss=x&sid=%s", ""},
	{"HEAD", "/passkeys/login?login_hint=%s", ""},
	{"POST", "/passkeys/login?login_hint=%s", ""},
	{"GET", "/passkeys/login/?login_hint=%s", ""},
	{"GET", "/passkeys/login?login_hint=%s", "other.example"},
	{"GET", "/passkeys/login?return=%%2F&login%%5Fhint=%s", ""},
	{"GET", "/passkeys/login?login_hint;=%s", ""},
	{"GET", "/passkeys/login?login_hint=%s&x=%%zz", ""},
	{"HEAD", "/passkeys/initiate?iss=x&login_hint=%s", ""},
	{"PUT", "/passkeys/initiate/?iss=x&login_hint=%s", ""},
	{"GET", "/passkeys/logout?id_token_hint=%s", ""},
	{"HEAD", "/passkeys/logout/?id_token_hint=%s", ""},
	{"GET", "/passkeys/backchannel-logout?logout_token=%s", ""},
	{"GET", "/passkeys/universal-logout?token=%s", ""},
}

// forAnyHost serves every host name, and rewrites an old address to the callback.
func (w *world) forAnyHost(caddyfile string) string {
	_, port, _ := strings.Cut(strings.TrimPrefix(w.site, "http://"), ":")
	caddyfile = strings.Replace(caddyfile, "\n"+w.site+" {", "\nhttp://:"+port+" {\nrewrite /moved /passkeys/callback", 1)
	return strings.Replace(caddyfile, "\t\ttrace\n", "\t\ttrace\n\t\tprotocols h1 h2c\n", 1)
}

// TestSecretsInAddressesStayOutOfTheAccessLog asks for every route that has
// secrets in its address, in every way but the one that works.
func TestSecretsInAddressesStayOutOfTheAccessLog(t *testing.T) {
	w := newWorld(t)
	// Caddy's own line about a rewrite is at DEBUG, before us.
	if err := load(t, strings.Replace(w.forAnyHost(w.caddyfile("")), "\tdebug\n", "", 1)); err != nil {
		t.Fatal(err)
	}
	site, err := url.Parse(w.site)
	if err != nil {
		t.Fatal(err)
	}
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	h2 := &http.Transport{Protocols: &protocols}
	defer h2.CloseIdleConnections()
	sent := map[string]string{}
	for i, c := range secretRequests {
		host := c.host
		if host == "" {
			host = site.Host
		}
		secret := fmt.Sprintf("leak1-%03d-", i)
		sent[secret] = "HTTP/1.1 " + c.method + " " + c.target
		w.one(site.Host, c.method, fmt.Sprintf(c.target, secret), host)

		secret = fmt.Sprintf("leak2-%03d-", i)
		sent[secret] = "HTTP/2 " + c.method + " " + c.target
		r, err := http.NewRequestWithContext(t.Context(), c.method, w.site, nil)
		if err != nil {
			t.Fatal(err)
		}
		path, query, _ := strings.Cut(fmt.Sprintf(c.target, secret), "?")
		r.URL.Opaque, r.URL.RawQuery, r.Host = path, query, host
		if strings.HasPrefix(path, "//") {
			r.URL.Opaque = "http://" + site.Host + path // as RequestURI sends it
		}
		resp, err := h2.RoundTrip(r)
		if err != nil {
			t.Fatalf("%s: %v", sent[secret], err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	w.one(site.Host, "GET", "/passkeys/signed-out?seen=yes", site.Host)
	within(t, "the access log", func() bool { return strings.Contains(w.logs(), "seen=yes") })
	logs := w.logs()
	for secret, what := range sent {
		if strings.Contains(logs, secret) {
			t.Errorf("in the log: %s", what)
		}
	}
}

// one sends one request of HTTP/1.1, its target as it is.
func (w *world) one(address, method, target, host string) {
	w.t.Helper()
	conn, err := net.Dial("tcp", address) //nolint:noctx // a test's connection, closed below
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", method, target, host); err != nil {
		w.t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, target, err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
}

// A rewrite that takes the callback away from us is a mistake that nobody should
// pay for with a code in the log, nor in Caddy's error log when the app is down.
func TestRewrittenCallbackOfAnAppThatIsDownStaysOutOfTheLogs(t *testing.T) {
	w := newWorld(t)
	caddyfile := strings.Replace(w.forAnyHost(w.caddyfile("")), "rewrite /moved", "rewrite /passkeys/callback /static/gone\nrewrite /moved", 1)
	if err := load(t, strings.Replace(caddyfile, "\tdebug\n", "", 1)); err != nil {
		t.Fatal(err)
	}
	w.app.Close()
	b := w.browser()
	if p := b.get("/passkeys/callback?code=leak"); p.StatusCode != http.StatusBadGateway {
		t.Fatal(p.Status)
	}
	b.get("/static/here?seen=yes")
	within(t, "the access log", func() bool { return strings.Contains(w.logs(), "seen=yes") })
	for line := range strings.Lines(w.logs()) {
		if strings.Contains(line, "leak") {
			t.Errorf("in the log: %s", line)
		}
	}
}

// What holds no secret is logged as ever.
func TestOtherRoutesStayInTheAccessLog(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.browser()
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	targets := []string{
		"/orders?code=mine1", "/callback?code=mine2", "/passkeysx/callback?code=mine3", "/passkeys/?mine4", "/passkeys/append?return=mine5",
		"/passkeys/login?return=%2Fmine6&prompt=login&again=1", "/passkeys/session?mine7", "/passkeys/signed-out?mine8", "/passkeys/session.js?v=mine9",
		"/passkeys/nothing-mine10", "/passkeys/health?mine11", "/.well-known/webauthn?mine12", "/passkeys/login?step_up=300&acr=mine13&return=/",
	}
	for _, target := range targets {
		b.get(target)
	}
	within(t, "the access log", func() bool { return strings.Contains(w.logs(), "mine13") })
	for i := range targets {
		if !strings.Contains(w.logs(), fmt.Sprintf("mine%d", i+1)) {
			t.Errorf("not in the log: %s", targets[i])
		}
	}
}
