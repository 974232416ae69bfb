package main

import (
	"bufio"
	"io"
	"strings"
	"testing"
)

func TestReadHead(t *testing.T) {
	for name, tc := range map[string]struct {
		message        string
		status, length int
		fails          bool
	}{
		"answer":            {"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nX: y\r\n\r\n", 200, 12, false},
		"any case":          {"HTTP/1.1 303 See Other\r\ncontent-LENGTH:0\r\n\r\n", 303, 0, false},
		"request":           {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0, 0, false},
		"request with body": {"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", 0, 5, false},
		"chunked":           {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 0, 0, true},
		"bad length":        {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", 0, 0, true},
		"cut short":         {"HTTP/1.1 200 OK\r\nContent-Le", 0, 0, true},
		"nothing":           {"", 0, 0, true},
	} {
		status, length, err := readHead(bufio.NewReader(strings.NewReader(tc.message)), nil)
		if tc.fails {
			if err == nil {
				t.Errorf("%s: no error", name)
			}
			continue
		}
		if err != nil || status != tc.status || length != tc.length {
			t.Errorf("%s: got %d, %d, %v", name, status, length, err)
		}
	}
}

// The upstream must be served by the same connection again and again, or the
// proxies would be measured dialling.
func TestUpstreamKeepsConnections(t *testing.T) {
	in, hold := io.Pipe()
	said, out := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- serveUpstream(t.Context(), in, out) }()
	addr, err := bufio.NewReader(said).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	addr = strings.TrimSpace(addr)
	c, err := dial(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	for _, request := range [][]byte{
		navigation(addr, "/orders", ""), post(addr, tokensPath, "", `{}`), navigation(addr, echoPath, "a=1"), navigation(addr, "/", ""),
	} {
		if status, err := c.exchange(request); err != nil || status != 200 {
			t.Errorf("%.20q: got %d, %v", request, status, err)
		}
	}
	seen, err := fetch(t.Context(), addr, navigation(addr, echoPath, "a=1; b=2"))
	if err != nil || headerOf(seen, "Cookie") != "a=1; b=2" || headerOf(seen, "X-None") != "" {
		t.Errorf("echoed %q, %v", seen, err)
	}
	_ = hold.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
