package caddymodule

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// echo is an app that switches protocols, says who asked, and echoes lines.
func echo(w http.ResponseWriter, r *http.Request) {
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" + r.Header.Get("X-Forwarded-Email") + "\n")
	_ = rw.Flush()
	line, err := rw.ReadString('\n')
	if err != nil {
		return
	}
	_, _ = rw.WriteString(line)
	_ = rw.Flush()
}

func TestWebSocketPassesWithASessionOnly(t *testing.T) {
	w := newWorld(t)
	plain := w.app.Config.Handler
	w.app.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			echo(rw, r)
			return
		}
		plain.ServeHTTP(rw, r)
	})
	w.start("")
	b := w.browser()
	const ask = "GET /ws HTTP/1.1\nHost: {host}\nCookie: {cookies}\nConnection: Upgrade\nUpgrade: websocket\n\n"
	if p := b.raw(ask); p.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a session: %s", p.Status)
	}
	b.signIn("/")

	site, err := url.Parse(w.site)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", site.Host) //nolint:noctx // a test's connection, closed below
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, b.fill(ask)); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("upgrade: %v %v", resp, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if who, err := in.ReadString('\n'); err != nil || strings.TrimSpace(who) != "alice@acme.test" {
		t.Errorf("the app sees %q, %v", who, err)
	}
	if _, err := io.WriteString(conn, "ping\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := in.ReadString('\n'); err != nil || line != "ping\n" {
		t.Errorf("echo %q, %v", line, err)
	}
}
