package abuse

import (
	"net/http"
	"net/url"
	"strings"
)

// byWorker are the headers of a page load that a service worker passes on, and of one
// that it makes a request of its own of.
var byWorker = map[string][]string{
	"passed on":    {"Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-origin", "Upgrade-Insecure-Requests", "1"},
	"with options": {"Sec-Fetch-Mode", "same-origin", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-origin", "Upgrade-Insecure-Requests", "1"},
}

func passedOnByWorker(s site) {
	for how, headers := range byWorker {
		c := s.client()
		a := c.browse("/headers", headers...)
		if to, there := c.next(a); !there || !strings.HasPrefix(to.String(), s.Okta.Origin+"/") || a.StatusCode != http.StatusUnauthorized {
			s.t.Errorf("%s: %s %.300s", how, a.Status, a.body)
		}
		c.refused(how, a)
	}
}

func forgedByWay(s site) {
	c := s.client()
	for how, headers := range byWorker {
		a := c.send(http.MethodPost, "/orders", "item=Anvil&quantity=1", append(headers,
			"Content-Type", "application/x-www-form-urlencoded", "Accept", "text/html", "Origin", s.App)...)
		if a.StatusCode != http.StatusUnauthorized || strings.Contains(a.body, "data-form") {
			s.t.Errorf("%s: a form is kept that may be another site's: %s %.300s", how, a.Status, a.body)
		}
	}
}

func webView(s site) {
	c := s.client()
	a := c.send(http.MethodGet, "/headers", "", "Accept", "text/html,*/*;q=0.8", "X-Requested-With", "com.example.browser")
	if to, there := c.next(a); !there || !strings.HasPrefix(to.String(), s.Okta.Origin+"/") {
		s.t.Errorf("%s %.300s", a.Status, a.body)
	}
	a = c.send(http.MethodGet, "/headers", "", "Accept", "text/html", "X-Requested-With", "XMLHttpRequest")
	if !strings.Contains(a.body, `"error":"login_required"`) || a.StatusCode != http.StatusUnauthorized {
		s.t.Errorf("a script: %s %.300s", a.Status, a.body)
	}
}

// tell is what the page after a dropped attempt posts.
func (c *client) tell(place string, headers ...string) answer {
	c.t.Helper()
	return c.send(http.MethodPost, "/passkeys/login", url.Values{"return": {place}}.Encode(), append([]string{
		"Content-Type", "application/x-www-form-urlencoded", "Accept", "text/html", "Origin", "null",
		"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "same-origin",
	}, headers...)...)
}

func openRedirectByTab(s site) {
	c := s.client()
	c.signIn(bob, "/headers")
	for _, place := range []string{"//evil.example", `/\evil.example`, "https://evil.example/", "javascript:alert(1)", "/\t/evil.example", "/passkeys/logout"} {
		a := c.tell(place)
		if to, there := c.next(a); !there || to.String() != "/" {
			s.t.Errorf("%q leads to %v: %s", place, to, a.Status)
		}
	}
	// A state is anybody's choice, and goes into the page.
	a := c.browse("/passkeys/callback?code=x&state=" + url.QueryEscape(`f0"><script>alert(1)</script>`))
	if strings.Contains(a.body, "alert(1)") {
		s.t.Errorf("%s %.300s", a.Status, a.body)
	}
}

func signInByForm(s site) {
	c := s.client()
	for _, headers := range [][]string{
		{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		{"Sec-Fetch-Site", "same-site", "Origin", s.Okta.Origin},
	} {
		a := c.tell("/headers", headers...)
		if a.StatusCode != http.StatusForbidden || len(a.Header.Values("Set-Cookie")) > 0 {
			s.t.Errorf("%v: %s, Set-Cookie %q", headers, a.Status, a.Header.Values("Set-Cookie"))
		}
	}
}

func backAfterSignOut(s site) {
	c := s.client()
	c.signIn(bob, "/headers")
	a := c.send(http.MethodPost, "/passkeys/logout", "", "Origin", s.App, "Sec-Fetch-Site", "same-origin", "Accept", "text/html",
		"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document")
	if got := a.Header.Get("Clear-Site-Data"); got != `"cache"` {
		s.t.Errorf("signing out: %s, Clear-Site-Data %q", a.Status, got)
	}
	if got := c.browse("/passkeys/signed-out").Header.Get("Clear-Site-Data"); got != `"cache"` {
		s.t.Errorf("signed out: Clear-Site-Data %q", got)
	}
	// Another site's picture must not empty its visitors' caches.
	a = c.send(http.MethodGet, "/passkeys/signed-out", "", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image", "Sec-Fetch-Site", "cross-site", "Accept", "image/*")
	if got := a.Header.Get("Clear-Site-Data"); got != "" {
		s.t.Errorf("a picture: Clear-Site-Data %q", got)
	}
}
