package caddymodule

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// chromiumLoads is what Chromium sends with a page load.
var chromiumLoads = []string{
	"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "Upgrade-Insecure-Requests", "1",
	"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "none",
}

// load is a page load, with further headers.
func (b *browser) load(target string, headers ...string) page {
	b.t.Helper()
	return b.get(target, append(append([]string{}, chromiumLoads...), headers...)...)
}

// tabOf is a tab of a browser, with what its sessionStorage keeps for sign-in.
type tabOf struct {
	*browser
	state, at string
	// forbidden: no storage.
	forbidden bool
	// stopsAt ends the way before a path is asked for.
	stopsAt string
}

var rootData = regexp.MustCompile(`data-([a-z]+)="([^"]*)"`)

// data are the data attributes of a page that goes on by script, nil for another.
func (p page) data() map[string]string {
	head, _, found := strings.Cut(p.body, "><head>")
	if !found || !strings.HasPrefix(head, `<!doctype html><html lang="en" data-to="`) {
		return nil
	}
	data := map[string]string{}
	for _, m := range rootData.FindAllStringSubmatch(head, -1) {
		data[m[1]] = html.UnescapeString(m[2])
	}
	return data
}

// open loads a page and goes on as the pages' scripts do.
func (tb *tabOf) open(target string) page {
	tb.t.Helper()
	p := tb.load(target)
	for range 30 {
		data := p.data()
		if data == nil {
			return p
		}
		_, recall := data["action"]
		if data["state"] != "" && !recall {
			tb.state, tb.at = data["state"], data["at"]
		}
		if tb.stopsAt != "" && strings.Contains(data["to"], tb.stopsAt) {
			return p
		}
		switch {
		case recall && !tb.forbidden && tb.state != "" && tb.state == data["state"]:
			at := tb.at
			tb.state = ""
			p = tb.send(http.MethodPost, data["action"], url.Values{"return": {at}}, append([]string{"Sec-Fetch-Site", "same-origin"}, chromiumLoads[:8]...)...)
		default:
			p = tb.load(data["to"])
		}
	}
	tb.t.Fatalf("the pages go round in circles at %s", p.Request.URL)
	return p
}

// arrives checks that the app got a request for an address.
func (tb *tabOf) arrives(p page, want string) {
	tb.t.Helper()
	if p.StatusCode != http.StatusOK || !strings.HasPrefix(p.body, `{"headers"`) {
		tb.t.Errorf("wanted %.60s, ended at %s: %s %.400s", want, p.Request.URL, p.Status, p.body)
		return
	}
	if got := p.app(tb.t).Path; got != want {
		tb.t.Errorf("wanted %.60s, ended at %.200s", want, got)
	}
}

// without is the same browser after its session here is over.
func (b *browser) without(t *testing.T) {
	t.Helper()
	u, err := url.Parse(b.site)
	if err != nil {
		t.Fatal(err)
	}
	b.Jar.SetCookies(u, []*http.Cookie{{Name: "passkeys-session", Path: "/", MaxAge: -1}}) //nolint:gosec // G124: takes a cookie away
}

