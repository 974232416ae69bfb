package gate

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// users is a session store whose cookie is the user's name.
type users struct{}

func (users) Read(r *http.Request) (*session.Session, error) {
	c, err := r.Cookie("user")
	if err != nil {
		return nil, session.ErrNone
	}
	return &session.Session{Subject: c.Value}, nil
}

func newGate(tb testing.TB, public ...string) *testGate {
	tb.Helper()
	set, err := origin.ParseSet([]string{"https://app.example.com"})
	if err != nil {
		tb.Fatal(err)
	}
	g, err := newTestGate(Config{Base: "/passkeys", Public: public, Origins: set}, users{})
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

// request makes a browser's navigation; headers of value "-" are taken out.
func request(method, target string, headers ...string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), method, "https://app.example.com/", nil)
	r.URL = &url.URL{Path: target}
	if u, err := url.ParseRequestURI(target); err == nil {
		r.URL = u
	}
	r.Header.Set("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	r.Header.Set("Sec-Fetch-Dest", "document")
	for pair := range slices.Chunk(headers, 2) {
		if pair[1] == "-" {
			r.Header.Del(pair[0])
			continue
		}
		r.Header.Set(pair[0], pair[1])
	}
	return r
}

func TestRoutes(t *testing.T) {
	g := newGate(t, "/healthz")
	for _, tc := range []struct {
		method, target string
		anonymous      Verdict
		signedIn       Verdict
	}{
		{"GET", "/", Challenge, Upstream},
		{"GET", "/orders?x=1", Challenge, Upstream},
		{"POST", "/orders", KeepForm, Upstream}, // the request is a page's own
		{"HEAD", "/orders", Refuse, Upstream},
		{"OPTIONS", "/orders", Refuse, Upstream},
		{"GET", "/healthz", Upstream, Upstream},
		{"GET", "/passkeys", Challenge, List},
		{"GET", "/passkeys/", Challenge, List},
		{"HEAD", "/passkeys/", Refuse, List},
		{"GET", "/passkeys/append?return=/x", Challenge, Append},
		{"POST", "/passkeys/append/result", AppendResult, AppendResult},
		{"GET", "/passkeys/append/result", MethodNotAllowed, MethodNotAllowed},
		{"POST", "/passkeys/connect-token", ConnectToken, ConnectToken},
		{"GET", "/passkeys/connect-token", MethodNotAllowed, MethodNotAllowed},
		{"GET", "/passkeys/login", Login, Login},
		{"HEAD", "/passkeys/login", MethodNotAllowed, MethodNotAllowed},
		{"GET", "/passkeys/initiate?iss=x", Initiate, Initiate},
		{"POST", "/passkeys/initiate", Initiate, Initiate},
		{"HEAD", "/passkeys/initiate", MethodNotAllowed, MethodNotAllowed},
		{"GET", "/passkeys/frontchannel-logout?iss=x&sid=y", FrontchannelLogout, FrontchannelLogout},
		{"POST", "/passkeys/frontchannel-logout", FrontchannelLogout, FrontchannelLogout},
		{"HEAD", "/passkeys/frontchannel-logout?iss=x&sid=y", MethodNotAllowed, MethodNotAllowed},
		{"POST", "/passkeys/backchannel-logout", BackchannelLogout, BackchannelLogout},
		{"GET", "/passkeys/backchannel-logout", MethodNotAllowed, MethodNotAllowed},
		{"POST", "/passkeys/universal-logout", UniversalLogout, UniversalLogout},
		{"GET", "/passkeys/universal-logout", MethodNotAllowed, MethodNotAllowed},
		{"POST", "/passkeys/universal-logout/", NotFound, NotFound},
		{"GET", "/.well-known/webauthn", Challenge, Upstream}, // the app's, without related origins
		{"GET", "/passkeys/callback?code=x", Callback, Callback},
		{"HEAD", "/passkeys/callback?code=x", MethodNotAllowed, MethodNotAllowed},
		{"POST", "/passkeys/callback", MethodNotAllowed, MethodNotAllowed},
		{"GET", "/passkeys/logout", LogoutQuestion, LogoutQuestion},
		{"POST", "/passkeys/logout", Logout, Logout},
		{"GET", "/passkeys/signed-out", SignedOut, SignedOut},
		{"GET", "/passkeys/session", SessionInfo, SessionInfo},
		{"GET", "/passkeys/assets/app.js", Asset, Asset},
		{"GET", "/passkeys/unknown", NotFound, NotFound},
		{"GET", "/passkeys/login/", NotFound, NotFound},
		{"GET", "/passkeysish", Challenge, Upstream},
		{"GET", "/x/../passkeys/session", SessionInfo, SessionInfo},
		{"GET", "//passkeys//session", SessionInfo, SessionInfo},
		{"GET", "/passkeys/%2e%2e/orders", Challenge, Upstream},
		{"OPTIONS", "*", BadPath, BadPath},
	} {
		if got := g.Admit(request(tc.method, tc.target, "Sec-Fetch-Site", "same-origin")); got.Verdict != tc.anonymous {
			t.Errorf("%s %s, nobody: verdict %v, want %v", tc.method, tc.target, got.Verdict, tc.anonymous)
		}
		got := g.Admit(request(tc.method, tc.target, "Cookie", "user=alice", "Sec-Fetch-Site", "same-origin"))
		if got.Verdict != tc.signedIn {
			t.Errorf("%s %s, signed in: verdict %v, want %v", tc.method, tc.target, got.Verdict, tc.signedIn)
		}
		if (got.Verdict == MethodNotAllowed) != (got.Allow != "") {
			t.Errorf("%s %s: Allow %q", tc.method, tc.target, got.Allow)
		}
	}
}

