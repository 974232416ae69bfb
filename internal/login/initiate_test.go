package login

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func initiationOf(s *site, more ...string) string {
	q := url.Values{"iss": {s.op.issuer()}}
	for pair := range slices.Chunk(more, 2) {
		q.Add(pair[0], pair[1])
	}
	return q.Encode()
}

// post sends what another site's form sends: its cookies stay at home
// (SameSite=Lax).
func (b *browser) post(target, contentType string, body io.Reader) page {
	b.site.t.Helper()
	r := httptest.NewRequestWithContext(b.site.t.Context(), http.MethodPost, target, body)
	return (&browser{site: b.site, cookies: map[string]*http.Cookie{}, host: b.host}).do(r, "Content-Type", contentType, "Origin", b.site.op.URL)
}

const formType = "application/x-www-form-urlencoded"

func TestInitiatedSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	p := b.get("/passkeys/initiate?" + initiationOf(s, "login_hint", "alice@acme.test", "target_link_uri", "https://app.example.com/orders?x=1", "unknown", "ignored"))
	q := p.asked(t, s)
	if q.Get("login_hint") != "alice@acme.test" || q.Has("idp") || q.Has("prompt") || !wellFormed(q.Get("state")) || q.Get("nonce") == "" {
		t.Errorf("asked for %v", q)
	}
	wantRedirect(t, b.callback(s.op.authorize(p.location())), "/orders?x=1")
	if b.session() == nil {
		t.Error("not signed in")
	}
	// Who has a session goes on without a round to Okta.
	wantRedirect(t, b.get("/passkeys/initiate?"+initiationOf(s, "target_link_uri", "/reports")), "/reports")
}

func TestInitiatedByForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	body := initiationOf(s, "login_hint", "alice&idp=x", "target_link_uri", "https://app.example.com/orders?x=1&y=2")
	p := b.post("/passkeys/initiate", formType+"; charset=utf-8", strings.NewReader(body))
	if p.problem != nil || p.StatusCode != http.StatusSeeOther || !strings.HasPrefix(p.location(), "/passkeys/initiate?") || len(p.Cookies()) != 0 {
		t.Fatalf("%v %d to %q with %v", p.problem, p.StatusCode, p.location(), p.Cookies())
	}
	p = b.get(p.location())
	if q := p.asked(t, s); q.Get("login_hint") != "alice&idp=x" || q.Has("idp") {
		t.Errorf("asked for %v", q)
	}
	wantRedirect(t, b.callback(s.op.authorize(p.location())), "/orders?x=1&y=2")
	// The query of a POST is not the form.
	wantProblem(t, b.post("/passkeys/initiate?"+body, formType, http.NoBody), http.StatusBadRequest, "unknown_issuer")
}

func TestInitiationByForeignIssuer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, iss := range []string{
		"", "https://evil.example", "https://evil.example/oauth2/default", s.op.URL + "/", s.op.URL + "x", s.op.URL + "@evil.example",
		s.op.URL + ".evil.example", strings.ToUpper(s.op.URL), " " + s.op.URL, s.op.URL + "/oauth2/other", s.op.URL + "\n",
	} {
		b := s.browser()
		for _, p := range []page{
			b.get("/passkeys/initiate?iss=" + url.QueryEscape(iss)),
			b.post("/passkeys/initiate", formType, strings.NewReader("iss="+url.QueryEscape(iss))),
		} {
			wantProblem(t, p, http.StatusBadRequest, "unknown_issuer")
			if len(p.Cookies()) != 0 || len(p.problem.Ways) == 0 || strings.Contains(p.told(), "evil") {
				t.Errorf("iss %q: cookies %v, told %q", iss, p.Cookies(), p.told())
			}
		}
	}
	if n := s.op.count("/token") + s.op.count("/.well-known/openid-configuration"); n != 0 {
		t.Errorf("the provider was asked %d times", n)
	}
}

// Okta's dashboard names the org, whichever authorization server the application
// uses.
func TestInitiationByTheOrgOfACustomAuthorizationServer(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		configured, named string
		want              bool
	}{
		{"https://login.acme.test/oauth2/default", "https://login.acme.test/oauth2/default", true},
		{"https://login.acme.test/oauth2/default", "https://login.acme.test", true},
		{"https://login.acme.test/oauth2/default", "https://login.acme.test/", false},
		{"https://login.acme.test/oauth2/default", "https://login.acme.test/oauth2/aus1", false},
		{"https://login.acme.test/oauth2/default", "https://login.acme", false},
		{"https://login.acme.test/oauth2/default", "", false},
		{"https://login.acme.test", "https://login.acme.test/oauth2/default", false},
		{"https://tenant.eu.auth0.com/", "https://tenant.eu.auth0.com/", true},
		{"https://tenant.eu.auth0.com/", "https://tenant.eu.auth0.com", false},
		{"/oauth2/", "", false},
	} {
		if got := ownIssuer(tc.configured, tc.named); got != tc.want {
			t.Errorf("configured %q, named %q: %v", tc.configured, tc.named, got)
		}
	}
}

