package abuse

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/passkey-sidecar/passkey-sidecar/e2e/demo"
)

// secureSite is a site over https, which speaks HTTP/1.1, HTTP/2 and HTTP/3.
func secureSite(t *testing.T, settings string) site {
	t.Helper()
	return site{demo.Start(t, "--tls", "--plain-signin", "--enroll", "never", "--settings", settings), t}
}

// protocols are the ways to a secure site.
var protocols = []string{"HTTP/1.1", "HTTP/2", "HTTP/3"}

// over is a client that speaks one protocol to a secure site.
func (s site) over(protocol string) *client {
	s.t.Helper()
	c := s.client()
	c.protocol = protocol
	switch protocol {
	case "HTTP/1.1":
	case "HTTP/2":
		transport := s.NewTransport()
		transport.Protocols = new(http.Protocols)
		transport.Protocols.SetHTTP2(true)
		s.t.Cleanup(transport.CloseIdleConnections)
		c.http.Transport = transport
	case "HTTP/3":
		c.http.Transport = s.HTTP3()
	default:
		s.t.Fatalf("no protocol %s", protocol)
	}
	return c
}

// ask sends a request whose target and header are as hostile as the protocol's
// client can be made to send them. Headers come in pairs, their names as they are.
func (c *client) ask(method, target string, headers ...string) answer {
	c.t.Helper()
	if c.protocol == "" || c.protocol == "HTTP/1.1" {
		lines := method + " " + target + " HTTP/1.1\nHost: {host}\nConnection: close\n"
		if jar := c.cookies(); jar != "" {
			lines += "Cookie: " + jar + "\n"
		}
		for pair := range slices.Chunk(headers, 2) {
			lines += pair[0] + ": " + pair[1] + "\n"
		}
		return c.raw(lines + "\n")
	}
	u := c.site.parse(c.site.App)
	// Both clients cut scheme and host off an opaque address, and send the rest as
	// it is.
	u.Opaque = "//" + u.Host + target
	r := (&http.Request{
		Method: method, URL: u, Host: u.Host, Header: http.Header{}, Proto: "HTTP/1.1",
	}).WithContext(c.t.Context())
	for pair := range slices.Chunk(headers, 2) {
		r.Header[pair[0]] = append(r.Header[pair[0]], pair[1])
	}
	res, err := c.http.Do(r) //nolint:bodyclose // read closes it
	if err != nil {
		c.t.Fatalf("%s %s over %s: %v", method, target, c.protocol, err)
	}
	return read(c.t, res)
}

// TestForgedHeadersAndPathsOverEveryProtocol plays the tables of forged headers
// and hostile paths over each protocol.
func TestForgedHeadersAndPathsOverEveryProtocol(t *testing.T) {
	t.Parallel()
	shared := secureSite(t, "")
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			s := shared.of(t)
			user, nobody := s.over(protocol), s.over(protocol)
			a := user.signIn(alice, "/headers")
			user.seen(a)
			if a.ProtoMajor != map[string]int{"HTTP/1.1": 1, "HTTP/2": 2, "HTTP/3": 3}[protocol] {
				t.Fatalf("the app's page came over %s", a.Proto)
			}
			for _, name := range theirHeaders {
				got := user.seen(user.ask(http.MethodGet, "/headers", name, "mallory"))
				for header, values := range got {
					if strings.Contains(strings.Join(values, " "), "mallory") {
						t.Errorf("%s: the app sees %s: %q", name, header, values)
					}
				}
				if got.Get("X-Forwarded-User") != alice.id {
					t.Errorf("%s: the app's user is %q", name, got.Get("X-Forwarded-User"))
				}
				nobody.refused(name, nobody.ask(http.MethodGet, "/headers", name, alice.id))
			}
			for _, target := range privatePaths {
				nobody.refused(target, nobody.ask(http.MethodGet, target))
			}
			for _, method := range []string{"TRACE", "TRACK", "trace", "CONNECT", "connect"} {
				if method == "CONNECT" && protocol != "HTTP/1.1" {
					continue // TestConnectIsNoTunnel: clients write it without a path
				}
				for _, who := range []*client{user, nobody} {
					if a := who.ask(method, "/headers"); a.StatusCode != http.StatusMethodNotAllowed || a.Header.Get("Allow") == "" {
						t.Errorf("%s: %s, Allow %q: %.200s", method, a.Status, a.Header.Get("Allow"), a.body)
					}
				}
			}
		})
	}
}