func TestOnlyTopLevelNavigationStartsSignIn(t *testing.T) {
	g := newGate(t)
	for name, tc := range map[string]struct {
		headers []string
		want    Verdict
	}{
		"navigation":                  {nil, Challenge},
		"old browser's navigation":    {[]string{"Sec-Fetch-Mode", "-", "Sec-Fetch-Dest", "-"}, Challenge},
		"fetch":                       {[]string{"Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"}, Refuse},
		"image":                       {[]string{"Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"}, Refuse},
		"passed on by a worker":       {[]string{"Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-origin"}, Challenge},
		"worker with options":         {[]string{"Sec-Fetch-Mode", "same-origin", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-origin", "Upgrade-Insecure-Requests", "1"}, Challenge},
		"part of a page, by script":   {[]string{"Sec-Fetch-Mode", "same-origin", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-origin"}, Refuse},
		"older web view of Android":   {[]string{"Sec-Fetch-Mode", "-", "Sec-Fetch-Dest", "-", "X-Requested-With", "com.example.app"}, Challenge},
		"iframe":                      {[]string{"Sec-Fetch-Dest", "iframe"}, Framed},
		"iframe of another site":      {[]string{"Sec-Fetch-Dest", "iframe", "Sec-Fetch-Site", "cross-site"}, Framed},
		"frame":                       {[]string{"Sec-Fetch-Dest", "frame"}, Framed},
		"prefetch for a frame":        {[]string{"Sec-Fetch-Dest", "iframe", "Sec-Purpose", "prefetch"}, Refuse},
		"object":                      {[]string{"Sec-Fetch-Dest", "object"}, Refuse},
		"script that says iframe":     {[]string{"Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "iframe"}, Refuse},
		"prefetch":                    {[]string{"Sec-Purpose", "prefetch;prerender"}, Refuse},
		"old prefetch":                {[]string{"Purpose", "prefetch"}, Refuse},
		"web socket":                  {[]string{"Upgrade", "websocket"}, Refuse},
		"curl":                        {[]string{"Sec-Fetch-Mode", "-", "Sec-Fetch-Dest", "-", "Accept", "*/*"}, Refuse},
		"XMLHttpRequest of a library": {[]string{"Sec-Fetch-Mode", "-", "Sec-Fetch-Dest", "-", "X-Requested-With", "XMLHttpRequest"}, Refuse},
		"no Accept at all":            {[]string{"Sec-Fetch-Mode", "-", "Sec-Fetch-Dest", "-", "Accept", "-"}, Refuse},
	} {
		if got := g.Admit(request("GET", "/", tc.headers...)); got.Verdict != tc.want {
			t.Errorf("%s: verdict %v, want %v", name, got.Verdict, tc.want)
		}
	}
	if got := g.Admit(request("GET", "/passkeys/login", "Sec-Purpose", "prefetch")); got.Verdict != Refuse {
		t.Errorf("prefetch of the login route: verdict %v", got.Verdict)
	}
	if got := g.Admit(request("GET", "/passkeys/login", "Sec-Fetch-Dest", "iframe")); got.Verdict != Framed {
		t.Errorf("login route in a frame: verdict %v", got.Verdict)
	}
	if got := g.Admit(request("HEAD", "/", "Sec-Fetch-Dest", "iframe")); got.Verdict != Refuse {
		t.Errorf("HEAD in a frame: verdict %v", got.Verdict)
	}
}

func TestCrossSiteSignOut(t *testing.T) {
	g := newGate(t)
	for name, tc := range map[string]struct {
		headers []string
		want    Verdict
	}{
		"own page":         {[]string{"Sec-Fetch-Site", "same-origin", "Origin", "https://app.example.com"}, Logout},
		"old browser":      {[]string{"Origin", "https://app.example.com"}, Logout},
		"other site":       {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, CrossSite},
		"sibling domain":   {[]string{"Sec-Fetch-Site", "same-site", "Origin", "https://blog.example.com"}, CrossSite},
		"old, other site":  {[]string{"Origin", "https://evil.example"}, CrossSite},
		"sandboxed iframe": {[]string{"Origin", "null"}, CrossSite},
		"a program":        {nil, CrossSite},
	} {
		if got := g.Admit(request("POST", "/passkeys/logout", tc.headers...)); got.Verdict != tc.want {
			t.Errorf("%s: verdict %v, want %v", name, got.Verdict, tc.want)
		}
	}
}

// Each of these once opened a peer's gate, or would make an app that reads paths
// otherwise than we do serve a private page under a public name.
func TestPublicPathBypass(t *testing.T) {
	g := newGate(t, "/healthz", "/static/*")
	for _, target := range []string{
		"/static/app.css", "/static/a/b.png", "/static/", "/static/a%20b.css", "/static/[id]-(a)@2,b=c+d&e!'$.js", "/healthz?x=/private",
	} {
		if got := g.Admit(request("GET", target)); got.Verdict != Upstream {
			t.Errorf("public %s: verdict %v", target, got.Verdict)
		}
	}
	for _, target := range []string{
		"/static", "/staticx", "/static/../admin", "/static/(S(x))-private/x", "/static/(A(x)F(y))/x", "/static/.(S(x)).(S(y))/x", "/static/+admin", "/static/%2e%2e/admin", "/static/..%2fadmin", "/static/%2e%2e%2fadmin",
		"/static/..;/admin", "/static/..%5cadmin", "/static/%5c..%5cadmin", "/static/%252e%252e/admin", "/static//../admin",
		"/static/./x", "/static//x", "/static/x;jsessionid=1", "/static/a%2fb", "/static/x%00", "/static/x%0a", "/static/x%23", "/static/x%3f",
		"/admin/../static/x", "/admin/..%2fstatic/x", "/STATIC/x", "/Healthz", "/healthz/", "/healthz/x", "/healthz;x", "/%68ealthz/..;/admin",
		"/private?x=/static/", "/private?/healthz", "/private%23/static/x", "/private%3f/healthz", "/static/.../x", "/static/..",
		// Overlong forms, look-alikes and what a byte is left of, of dots and slashes.
		"/static/%c0%ae%c0%ae/admin", "/static/%e0%80%ae%e0%80%ae/admin", "/static/%c0%af..%c0%afadmin", "/static/%ef%bc%8e%ef%bc%8e/admin",
		"/static/%ef%bc%8e%ef%bc%8e%ef%bc%8fadmin", "/static/%e2%80%a4%e2%80%a4/admin", "/static/%e2%88%95admin", "/static/%c4%ae%c4%ae%c4%afadmin",
		"/static/%ff", "/static/%c2%85", "/static/%c2%ad", "/static/%C3%BC.css", "/static/%e2%80%ae.css",
		// Names that Windows takes for others.
		"/static/x./y", "/static/x%20/y", "/static/x.", "/static/x%20", "/static/%20x", "/static/x+", "/static/x::$DATA", "/static::$INDEX_ALLOCATION/x",
		"/static/ADMINI~1/x", "/static/~1", "/static/c:/x", "/static/a*", "/static/a%3cb", "/static/a%3eb", "/static/a%22b", "/static/a%7cb", "/static/a%5eb", "/static/a%60b",
		"/static/a%7bb%7d",
	} {
		if got := g.Admit(request("GET", target)); got.Verdict == Upstream {
			t.Errorf("%s passed as public", target)
		}
	}
}

// A pattern's own letters are plain, in its own spelling.
func TestPublicPathBeyondASCII(t *testing.T) {
	g := newGate(t, "/größe/*", "/straße.css", "/~joe/*", "/items:list")
	for target, want := range map[string]bool{
		"/größe/x": true, "/gr%C3%B6%C3%9Fe/x": true, "/straße.css": true, "/~joe/x": true, "/items:list": true,
		"/größe/ü": false, "/größe/..": false, "/gro\u0308ße/x": false, "/GRÖSSE/x": false, "/Größe/x": false, "/strasse.css": false, "/straße.css/": false,
		"/~joe/~1": false, "/~joe1/x": false, "/items:list:x": false, "/größe": false, "/gr\u00f6\uff53e/x": false,
	} {
		r := request("GET", "/")
		u, err := url.ParseRequestURI(target)
		if err != nil {
			t.Fatal(err)
		}
		r.URL = u
		if got := g.Admit(r).Verdict == Upstream; got != want {
			t.Errorf("%s is public: %v, want %v", target, got, want)
		}
	}
}

// CVE-2026-40575, CVE-2026-34457, CVE-2022-29226: no header opens the gate.
func TestNoClientHeaderOpensTheGate(t *testing.T) {
	g := newGate(t, "/healthz", "/static/*")
	for _, h := range [][2]string{
		{"X-Forwarded-Uri", "/healthz"},
		{"X-Original-URL", "/static/x"},
		{"X-Rewrite-URL", "/healthz"},
		{"X-Forwarded-Path", "/healthz"},
		{"X-Forwarded-Prefix", "/static"},
		{"X-Forwarded-Host", "evil.example"},
		{"X-Http-Method-Override", "OPTIONS"},
		{"User-Agent", "GoogleHC/1.0"},
		{"User-Agent", "kube-probe/1.30"},
		{"Authorization", "Bearer anything"},
		{"Authorization", "Basic YTpi"},
		{"X-Forwarded-User", "alice"},
		{"Remote-User", "alice"},
		{"X-Forwarded-For", "127.0.0.1"},
	} {
		if got := g.Admit(request("GET", "/admin", h[0], h[1])); got.Verdict == Upstream {
			t.Errorf("%s: %s opened the gate", h[0], h[1])
		}
	}
}

func TestForeignHostIsMisdirected(t *testing.T) {
	g := newGate(t, "/healthz")
	for host, want := range map[string]Verdict{
		"app.example.com": Upstream, "APP.EXAMPLE.COM": Upstream, "app.example.com:443": Upstream,
		"evil.example": Misdirected, "app.example.com.evil.example": Misdirected, "10.0.0.7:8080": Misdirected, "": Misdirected,
	} {
		r := request("GET", "/orders", "Cookie", "user=alice")
		r.Host = host
		if got := g.Admit(r); got.Verdict != want {
			t.Errorf("host %q: verdict %v, want %v", host, got.Verdict, want)
		}
	}
	// A health check asks by address; whoever it is, it is nobody.
	r := request("GET", "/healthz", "Cookie", "user=alice")
	r.Host = "10.0.0.7:8080"
	if got := g.Admit(r); got.Verdict != Upstream || got.Session != nil {
		t.Errorf("health check: %+v", got)
	}
}

func TestConfigurationMistakes(t *testing.T) {
	for _, public := range []string{
		"", "healthz", "/*", "/static*", "/*/x", "/a/../b", "/a//b", "/a;b", "/a%20b", "/passkeys/*", "/passkeys", "/passkeys/login",
		"/a\\b", "/a?b", "/a#b", "//x/*", "/./x", "/a./*", "/a /b", "/a|b", "/a<b", "/a\xff", "/a\u00adb", "/．．/*", "/u\u0308", "/a\u200b", "/a+/x",
	} {
		if _, err := newTestGate(Config{Base: "/passkeys", Public: []string{public}}, users{}); err == nil {
			t.Errorf("public path %q was accepted", public)
		}
	}
	for _, base := range []string{"", "/", "passkeys", "/passkeys/", "/a/../b", "/a*", "/a b"} {
		if _, err := newTestGate(Config{Base: base}, users{}); err == nil {
			t.Errorf("base path %q was accepted", base)
		}
	}
	if _, err := newTestGate(Config{Base: "/auth/pk", Public: []string{"/auth/*"}}, users{}); err == nil {
		t.Error("a public prefix over the base path was accepted")
	}
}

func FuzzPublicPath(f *testing.F) {
	for _, seed := range []string{"/static/x", "/static/../admin", "/static/..;/admin", "/static/%2e%2e/admin", "*", "", "/healthz"} {
		f.Add(seed)
	}
	g := newGate(f, "/healthz", "/static/*")
	f.Fuzz(func(t *testing.T, target string) {
		u, err := url.ParseRequestURI(target)
		if err != nil {
			return
		}
		r := request("GET", "/")
		r.URL = u
		if g.Admit(r).Verdict != Upstream {
			return
		}
		// Whatever order an app decodes and resolves in, it stays inside.
		decoded := u.Path
		for range 3 {
			base := &url.URL{Scheme: "http", Host: "h", Path: "/"}
			ref := base.ResolveReference(&url.URL{Path: decoded})
			if ref.Path != "/healthz" && (len(ref.Path) < 8 || ref.Path[:8] != "/static/") {
				t.Fatalf("%q passed as public and resolves to %q", target, ref.Path)
			}
			if decoded, err = url.PathUnescape(decoded); err != nil {
				return
			}
		}
	})
}
