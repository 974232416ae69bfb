package gate

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
)

func newGateOfTwo(t *testing.T) *testGate {
	t.Helper()
	origins, err := origin.ParseSet([]string{"https://app.example.com", "https://www.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	g, err := newTestGate(Config{Base: "/passkeys", Public: []string{"/healthz"}, Origins: origins}, users{})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// foreign are origins that no page of the site has.
var foreign = []string{
	"", "null", "https://evil.example", "https://app.example.com.evil.example", "https://app.example.com:8443", "http://app.example.com",
	"https://APP.example.com", "https://app.example.com/", "https://evil.example https://app.example.com", "*",
}

// TestForeignOriginReadsNothing, and no wildcard ever lets it.
func TestForeignOriginReadsNothing(t *testing.T) {
	g := newGateOfTwo(t)
	for _, from := range foreign {
		h := http.Header{}
		g.Readable(h, request("GET", "/api", "Origin", from))
		for name := range h {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%q may read: %v", from, h)
			}
		}
		if h.Get("Vary") != "Origin" {
			t.Errorf("%q: Vary %q: a cache would hand on the answer for another origin", from, h.Get("Vary"))
		}
		if got := g.Admit(request("OPTIONS", "/api", "Origin", from, "Access-Control-Request-Method", "PUT")); got.Verdict != Refuse {
			t.Errorf("preflight from %q: verdict %v", from, got.Verdict)
		}
	}
	for _, from := range []string{"https://app.example.com", "https://www.example.com"} {
		h := http.Header{}
		g.Readable(h, request("GET", "/api", "Origin", from))
		if h.Get("Access-Control-Allow-Origin") != from || h.Get("Access-Control-Allow-Credentials") != "true" ||
			!strings.Contains(h.Get("Access-Control-Expose-Headers"), "Passkeys-Challenge") || h.Get("Vary") != "Origin" {
			t.Errorf("%q: %v", from, h)
		}
	}
}

// TestPreflightNeverReachesTheApp without a session: whoever can name an origin
// could then reach it.
func TestPreflightNeverReachesTheApp(t *testing.T) {
	g := newGateOfTwo(t)
	ask := []string{"Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Origin", "https://www.example.com", "Access-Control-Request-Method", "PUT"}
	for target, want := range map[string]Verdict{
		"/api": Preflight, "/": Preflight, "/healthz": Upstream,
		"/passkeys/connect-token": MethodNotAllowed, "/passkeys/session": MethodNotAllowed, "/passkeys/nothing": NotFound,
	} {
		if got := g.Admit(request("OPTIONS", target, ask...)); got.Verdict != want {
			t.Errorf("%s: verdict %v, want %v", target, got.Verdict, want)
		}
	}
	if got := g.Admit(request("OPTIONS", "/api", "Origin", "https://www.example.com")); got.Verdict != Refuse {
		t.Errorf("an OPTIONS request that is no preflight: verdict %v", got.Verdict)
	}
	if got := g.Admit(request("OPTIONS", "/api", append([]string{"Cookie", "user=alice"}, ask...)...)); got.Verdict != Upstream {
		t.Errorf("with a session: verdict %v", got.Verdict)
	}
}

func TestAnswerPreflight(t *testing.T) {
	g := newGateOfTwo(t)
	for _, tc := range []struct{ method, headers, wantMethod, wantHeaders string }{
		{"PUT", "content-type, x-csrf", "PUT", "content-type, x-csrf"},
		{"DELETE", "", "DELETE", ""},
		{"PUT\r\nX: y", "a\r\nb", "", ""},
		{"<x>", strings.Repeat("x", 2000), "", ""},
	} {
		w := httptest.NewRecorder()
		r := request("OPTIONS", "/api", "Origin", "https://www.example.com", "Access-Control-Request-Method", tc.method)
		if tc.headers != "" {
			r.Header.Set("Access-Control-Request-Headers", tc.headers)
		}
		g.AnswerPreflight(w, r)
		h := w.Header()
		if w.Code != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != "https://www.example.com" || h.Get("Access-Control-Allow-Credentials") != "true" ||
			h.Get("Access-Control-Allow-Methods") != tc.wantMethod || h.Get("Access-Control-Allow-Headers") != tc.wantHeaders {
			t.Errorf("%+v: %d %v", tc, w.Code, h)
		}
	}
}