// privatePaths are spellings by which somebody might get at /headers as if it were
// public.
var privatePaths = []string{
	"/headers", "/HEADERS", "/%68eaders", "/Static/../headers", "/STATIC/style.css", "/static/../headers", "/static/..%2fheaders", "/static/%2e%2e/headers",
	"/static/..;/headers", "/static/;/../headers", "/static/..%5cheaders", "/static/%252e%252e/headers", "/static/.%00./headers", "//headers", "/./headers",
	"/headers#/static/style.css", "/headers%23/static/style.css", "/headers%3f/healthz", "/headers;/healthz", "/headers?x=/static/style.css", "/healthz/../headers",
	"/healthz/", "/passkeys/%2e%2e/headers", "/passkeys/../headers",
}

// smuggled is a request that somebody writes onto the app's connection.
const smuggled = "GET /orders HTTP/1.1\r\nHost: app\r\nX-Forwarded-User: mallory\r\nX-Forwarded-Email: mallory@evil.test\r\n\r\n"

// TestConnectIsNoTunnel sends CONNECT in each form that a protocol has, to a
// public and a private path, as nobody, as a user and with a bearer token. None
// may become a tunnel to the app.
func TestConnectIsNoTunnel(t *testing.T) {
	t.Parallel()
	shared := secureSite(t, "bearer {\n audience api://default\n}")
	token := shared.accessToken(nil)
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			s := shared.of(t)
			user, nobody := s.over(protocol), s.over(protocol)
			user.signIn(alice, "/headers")
			for _, path := range []string{"/healthz", "/static/style.css", "/echo", "/headers", "/passkeys/health", ""} {
				for _, named := range []string{"", "connect-udp", "connect-ip", "webtransport", "WebSocket", "h2c", "websocket2"} {
					if protocol == "HTTP/1.1" && named != "" {
						continue // only HTTP/2 and 3 name a protocol
					}
					for who, header := range map[string][]string{
						"nobody": {}, "a user": {"Cookie", user.cookies()}, "a program": {"Authorization", token},
					} {
						status, body := nobody.connect(path, named, header...)
						// A server that does not speak extended CONNECT resets the stream.
						if status != http.StatusMethodNotAllowed && status != reset {
							t.Errorf("%s, path %q, protocol %q: %d: %.300s", who, path, named, status, body)
						}
						if strings.Contains(body, "mallory") || strings.Contains(body, "Anvil") {
							t.Errorf("%s, path %q, protocol %q: the app answers through the tunnel: %.300s", who, path, named, body)
						}
					}
				}
			}
			// What came before has reached the app by now, if it ever does.
			mark := "/after-" + strings.ReplaceAll(protocol, "/", "-")
			user.browse(mark)
			await(t, func() bool { return strings.Contains(s.Said(), mark) })
			if said := s.Said(); strings.Contains(said, "mallory") {
				t.Errorf("the app got a request through a tunnel:\n%s", said)
			}
		})
	}
}

// await waits for something that is about to come true.
func await(t *testing.T, there func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !there(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it never came")
		}
	}
}

// reset stands for the status of a stream that was reset.
const reset = -1

// connect sends CONNECT with a body that is a request, and returns what came. An
// empty path is the classic form, with an authority alone.
func (c *client) connect(path, protocol string, headers ...string) (status int, body string) {
	c.t.Helper()
	switch c.protocol {
	case "HTTP/1.1":
		target := path
		if target == "" {
			target = "{host}"
		}
		lines := "CONNECT " + target + " HTTP/1.1\nHost: {host}\nConnection: close\n"
		for pair := range slices.Chunk(headers, 2) {
			lines += pair[0] + ": " + pair[1] + "\n"
		}
		a := c.raw(lines + fmt.Sprintf("Content-Length: %d\n\n", len(smuggled)) + smuggled)
		return a.StatusCode, a.body
	case "HTTP/2":
		return c.connect2(path, protocol, headers...)
	}
	return c.connect3(path, protocol, headers...)
}

// connect2 writes the frames itself, since no client writes such a request.
func (c *client) connect2(path, protocol string, headers ...string) (status int, body string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
	defer cancel()
	config := c.site.TLS()
	config.NextProtos, config.ServerName = []string{"h2"}, c.site.parse(c.site.App).Hostname()
	conn, err := (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", c.site.Address())
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		c.t.Fatal(err)
	}
	var block strings.Builder
	fields := hpack.NewEncoder(&block)
	write := func(name, value string) {
		_ = fields.WriteField(hpack.HeaderField{Name: strings.ToLower(name), Value: value}) // into memory
	}
	write(":method", http.MethodConnect)
	write(":authority", c.site.parse(c.site.App).Host)
	if protocol != "" {
		write(":protocol", protocol)
	}
	if path != "" {
		write(":scheme", "https")
		write(":path", path)
	}
	for pair := range slices.Chunk(headers, 2) {
		write(pair[0], pair[1])
	}
	_, err = io.WriteString(conn, http2.ClientPreface)
	framer := http2.NewFramer(conn, bufio.NewReader(conn))
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	for _, write := range []func() error{
		func() error { return framer.WriteSettings() },
		func() error {
			return framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte(block.String()), EndHeaders: true})
		},
		func() error { return framer.WriteData(1, true, []byte(smuggled)) },
	} {
		if err == nil {
			err = write()
		}
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return c.read2(framer)
}