func TestOpenRedirectThroughTargetLinkURI(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for target, want := range map[string]string{
		"https://app.example.com/a#b":            "/a#b",
		"/a":                                     "/a",
		"":                                       "/",
		"https://app.example.com":                "/",
		"https://evil.example/a":                 "/",
		"https://www.example.com/a":              "/", // ours, but another origin
		"http://app.example.com/a":               "/",
		"https://app.example.com.evil.example/a": "/",
		"https://app.example.com@evil.example/a": "/",
		"https://app.example.com:443@evil.example/a":       "/",
		"https://app.example.com//evil.example":            "/",
		"https://app.example.com\\@evil.example":           "/",
		"https://app.example.com/\\evil.example":           "/",
		"https://app.example.com/\t/evil.example":          "/",
		"https://app.example.comhttps://app.example.com/a": "/",
		"//evil.example":                                  "/",
		"javascript:alert(1)":                             "/",
		"https://app.example.com/passkeys/logout":         "/",
		"https://app.example.com/passkeys/initiate?iss=x": "/",
		"https://app.example.com/a/../passkeys/initiate":  "/",
	} {
		query := initiationOf(s, "target_link_uri", target)
		b := s.browser()
		wantRedirect(t, b.callback(s.op.authorize(b.get("/passkeys/initiate?"+query).location())), want)
		wantRedirect(t, b.get("/passkeys/initiate?"+query), want) // signed in already
		p := b.post("/passkeys/initiate", formType, strings.NewReader(query))
		wantRedirect(t, b.get(p.location()), want)
	}
}

func TestMalformedInitiation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	iss := initiationOf(s)
	for name, tc := range map[string]struct {
		p      page
		status int
	}{
		"issuer twice":       {b.get("/passkeys/initiate?" + iss + "&" + iss), http.StatusBadRequest},
		"hint twice":         {b.get("/passkeys/initiate?" + iss + "&login_hint=a&login_hint=b"), http.StatusBadRequest},
		"not a query":        {b.get("/passkeys/initiate?" + iss + "&x=%zz"), http.StatusBadRequest},
		"long query":         {b.get("/passkeys/initiate?" + iss + "&x=" + strings.Repeat("x", maxInitiation)), http.StatusBadRequest},
		"issuer twice, form": {b.post("/passkeys/initiate", formType, strings.NewReader(iss+"&"+iss)), http.StatusBadRequest},
		"not a form":         {b.post("/passkeys/initiate", formType, strings.NewReader(iss+"&x=%zz")), http.StatusBadRequest},
		"huge form":          {b.post("/passkeys/initiate", formType, strings.NewReader(iss+"&x="+strings.Repeat("x", maxInitiation))), http.StatusRequestEntityTooLarge},
		"JSON":               {b.post("/passkeys/initiate", "application/json", strings.NewReader(`{"iss":"x"}`)), http.StatusUnsupportedMediaType},
		"multipart":          {b.post("/passkeys/initiate", "multipart/form-data; boundary=x", strings.NewReader(iss)), http.StatusUnsupportedMediaType},
		"no type":            {b.post("/passkeys/initiate", "", strings.NewReader(iss)), http.StatusUnsupportedMediaType},
	} {
		if tc.p.problem == nil {
			t.Errorf("%s: no problem but %d to %q", name, tc.p.StatusCode, tc.p.location())
			continue
		}
		wantProblem(t, tc.p, tc.status, "invalid_initiation")
	}
}

// An unsolicited code belongs to no attempt of this browser, wherever it comes.
func TestUnsolicitedCodeIsNeverRedeemed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	mallory := s.browser()
	stolen := s.op.authorize(mallory.get("/").location())
	q := b.get("/passkeys/initiate?"+initiationOf(s, "code", stolen.Get("code"), "state", stolen.Get("state"))).asked(t, s)
	if q.Has("code") || q.Get("state") == stolen.Get("state") {
		t.Errorf("asked for %v", q)
	}
	b.callback(url.Values{"code": {stolen.Get("code")}, "state": {stolen.Get("state")}, "iss": {s.op.issuer()}})
	b.callback(url.Values{"code": {stolen.Get("code")}, "iss": {s.op.issuer()}})
	if n := s.op.count("/token"); n != 0 || b.session() != nil {
		t.Errorf("%d token calls, session %v", n, b.session())
	}
}

func TestInitiationLoop(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	target := "/passkeys/initiate?" + initiationOf(s, "target_link_uri", "/app")
	for range loopLimit {
		b.get(target).asked(t, s)
	}
	p := b.get(target)
	wantProblem(t, p, http.StatusTooManyRequests, "sign_in_loop")
	// By form too: the count waits behind the redirect.
	wantProblem(t, b.get(b.post("/passkeys/initiate", formType, strings.NewReader(initiationOf(s))).location()), http.StatusTooManyRequests, "sign_in_loop")
	wantRedirect(t, b.signIn(p.problem.Ways[0].Href), "/app")
}

func TestInitiationKeepsHostsApart(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.host = "evil.example"
	wantProblem(t, b.get("/passkeys/initiate?"+initiationOf(s)), http.StatusMisdirectedRequest, "unknown_host")
	b.host = "www.example.com"
	q := b.get("/passkeys/initiate?"+initiationOf(s)).asked(t, s)
	if q.Get("redirect_uri") != "https://www.example.com/passkeys/callback" {
		t.Errorf("redirect URI %q", q.Get("redirect_uri"))
	}
}
