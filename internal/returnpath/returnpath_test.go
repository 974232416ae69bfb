package returnpath

import (
	"net/url"
	"strings"
	"testing"
)

var policy = Policy{Base: "/passkeys", Places: []string{"", "/", "/append"}, Elsewhere: []string{"/.well-known/webauthn"}}

func TestOwnPathsAreKept(t *testing.T) {
	for _, raw := range []string{
		"/", "/orders/7", "/orders?x=1&y=//z", "/a/b?next=https://evil.example/", "/a#part", "/%C3%BC", "/a%20b",
		"/a:b", "/passkeys/", "/passkeys/append?return=%2Forders", "/.well-known/x", "/.well-known/webauthn/", "/passkeysish/login", "/a//b", "/a@b",
		"/%2541", "/a?q=%0d%0a", `/files?file=\\srv\share`, `/a#\\x`, "/a%5Cb", "/a?q=100%", "/a#100%", "/.//evil.example/x", "/" + strings.Repeat("a", MaxLength-1),
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
		"/passkeys/login", "/passkeys/loginx", "/passkeys/append/", "/passkeys/health", "/.well-known/webauthn", "/x/..//.well-known/webauthn?x", "/passkeys/initiate?iss=x", "/passkeys/callback?code=1&state=2", "/passkeys/logout", "/passkeys/connect-token",
		"/passkeys/append/result", "/passkeys/assets/x.js", "/passkeys/session", "/passkeys/signed-out", "/passkeys/frontchannel-logout?iss=x&sid=y", "/passkeys/login/",
		"/passkeys/%6cogin", "/a/../passkeys/login", "/a/%2e%2e/passkeys//logout", "/passkeys/./callback", "/a b", "/%zz", "/" + strings.Repeat("a", MaxLength), "/a\x7f", "/a?x=\n", "/.//passkeys/login", "/é\u0085"[:2] + "\x01",
	} {
		if got := policy.Clean(raw); got != Start {
			t.Errorf("Clean(%q) = %q, want the start page", raw, got)
		}
	}
}

// TestRequestedPaths: what a browser asked for is a path of this site, however it
// begins.
func TestRequestedPaths(t *testing.T) {
	site, _ := url.Parse("https://app.example.com/")
	for _, target := range []string{"/", "/a?b=c", "//evil.example/x?y", "///evil.example", "//", "//user@evil.example", `//evil?x=\`} {
		got := policy.Clean(Requested(target))
		u, err := site.Parse(got)
		if err != nil || u.Host != site.Host || u.RequestURI() != target && got != "/."+target {
			t.Errorf("Requested(%q) = %q, which is %v (%v)", target, got, u, err)
		}
	}
}

func TestNearestShortAndQuery(t *testing.T) {
	x := strings.Repeat("x", MaxLength)
	for _, tc := range []struct {
		raw, want string
		cut       bool
	}{
		{"/a?b", "/a?b", false}, {"/a?" + x, "/a", true}, {"/a#" + x, "/a", true}, {"//evil.example?" + x, Start, true}, {"/" + x, Start, true}, {"/passkeys/login?" + x, Start, true},
	} {
		if got, cut := policy.Nearest(tc.raw); got != tc.want || cut != tc.cut {
			t.Errorf("Nearest(%.20q) = %q, %v", tc.raw, got, cut)
		}
	}
	if got := Short("/a?"+x[:MaxShort], MaxShort); got != "/a" {
		t.Errorf("Short: %q", got)
	}
	if got := Short("/"+x[:MaxShort], MaxShort); got != Start {
		t.Errorf("Short: %q", got)
	}
	if got := Query("/a?" + strings.Repeat("é", 1300)); got != "%2Fa" {
		t.Errorf("Query: %.20q", got)
	}
	if got := Query("/a?" + x[:6000]); len(got) != 6000+7 {
		t.Errorf("Query: %d bytes", len(got))
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
		if again := Requested(got); again != got {
			t.Fatalf("Clean(%q) = %q begins with two slashes", raw, got)
		}
		// What a browser does before it parses: strip, drop, and fold in the path.
		folded := strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(strings.TrimSpace(got))
		bare := pathOf(folded)
		folded = strings.ReplaceAll(bare, "\\", "/") + strings.ReplaceAll(folded[len(bare):], "%", "%25")
		u, err := url.Parse(folded)
		if err != nil {
			t.Fatalf("Clean(%q) = %q does not parse: %v", raw, got, err)
		}
		if target := site.ResolveReference(u); target.Host != site.Host || target.Scheme != site.Scheme {
			t.Fatalf("Clean(%q) = %q leads to %s", raw, got, target)
		}
	})
}
