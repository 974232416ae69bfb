package recall

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

const authorize = "https://login.example.com/authorize?client_id=a&state=b"

func newFragments(tb testing.TB) *Fragments {
	tb.Helper()
	f, err := NewFragments("/passkeys", false)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// navigation is a browser's, with further header names and values.
func navigation(tb testing.TB, target string, headers ...string) *http.Request {
	tb.Helper()
	r := httptest.NewRequestWithContext(tb.Context(), http.MethodGet, "https://app.example.com"+target, nil)
	r.RequestURI = target
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	r.Header.Set("Sec-Fetch-Dest", "document")
	for i := 0; i+1 < len(headers); i += 2 {
		if r.Header.Set(headers[i], headers[i+1]); headers[i+1] == "-" {
			r.Header.Del(headers[i])
		}
	}
	return r
}

// element returns the attributes of the first element of that name, and its text.
func element(tb testing.TB, body, name string) (attributes map[string]string, text string) {
	tb.Helper()
	doc, err := html.ParseWithOptions(strings.NewReader(body), html.ParseOptionEnableScripting(false))
	if err != nil {
		tb.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == name {
			attributes = map[string]string{}
			for _, a := range n.Attr {
				attributes[a.Key] = a.Val
			}
			if n.FirstChild != nil {
				text = n.FirstChild.Data
			}
			return attributes, text
		}
	}
	tb.Fatalf("no <%s> in %s", name, body)
	return nil, ""
}

func TestFragmentPages(t *testing.T) {
	t.Parallel()
	f := newFragments(t)
	const at = `/orders?q="<b>'&x=é`
	w := httptest.NewRecorder()
	answered, err := f.Leave(w, navigation(t, at), http.StatusUnauthorized, authorize, Place{At: at, State: "f1"})
	if !answered || err != nil || w.Code != http.StatusUnauthorized {
		t.Fatalf("answered %v, %v, %d", answered, err, w.Code)
	}
	root, _ := element(t, w.Body.String(), "html")
	if root["data-to"] != authorize || root["data-at"] != at || root["data-state"] != "f1" || root["data-fresh"] != "1" {
		t.Errorf("the script is told %v", root)
	}
	const marker = "__Secure-passkeys-fragment=1; Path=/passkeys/callback; Max-Age=7200; SameSite=Lax; Secure"
	if root["data-marker"] != marker {
		t.Errorf("marker %q", root["data-marker"])
	}
	if meta, _ := element(t, w.Body.String(), "a"); meta["href"] != authorize {
		t.Errorf("without scripts: %v", meta)
	}
	if !strings.Contains(w.Body.String(), `<noscript><meta http-equiv="refresh" content="0;url=https://login.example.com/authorize?client_id=a&amp;state=b">`) {
		t.Error("no refresh for browsers without scripts")
	}
	h := w.Header()
	_, script := element(t, w.Body.String(), "script")
	sum := sha256.Sum256([]byte(script))
	if policy := h.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") ||
		!strings.Contains(policy, "script-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
		t.Errorf("policy %q does not fit the script %q", policy, script)
	}
	if h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Location") != "" {
		t.Errorf("%v", h)
	}

	w = httptest.NewRecorder()
	if answered, err = f.Leave(w, navigation(t, at), http.StatusOK, authorize, Place{At: at, State: "f1"}); !answered || err != nil {
		t.Fatal(answered, err)
	}
	if root, _ := element(t, w.Body.String(), "html"); root["data-fresh"] != "" {
		t.Error("an explicit sign-in drops what the attempt before it kept")
	}

	w = httptest.NewRecorder()
	answered, err = f.Arrive(w, navigation(t, "/passkeys/callback?code=x", "Cookie", "__Secure-passkeys-fragment=1"), "/passkeys/append?return=%2Fo", at)
	if !answered || err != nil || w.Code != http.StatusOK {
		t.Fatalf("answered %v, %v, %d", answered, err, w.Code)
	}
	if root, _ := element(t, w.Body.String(), "html"); root["data-to"] != "/passkeys/append?return=%2Fo" || root["data-at"] != at {
		t.Errorf("the script is told %v", root)
	}
}

