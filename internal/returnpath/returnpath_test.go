package returnpath

import (
	"net/url"
	"strings"
	"testing"
)

var policy = Policy{Base: "/passkeys"}

func TestOwnPathsAreKept(t *testing.T) {
	for _, raw := range []string{
		"/", "/orders/7", "/orders?x=1&y=//z", "/a/b?next=https://evil.example/", "/a#part", "/%C3%BC", "/a%20b",
		"/a:b", "/passkeys/", "/passkeys/append?return=%2Forders", "/passkeys/loginx", "/passkeysish/login", "/a//b", "/a@b",
		"/%2541", "/a?q=%0d%0a",
	} {
		if got := policy.Clean(raw); got != raw {
			t.Errorf("Clean(%q) = %q", raw, got)
		}
	}
}

func TestHostileReturnPathsGoToTheStartPage(t *testing.T) {
	for _, raw := range []string{
		"", "orders", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example",
		"https://evil.example/", "https:/evil.example", "https:evil.example", "javascript:alert(1)", "data:text/html,x",
		"/\t/evil.example", "\t//evil.example", "/\n/evil.example", "/\r/evil.example", " //evil.example", "/ /evil.example",
		"/%5cevil.example", "/%2f/evil.example", "/%2fevil.example", "/%09/evil.example", "/%0d%0aSet-Cookie:x=1", "/a\x00b",
		"/a\\b", "/%00", "http://app.example.com@evil.example/", "//user@evil.example", "/..//evil.example\\", "?x=1", "#x",
		"/passkeys/login", "/passkeys/initiate?iss=x", "/passkeys/callback?code=1&state=2", "/passkeys/logout", "/passkeys/connect-token",
		"/passkeys/append/result", "/passkeys/assets/x.js", "/passkeys/session", "/passkeys/signed-out", "/passkeys/frontchannel-logout?iss=x&sid=y", "/passkeys/login/",
		"/passkeys/%6cogin", "/a/../passkeys/login", "/a/%2e%2e/passkeys//logout", "/passkeys/./callback", "/a b", "/%zz", "/" + strings.Repeat("a", MaxLength), "/a\x7f", "/é\u0085"[:2] + "\x01",
	} {
		if got := policy.Clean(raw); got != Start {
			t.Errorf("Clean(%q) = %q, want the start page", raw, got)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{"/", "//evil.example", "/\\evil.example", "/%2f%2fevil", "/a?b#c", "/\t/e", "/passkeys/login"} {
		f.Add(seed)
	}
	site, err := url.Parse("https://app.example.com/")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got := policy.Clean(raw)
		if policy.Clean(got) != got {
			t.Fatalf("Clean is not stable for %q", raw)
		}
		// What a browser does before it parses: strip, drop, fold.
		folded := strings.NewReplacer("\t", "", "\n", "", "\r", "", "\\", "/").Replace(strings.TrimSpace(got))
		u, err := url.Parse(folded)
		if err != nil {
			t.Fatalf("Clean(%q) = %q does not parse: %v", raw, got, err)
		}
		if target := site.ResolveReference(u); target.Host != site.Host || target.Scheme != site.Scheme {
			t.Fatalf("Clean(%q) = %q leads to %s", raw, got, target)
		}
	})
}
