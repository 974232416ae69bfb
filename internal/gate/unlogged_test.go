package gate

import (
	"net/url"
	"testing"
)

func TestUnloggedAddresses(t *testing.T) {
	g := steppingGate(t)
	parse := func(raw string) *url.URL {
		u, err := url.ParseRequestURI(raw)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	for target, want := range map[string]bool{
		"/passkeys/callback": true, "/passkeys/callback/": true, "/PASSKEYS/CALLBACK?x": true, "/passkeys/callback/a/b": true,
		"/passkeys/initiate": true, "/passkeys/logout": true, "/passkeys/frontchannel-logout?sid=1": true,
		"/passkeys/login": false, "/passkeys/login?return=/a%3Flogin_hint=x": false, "/passkeys/login?login_hint=": true, "/passkeys/login?a=%zz": true,
		"/passkeys/login?Login_hint=1": true, "/passkeys/login?return=/&idp=0oa1": false, "/passkeys/login?landed=1&lost=1&framed=1&restart=2": false, "/passkeys/login?code=1": true, "/passkeys/login?;": true,
		"/passkeys": false, "/passkeys?x": false, "/passkeys/?code=1": false, "/passkeys/unknown": false, "/passkeys/unknown?x": true,
		"/passkeys/universal-logout": false, "/passkeys/backchannel-logout?x": true, "/passkeys/append/result?x": false,
		"/": false, "/callback?code=1": false, "/passkeysx/callback?code=1": false, "/x/passkeys/callback?code=1": false, "/passkey/callback?code=1": false,
		"/passkeys;/callback": true, "/;x/passkeys/callback": true, "/a/..%2fpasskeys%5ccallback": true, "/%2570asskeys/callback": true, "/passkeys/%zz?x": true,
	} {
		if target == "/passkeys/%zz?x" { // a path that servers parse and url does not
			if !g.Unlogged(&url.URL{Path: "/passkeys/%zz", RawQuery: "x"}, parse("/")) {
				t.Error(target)
			}
			continue
		}
		u := parse(target)
		if got := g.Unlogged(u, u); got != want {
			t.Errorf("%s: unlogged %v", target, got)
		}
		if g.Unlogged(u, parse("/rewritten")) != want || g.Unlogged(parse("/asked"), u) != want {
			t.Errorf("%s: a rewrite makes a difference", target)
		}
	}
}

func BenchmarkUnlogged(b *testing.B) {
	g := newGate(b)
	u := &url.URL{Path: "/static/css/site.css", RawQuery: "v=12"}
	asked := *u
	for b.Loop() {
		if g.Unlogged(&asked, u) {
			b.Fatal("unlogged")
		}
	}
}
