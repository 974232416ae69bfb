package gate

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
)

func TestRelatedOriginsAreForAnybody(t *testing.T) {
	g := newGate(t)
	var err error
	if g, err = newTestGate(Config{Base: "/passkeys", Origins: g.origins, Routes: []Route{Get(route.RelatedOrigins, Root|Logged, answering(RelatedOrigins))}}, users{}); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		method, target string
		want           Verdict
	}{
		{"GET", "/.well-known/webauthn", RelatedOrigins},
		{"HEAD", "/.well-known/webauthn", RelatedOrigins},
		{"POST", "/.well-known/webauthn", MethodNotAllowed},
		{"GET", "/.well-known/webauthn/", Challenge},
		{"GET", "/.well-known/webauthn/x", Challenge},
		{"GET", "/.well-known/", Challenge},
		{"GET", "/.well-known/security.txt", Challenge},
	} {
		for _, cookie := range []string{"-", "user=alice"} {
			got := g.Admit(request(tc.method, tc.target, "Cookie", cookie)).Verdict
			want := tc.want
			if want == Challenge && cookie != "-" {
				want = Upstream
			}
			if got != want {
				t.Errorf("%s %s, cookie %s: verdict %v, want %v", tc.method, tc.target, cookie, got, want)
			}
		}
	}
	r := request("GET", "/.well-known/webauthn")
	r.Host = "evil.example"
	if got := g.Admit(r).Verdict; got != Misdirected {
		t.Errorf("foreign host: verdict %v", got)
	}
}

// A page that a browser fetches ahead of the person must not start a sign-in.
func TestPrefetchInitiatesNothing(t *testing.T) {
	g := newGate(t)
	for _, target := range []string{"/passkeys/login", "/passkeys/initiate"} {
		if got := g.Admit(request("GET", target, "Sec-Purpose", "prefetch;prerender")).Verdict; got != Refuse {
			t.Errorf("%s: verdict %v", target, got)
		}
	}
}

// The identity provider's page and servers belong to another site, and bring no
// cookies.
func TestSignOutByTheProviderComesFromAnotherSite(t *testing.T) {
	g := newGate(t)
	for target, want := range map[string]Verdict{
		"/passkeys/frontchannel-logout": FrontchannelLogout,
		"/passkeys/backchannel-logout":  BackchannelLogout,
		"/passkeys/universal-logout":    UniversalLogout,
	} {
		r := request("POST", target, "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe", "Origin", "https://login.example.com")
		if got := g.Admit(r).Verdict; got != want {
			t.Errorf("%s: verdict %v, want %v", target, got, want)
		}
		r.Host = "evil.example"
		if got := g.Admit(r).Verdict; got != Misdirected {
			t.Errorf("%s at a foreign host: verdict %v", target, got)
		}
	}
}

func TestKeySetIsForAnybody(t *testing.T) {
	g := newGate(t)
	if d := g.Admit(request(http.MethodGet, "/passkeys/jwks.json")); d.Verdict != NotFound {
		t.Errorf("without assertions: %v", d.Verdict)
	}
	g, err := newTestGate(Config{Base: "/passkeys", Origins: g.origins, Routes: []Route{Get(route.KeySet, Logged, answering(KeySet))}}, users{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		method, target string
		want           Verdict
	}{
		{http.MethodGet, "/passkeys/jwks.json", KeySet},
		{http.MethodHead, "/passkeys/jwks.json", KeySet},
		{http.MethodPost, "/passkeys/jwks.json", MethodNotAllowed},
		{http.MethodGet, "/passkeys/jwks.json/x", NotFound},
	} {
		if d := g.Admit(request(tc.method, tc.target)); d.Verdict != tc.want {
			t.Errorf("%s %s: %v, want %v", tc.method, tc.target, d.Verdict, tc.want)
		}
	}
}

// Each of these rows would open or hide something, or say two things at once.
func TestTablesThatCannotWork(t *testing.T) {
	serve := answering(List)
	for name, routes := range map[string][]Route{
		"no handler":                  {Get("/x", 0, nil)},
		"no slash":                    {Get("x", 0, serve)},
		"twice":                       {Get("/x", 0, serve), GetOnly("/x", 0, serve)},
		"a page at the root":          {Get("/x", Root|Page, serve)},
		"the whole site":              {Get("/", Root, serve)},
		"at the root, below the base": {Get("/passkeys/x", Root, serve)},
		"the base itself":             {Get("/passkeys", Root, serve)},
		"users of any host":           {Get("/x", AnyHost|ForUsers, serve)},
		"a sign-in at any host":       {Get("/x", AnyHost|SignsIn, serve)},
	} {
		if _, err := New(Config{Base: "/passkeys", Routes: routes}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	g, err := New(Config{Base: "/passkeys", Routes: []Route{
		Get("/a/", 0, answering(Asset)), Get("/a/b/", 0, answering(Append)),
		Get("/login", 0, serve).Logging("return", "acr"), Get("/login/x", 0, serve).Logging("return"), Get("/login/y", 0, serve).Logging("return", "z"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]Verdict{"/passkeys/a/x": Asset, "/passkeys/a/b/x": Append} {
		routes, _ := g.routes.find(path)
		var got status
		if _ = routes.find(http.MethodGet).Serve(&got, nil, nil); Verdict(got.code) != want {
			t.Errorf("%s: %d", path, got.code)
		}
	}
	for query, want := range map[string]bool{"return=/": false, "acr=1": true, "z=1": true, "": false} {
		if u := (&url.URL{Path: "/passkeys/login", RawQuery: query}); g.Unlogged(u, u) != want {
			t.Errorf("query %q: unlogged %v", query, !want)
		}
	}
}
