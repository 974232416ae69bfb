package gate

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestConnectAndTraceNeverPass(t *testing.T) {
	g := newGate(t, "/static/*")
	for _, method := range []string{"CONNECT", "connect", "Connect", "TRACE", "trace", "TRACK", "Track"} {
		for _, target := range []string{"/static/x", "/orders", "/passkeys/health", "https://elsewhere.example/static/x"} {
			r := request("GET", target, "Cookie", "user=alice")
			r.Method = method
			if d := g.Admit(r); d.Verdict != MethodNotAllowed || d.Allow == "" || d.Session != nil {
				t.Errorf("%s %s: %+v", method, target, d)
			}
		}
	}
	for _, method := range []string{"PROPFIND", "PATCH", "REPORT", "CONNECTS", "TRACK2", "QUERY"} {
		r := request("GET", "/orders", "Cookie", "user=alice")
		r.Method = method
		if d := g.Admit(r); d.Verdict != Upstream {
			t.Errorf("%s: %+v", method, d)
		}
	}
}

func TestWebSocketHandshakeOfHTTP2And3(t *testing.T) {
	g := newGate(t)
	for name, tc := range map[string]struct {
		major    int
		proto    string
		protocol string
		want     Verdict
	}{
		"HTTP/2":                 {2, "HTTP/2.0", "websocket", Upstream},
		"HTTP/2, another":        {2, "HTTP/2.0", "connect-udp", MethodNotAllowed},
		"HTTP/2, capital letter": {2, "HTTP/2.0", "WebSocket", MethodNotAllowed},
		"HTTP/3":                 {3, "websocket", "", Upstream},
		"HTTP/3, another":        {3, "webtransport", "", MethodNotAllowed},
		"HTTP/3, as in HTTP/2":   {3, "HTTP/3.0", "websocket", MethodNotAllowed},
		"HTTP/1.1":               {1, "websocket", "websocket", MethodNotAllowed},
	} {
		r := request("GET", "/socket", "Cookie", "user=alice")
		r.Method, r.ProtoMajor, r.Proto = http.MethodConnect, tc.major, tc.proto
		if tc.protocol != "" {
			r.Header[":protocol"] = []string{tc.protocol}
		}
		if d := g.Admit(r); d.Verdict != tc.want {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func TestOnlyWebSocketIsASwitchOfProtocols(t *testing.T) {
	h := newHeaders(t, Forwarded())
	for name, tc := range map[string]struct {
		method  string
		major   int
		upgrade []string
		passes  bool
	}{
		"WebSocket":         {"GET", 1, []string{"WebSocket"}, true},
		"h2c":               {"GET", 1, []string{"h2c"}, false},
		"a list":            {"GET", 1, []string{"websocket, h2c"}, false},
		"two lines":         {"GET", 1, []string{"websocket", "h2c"}, false},
		"another method":    {"POST", 1, []string{"websocket"}, false},
		"over HTTP/2":       {"GET", 2, []string{"websocket"}, false},
		"over HTTP/3":       {"GET", 3, []string{"websocket"}, false},
		"a field with none": {"GET", 1, []string{}, false},
	} {
		r := httptest.NewRequestWithContext(t.Context(), tc.method, "/", nil)
		r.ProtoMajor = tc.major
		r.Header["Upgrade"] = tc.upgrade
		r.Header["Connection"] = []string{"Upgrade, HTTP2-Settings, keep-alive"}
		r.Header["Http2-Settings"], r.Header["Http2_settings"] = []string{"AAMA"}, []string{"AAMA"}
		r.Header["Expect"] = []string{"100-continue, x"}
		h.Scrub(r)
		want := "keep-alive"
		if tc.passes {
			want = "Upgrade, keep-alive"
		}
		if _, there := r.Header["Upgrade"]; there != tc.passes || r.Header.Get("Connection") != want {
			t.Errorf("%s: %v", name, r.Header)
		}
		if r.Header["Http2-Settings"] != nil || r.Header["Http2_settings"] != nil || r.Header["Expect"] != nil {
			t.Errorf("%s: left %v", name, r.Header)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), "PUT", "/", nil)
	r.Header.Set("Expect", "100-Continue")
	if h.Scrub(r); r.Header.Get("Expect") == "" {
		t.Error("the one expectation there is was dropped")
	}
}
