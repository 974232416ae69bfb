package login

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var goesOn = regexp.MustCompile(`<html lang="en" data-to="([^"]*)" data-at="([^"]*)"`)

// wantPage checks that the answer is a page that goes on, and returns where to
// and which path's fragment it keeps or puts back.
func wantPage(t *testing.T, w *httptest.ResponseRecorder, status int) (to, at string) {
	t.Helper()
	m := goesOn.FindStringSubmatch(w.Body.String())
	if w.Code != status || m == nil {
		t.Fatalf("%d %v %s, want a page that goes on, with %d", w.Code, w.Header(), w.Body, status)
	}
	return html.UnescapeString(m[1]), html.UnescapeString(m[2])
}

// show is a navigation as browsers with fetch metadata make it.
func (b *browser) show(target, cookie string) *httptest.ResponseRecorder {
	b.site.t.Helper()
	r := httptest.NewRequestWithContext(b.site.t.Context(), http.MethodGet, target, nil)
	r.Host = b.host
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	r.Header.Set("Sec-Fetch-Dest", "document")
	b.carry(r)
	if cookie != "" {
		r.Header.Add("Cookie", cookie)
	}
	w := httptest.NewRecorder()
	if err := b.site.serve(w, r); err != nil {
		b.site.t.Fatal(err)
	}
	for _, c := range w.Result().Cookies() {
		b.cookies[c.Name] = c
	}
	return w
}

func TestBrowsersKeepTheFragmentOnTheWay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	to, at := wantPage(t, b.show("/orders?page=2&x='\"", ""), http.StatusUnauthorized)
	if !strings.HasPrefix(to, s.op.URL+"/authorize?") || at != "/orders?page=2&x='\"" {
		t.Errorf("goes to %q for %q", to, at)
	}
	q := s.op.authorize(to)
	back := b.show("/passkeys/callback?"+q.Encode(), "__Secure-passkeys-fragment=1")
	if to, at := wantPage(t, back, http.StatusOK); to != "/orders?page=2&x='\"" || at != to {
		t.Errorf("comes back to %q for %q", to, at)
	}
	if b.session() == nil {
		t.Error("no session")
	}
	// Back: the code is spent, and the attempt gone.
	if again := b.show("/passkeys/callback?"+q.Encode(), "__Secure-passkeys-fragment=1"); !strings.Contains(again.Body.String(), `data-to="/" data-state="`+q.Get("state")+`" data-action="/passkeys/login"`) {
		t.Errorf("%d %v %s", again.Code, again.Header(), again.Body)
	}
}

func TestExplicitSignInKeepsTheFragmentToo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	to, at := wantPage(t, s.browser().show("/passkeys/login?return="+url.QueryEscape("/orders?page=2"), ""), http.StatusOK)
	if !strings.HasPrefix(to, s.op.URL+"/authorize?") || at != "/orders?page=2" {
		t.Errorf("goes to %q for %q", to, at)
	}
}

// TestFragmentForAnotherPage: where the page asked for cannot be the return path,
// its fragment is not put on the page in its place.
func TestFragmentForAnotherPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, target := range []string{"/" + strings.Repeat("x", 17000), "/passkeys/login?return=//evil.example", "/passkeys/login"} {
		if w := s.browser().show(target, ""); w.Code != http.StatusFound || w.Body.Len() != 0 {
			t.Errorf("%.40s: %d %s", target, w.Code, w.Body)
		}
	}
}

// TestForgedMarkerLeadsNowhereElse: a sibling domain can set the cookie.
func TestForgedMarkerLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	q := b.depart("/orders")
	if to, at := wantPage(t, b.show("/passkeys/callback?"+q.Encode(), "__Secure-passkeys-fragment=1; __Secure-passkeys-fragment=//evil.example"), http.StatusOK); to != "/orders" || at != "/orders" {
		t.Errorf("goes to %q for %q", to, at)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/passkeys/callback?state=forged", nil)
	r.Host = b.host
	r.Header.Set("Cookie", "__Secure-passkeys-fragment=1")
	if err := s.serve(w, r); err != nil || w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/passkeys/login?") {
		t.Errorf("%v %d %v", err, w.Code, w.Header())
	}
}