func TestWhoGetsARedirectInstead(t *testing.T) {
	t.Parallel()
	f := newFragments(t)
	for name, r := range map[string]*http.Request{
		"link checker": navigation(t, "/", "Sec-Fetch-Mode", "-", "Sec-Fetch-Dest", "-"),
		"frame":        navigation(t, "/", "Sec-Fetch-Dest", "iframe"),
		"script":       navigation(t, "/", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"),
	} {
		w := httptest.NewRecorder()
		if answered, err := f.Leave(w, r, http.StatusOK, authorize, Place{At: "/"}); answered || err != nil || w.Body.Len() != 0 {
			t.Errorf("%s gets the page (%v)", name, err)
		}
	}
	for name, cookie := range map[string]string{
		"no cookie": "", "another value": "__Secure-passkeys-fragment=%23token", "that of plain http": "passkeys-fragment=1",
	} {
		w := httptest.NewRecorder()
		if answered, err := f.Arrive(w, navigation(t, "/passkeys/callback", "Cookie", cookie), "/", "/"); answered || err != nil {
			t.Errorf("%s gets the page (%v)", name, err)
		}
	}
}

// TestAWorkersPageMayBeFramed by this site: it may be for a frame, and finds out.
func TestAWorkersPageMayBeFramed(t *testing.T) {
	t.Parallel()
	f := newFragments(t)
	for _, headers := range [][]string{
		{"Sec-Fetch-Dest", "empty", "Accept", "text/html"},
		{"Sec-Fetch-Mode", "same-origin", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-origin", "Upgrade-Insecure-Requests", "1", "Accept", "text/html"},
	} {
		w := httptest.NewRecorder()
		place := Place{At: "/a", State: "f1", Framed: "/passkeys/login?framed=1&return=%2Fa"}
		answered, err := f.Leave(w, navigation(t, "/a", headers...), http.StatusUnauthorized, authorize, place)
		if root, _ := element(t, w.Body.String(), "html"); !answered || err != nil || root["data-framed"] != place.Framed {
			t.Errorf("%v: %v %v, the script is told %v", headers, answered, err, root)
		}
		if policy := w.Header().Get("Content-Security-Policy"); !strings.HasSuffix(policy, "frame-ancestors 'self'") || w.Header().Get("X-Frame-Options") != "SAMEORIGIN" {
			t.Errorf("%v", w.Header())
		}
	}
}

// TestRecall asks the tab for its place, whatever state somebody links to.
func TestRecall(t *testing.T) {
	t.Parallel()
	f := newFragments(t)
	const state, action, to = `f"><script>alert(1)</script>`, "/passkeys/login?restart=1&x=\"", "/passkeys/login?restart=1"
	w := httptest.NewRecorder()
	answered, err := f.Recall(w, navigation(t, "/passkeys/callback"), state, action, to)
	root, _ := element(t, w.Body.String(), "html")
	if !answered || err != nil || w.Code != http.StatusOK || root["data-to"] != to || root["data-state"] != state || root["data-action"] != action {
		t.Errorf("%v %v %d, the script is told %v", answered, err, w.Code, root)
	}
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "; form-action 'self'; frame-ancestors 'none'") || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%v", w.Header())
	}
	w = httptest.NewRecorder()
	if answered, err := f.Recall(w, navigation(t, "/", "Sec-Fetch-Mode", "-", "Sec-Fetch-Dest", "-"), state, action, to); answered || err != nil || w.Body.Len() != 0 {
		t.Errorf("a program gets the page (%v)", err)
	}
}

func BenchmarkLeave(b *testing.B) {
	f := newFragments(b)
	r := navigation(b, "/orders?page=2")
	for b.Loop() {
		_, _ = f.Leave(httptest.NewRecorder(), r, http.StatusUnauthorized, authorize, Place{At: "/orders?page=2", State: "fAAAAAAAABBBBBBBBBBBBBBBBBBBBBB"})
	}
}