func (c *client) read2(framer *http2.Framer) (status int, body string) {
	c.t.Helper()
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			c.t.Fatalf("no answer to CONNECT: %v", err)
		}
		ended := false
		switch f := frame.(type) {
		case *http2.RSTStreamFrame, *http2.GoAwayFrame:
			if status == 0 {
				status = reset
			}
			ended = true
		case *http2.MetaHeadersFrame:
			_, _ = fmt.Sscan(f.PseudoValue("status"), &status) // 0 is wrong, too
			ended = f.StreamEnded()
		case *http2.DataFrame:
			body += string(f.Data())
			ended = f.StreamEnded()
		}
		if ended {
			return status, body
		}
	}
}

// connect3 says a protocol as quic-go's client does, by Proto.
func (c *client) connect3(path, protocol string, headers ...string) (status int, body string) {
	c.t.Helper()
	u := c.site.parse(c.site.App)
	host := u.Host
	u = &url.URL{Scheme: "https", Host: host, Path: path}
	if protocol == "" {
		protocol = "HTTP/1.1" // none
	} else if path == "" {
		u.Path = "/"
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
	defer cancel()
	r := (&http.Request{
		Method: http.MethodConnect, URL: u, Host: host, Proto: protocol, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(smuggled)), ContentLength: -1,
	}).WithContext(ctx)
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Add(pair[0], pair[1])
	}
	res, err := c.site.HTTP3().RoundTrip(r)
	if err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			c.t.Fatalf("CONNECT %q %q hangs: %v", path, protocol, err)
		}
		return reset, err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	raw, _ := io.ReadAll(res.Body) // what came before a reset counts
	return res.StatusCode, string(raw)
}

// TestWebSocketHandshakeOverHTTP3 is the one CONNECT that goes to the app, as an
// upgrade, and only for somebody who may use it.
func TestWebSocketHandshakeOverHTTP3(t *testing.T) {
	t.Parallel()
	s := secureSite(t, "")
	user := s.over("HTTP/3")
	user.signIn(alice, "/headers")
	if status, body := user.connect("/echo", "websocket", "Sec-WebSocket-Version", "13"); status != http.StatusUnauthorized {
		t.Errorf("nobody: %d %.200s", status, body)
	}
	status, body := user.connect("/echo", "websocket", "Sec-WebSocket-Version", "13", "Cookie", user.cookies())
	if status == http.StatusMethodNotAllowed || status == http.StatusUnauthorized {
		t.Errorf("a user: %d %.200s", status, body)
	}
	await(t, func() bool { return strings.Contains(s.Said(), "GET /echo  for "+alice.login) })
}

// TestOnlyWebSocketSwitchesProtocols asks the app for other protocols, in which
// nobody would judge what the client says.
func TestOnlyWebSocketSwitchesProtocols(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	c := s.client()
	c.signIn(alice, "/headers")
	for upgrade, passes := range map[string]bool{
		"websocket": true, "WebSocket": true, "h2c": false, "TLS/1.0": false, "foo": false, "websocket, h2c": false, "h2c, websocket": false,
		"websocket\nUpgrade: h2c": false, "": false,
	} {
		got := c.seen(c.raw("GET /headers HTTP/1.1\nHost: {host}\nCookie: {cookies}\nConnection: close, Upgrade, HTTP2-Settings\nUpgrade: " + upgrade +
			"\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\nHTTP2_Settings: AAMAAABkAAQAoAAAAAIAAAAA\n\n"))
		if _, there := got["Upgrade"]; there != passes {
			t.Errorf("%q: the app sees Upgrade %q", upgrade, got["Upgrade"])
		}
		for name := range got {
			if strings.Contains(strings.ToLower(name), "settings") {
				t.Errorf("%q: the app sees %s", upgrade, name)
			}
		}
	}
	if got := c.seen(c.raw("GET /headers HTTP/1.1\nHost: {host}\nCookie: {cookies}\nConnection: close\nExpect: y 100-continue\n\n")); got["Expect"] != nil {
		t.Errorf("the app sees Expect %q", got["Expect"])
	}
}