func TestAPageLoadThatAWorkerPassesOn(t *testing.T) {
	w := newWorld(t)
	w.start("step_up 5m /admin/*")
	for name, headers := range map[string][]string{
		"as it is":     {"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-origin"},
		"with options": {"Sec-Fetch-Mode", "same-origin", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-origin"},
	} {
		for _, target := range []string{"/orders?page=2", "/admin/users", "/passkeys/", "/passkeys/login?return=/orders"} {
			p := w.browser().load(target, headers...)
			if to := p.data()["to"]; !strings.HasPrefix(to, w.okta.Issuer()+"/v1/authorize?") {
				t.Errorf("%s, %s: %s %.300s", name, target, p.Status, p.body)
			}
			if p.data()["framed"] == "" || p.Header.Get("X-Frame-Options") != "SAMEORIGIN" {
				t.Errorf("%s, %s: in a frame it shows nothing: %v", name, target, p.Header)
			}
		}
		// A problem is a page, too.
		if p := w.browser().load("/passkeys/nowhere", headers...); p.StatusCode != http.StatusNotFound || !strings.Contains(p.body, "There is no such page") || !strings.HasPrefix(p.body, "<!doctype") {
			t.Errorf("%s: %s %.100s", name, p.Status, p.body)
		}
	}
	// The calls of scripts that load parts of pages are none.
	for name, headers := range map[string][]string{
		"htmx":  {"Sec-Fetch-Mode", "cors", "Accept", "text/html, */*"},
		"turbo": {"Sec-Fetch-Mode", "same-origin", "Accept", "text/html, application/xhtml+xml"},
	} {
		p := w.browser().get("/orders", append([]string{"Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-origin"}, headers...)...)
		if p.StatusCode != http.StatusUnauthorized || p.Header.Get("Passkeys-Challenge") != "login_required" || !strings.HasPrefix(p.body, `{"error"`) || len(p.Cookies()) > 0 {
			t.Errorf("%s: %s %v %.100s", name, p.Status, p.Header, p.body)
		}
	}
}

// TestAForgedFormThatAWorkerPassesOn: to a request that the worker makes of its own,
// another site's form looks like one of this site's.
func TestAForgedFormThatAWorkerPassesOn(t *testing.T) {
	w := newWorld(t)
	w.start("")
	form := url.Values{"item": {"forged"}}
	p := w.browser().send(http.MethodPost, "/orders", form, append(append([]string{}, chromiumLoads...),
		"Sec-Fetch-Mode", "same-origin", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-origin", "Origin", w.site)...)
	if p.StatusCode != http.StatusUnauthorized || strings.Contains(p.body, "data-form") || !strings.Contains(p.body, "Sign in to continue") || !strings.HasPrefix(p.body, "<!doctype") {
		t.Errorf("%s %.400s", p.Status, p.body)
	}
	// One that the browser vouches for: nothing is lost, and nothing kept that may
	// belong into a frame.
	p = w.browser().send(http.MethodPost, "/orders", form, append(append([]string{}, chromiumLoads...),
		"Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-origin", "Origin", w.site)...)
	if p.StatusCode != http.StatusUnauthorized || strings.Contains(p.body, "data-form") || !strings.Contains(p.body, "Nothing is lost while this page is open") {
		t.Errorf("%s %.400s", p.Status, p.body)
	}
}

func TestAndroidWebViews(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.browser()
	if p := b.get("/orders", "X-Requested-With", "com.example.app"); !strings.HasPrefix(p.Request.URL.String(), w.okta.Issuer()) && !strings.Contains(p.body, "stateToken") {
		t.Errorf("a web view ends at %s: %s %.200s", p.Request.URL, p.Status, p.body)
	}
	if p := b.get("/orders", "X-Requested-With", "XMLHttpRequest"); p.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(p.body, `{"error":"login_required"`) ||
		!strings.Contains(p.body, `"login_url":"/passkeys/login"`) {
		t.Errorf("a script: %s %.200s", p.Status, p.body)
	}
	// Where the 401 is a page, its link leads back.
	p := b.load("/orders?page=2&x=%22", "Sec-Purpose", "prefetch")
	if p.StatusCode != http.StatusUnauthorized || !strings.Contains(p.body, `href="/passkeys/login?return=%2Forders%3Fpage%3D2%26x%3D%2522"`) {
		t.Errorf("%s %.600s", p.Status, p.body)
	}
	if p := b.load("/passkeys/login?return=%2Forders", "Sec-Purpose", "prefetch"); !strings.Contains(p.body, `href="/passkeys/login"`) {
		t.Errorf("%s %.600s", p.Status, p.body)
	}
}

func TestDeepLinksArrive(t *testing.T) {
	w := newWorld(t)
	w.start("")
	long := "/app/kibana?_a=" + strings.Repeat("(filters:!('x%20y')),", 700)
	for _, link := range []string{
		"/orders?page=2",
		long, // 14 kB
		"/" + strings.Repeat("long/", 3000) + "?x=1",
		`/files?file=\\srv\share&x=1`,
		"/files/a%5Cb",
		"//orders//7?x=1",
		"//evil.example/x",
		"/search?q=100%",
	} {
		tb := &tabOf{browser: w.browser(), stopsAt: w.oktaURL}
		p := tb.open(link)
		if p.data() == nil {
			t.Errorf("%.60s: %s %.200s", link, p.Status, p.body)
			continue
		}
		tb.stopsAt = ""
		back := tb.signInFrom(p.data()["to"])
		tb.arrives(back, link)
		if size := len(back.Request.Header.Get("Cookie")); size > 8000 {
			t.Errorf("%.60s: %d bytes of cookies", link, size)
		}
	}
}

// signInFrom signs in at Okta's page, follows its redirects, and goes on as the
// pages' scripts do.
func (tb *tabOf) signInFrom(authorize string) page {
	tb.t.Helper()
	follow := tb.CheckRedirect
	var callback string
	tb.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		if strings.HasPrefix(r.URL.Path, "/passkeys/callback") {
			callback = r.URL.String()
			return http.ErrUseLastResponse
		}
		return asBrowsersDo(r, via)
	}
	tb.signIn(authorize)
	tb.CheckRedirect = follow
	if callback == "" {
		tb.t.Fatal("Okta does not send the browser back")
	}
	return tb.open(callback)
}

// TestWhereAnAddressCannotBeKept its path is, and a page says so.
func TestWhereAnAddressCannotBeKept(t *testing.T) {
	w := newWorld(t)
	w.start("")
	for name, c := range map[string]struct {
		link, path string
		forbidden  bool
	}{
		"no storage":   {"/app/kibana?_a=" + strings.Repeat("x", 4000), "/app/kibana", true},
		"beyond 16 kB": {"/app/kibana?_a=" + strings.Repeat("x", 17000), "/app/kibana", false},
	} {
		tb := &tabOf{browser: w.browser(), stopsAt: w.oktaURL, forbidden: c.forbidden}
		to := c.link
		if c.forbidden {
			to = tb.open(to).data()["to"]
		}
		tb.stopsAt = ""
		p := tb.signInFrom(to)
		if !strings.Contains(p.body, "Part of the address was lost") || !strings.Contains(p.body, `href="`+c.path+`"`) {
			t.Errorf("%s: ends at %s: %s %.600s", name, p.Request.URL, p.Status, p.body)
		}
	}
	if !strings.Contains(w.logs(), "address_too_long") {
		t.Error("the log does not say so")
	}
}

// TestFiftyRestoredTabs: each at its own address, one after another and at once,
// whether Okta's session is alive or over.
func TestFiftyRestoredTabs(t *testing.T) {
	const count = 50
	w := newWorld(t)
	w.start("")
	address := func(n int) string { return fmt.Sprintf("/orders?tab=%d", n) }

	t.Run("Okta's session is over", func(t *testing.T) {
		b := w.browser()
		tabs := make([]*tabOf, count)
		asked := make([]string, count)
		for n := range tabs {
			tabs[n] = &tabOf{browser: b, stopsAt: w.oktaURL}
			asked[n] = tabs[n].open(address(n)).data()["to"]
			tabs[n].stopsAt = ""
		}
		u, _ := url.Parse(b.site)
		if cookies := b.Jar.Cookies(u); len(cookies) > 6 {
			t.Errorf("%d cookies are kept", len(cookies))
		}
		tabs[0].arrives(tabs[0].signInFrom(asked[0]), address(0))
		for n := 1; n < count; n++ {
			tabs[n].arrives(tabs[n].open(asked[n]), address(n))
		}
	})

	t.Run("Okta's session is alive", func(t *testing.T) {
		b := w.browser()
		b.signIn("/")
		b.without(t)
		var all sync.WaitGroup
		for n := range count {
			all.Go(func() {
				tb := &tabOf{browser: b}
				tb.arrives(tb.open(address(n)), address(n))
			})
		}
		all.Wait()
		u, _ := url.Parse(b.site)
		if cookies := b.Jar.Cookies(u); len(cookies) > 7 {
			t.Errorf("%d cookies are kept", len(cookies))
		}
	})
}
