package sharedcache

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func now() time.Time { return time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC) }

// header makes one of lines like "Name: value".
func header(lines string) http.Header {
	h := http.Header{}
	for line := range strings.SplitSeq(lines, "\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			h.Add(name, value)
		}
	}
	return h
}

func TestWhatSharedCachesMayKeep(t *testing.T) {
	for lines, want := range map[string]Permission{
		// What apps say in practice.
		"":                                 Unsaid,
		"Cache-Control: no-cache":          Unsaid,
		"Cache-Control: ":                  Unsaid,
		"Cache-Control: max-age=0":         Unsaid,
		"Cache-Control: no-store":          Denied,
		"Cache-Control: private":           Denied,
		"Cache-Control: PRIVATE":           Denied,
		"Cache-Control: public":            Given,
		"Cache-Control: max-age=60":        Given,
		"Cache-Control: public, max-age=0": Given,
		"Cache-Control: public, max-age=31536000, immutable":                               Given,
		"Cache-Control: private, max-age=600":                                              Denied,
		"Cache-Control: max-age=0, private, must-revalidate":                               Denied,
		"Cache-Control: no-cache, no-store, max-age=0, must-revalidate":                    Denied,
		"Cache-Control: no-store, no-cache, must-revalidate, post-check=0, pre-check=0":    Denied,
		"Cache-Control: private, no-cache, no-store, max-age=0, s-maxage=0":                Denied,
		"Cache-Control: no-cache, must-revalidate\nExpires: Thu, 19 Nov 1981 08:52:00 GMT": Unsaid,
		"Expires: 0":                             Unsaid,
		"Expires: -1\nPragma: no-cache":          Unsaid,
		"Expires: Thu, 01 Jan 2099 00:00:00 GMT": Given,
		"Cache-Control: private\nExpires: Thu, 01 Jan 2099 00:00:00 GMT":              Denied,
		"Cache-Control: no-cache\nExpires: Thu, 01 Jan 2099 00:00:00 GMT":             Given,
		"Last-Modified: Thu, 19 Nov 1981 08:52:00 GMT\nEtag: \"1\"":                   Unsaid,
		"Expires: Sun, 29 Nov 2026 11:00:00 GMT\nDate: Sun, 29 Nov 2026 10:00:00 GMT": Given, // by the app's clock
		"Expires: Sun, 29 Nov 2026 11:00:00 GMT\nDate: Sun, 29 Nov 2026 12:00:00 GMT": Unsaid,
		"Vary: *":                                              Unsaid,
		"Vary: *\nCache-Control: public":                       Given,
		"Cache-Control: s-maxage=600, private":                 Given,
		"Cache-Control: public, no-store":                      Given, // it contradicts itself
		"Cache-Control: no-store\nCache-Control: public":       Given,
		"Cache-Control: no-store, must-understand, max-age=60": Given,
		"Cache-Control: max-age=0, stale-while-revalidate=60":  Given,
		"Cache-Control: max-age=-1":                            Given,
		"Cache-Control: max-age":                               Given,
		"Cache-Control: max-age=\"0\"":                         Unsaid,
		"Cache-Control: max-age = 00 ":                         Unsaid,
		"Cache-Control: some-extension":                        Given,
		"Cache-Control: private=\"set-cookie, x\"":             Unsaid,
		"Cache-Control: no-cache=\"set-cookie, private\"":      Unsaid,
		"Cache-Control: foo=\"a\\\", private\"":                Given,
		"Cache-Control: private=\"":                            Given,
		"Cache-Control: ,,private":                             Denied,
		"Cache-Control: privateer":                             Given,
		// Fields that some caches go by instead.
		"Cache-Control: no-store\nCDN-Cache-Control: max-age=600":             Given,
		"Cache-Control: no-store\nCDN-Cache-Control: max-age=0":               Given,
		"Cache-Control: no-store\nCDN-Cache-Control: no-store":                Denied,
		"Cache-Control: private\nCloudflare-CDN-Cache-Control: private":       Denied,
		"Cache-Control: private\nVercel-CDN-Cache-Control: max-age=1":         Given,
		"Cache-Control: public\nCDN-Cache-Control: no-store":                  Given,
		"CDN-Cache-Control: no-store":                                         Unsaid,
		"Cache-Control: private\nCDN-Cache-Control: ":                         Denied,
		"Cache-Control: private\nSurrogate-Control: content=\"ESI/1.0\"":      Given,
		"Cache-Control: private\nSurrogate-Control: no-store":                 Denied,
		"Cache-Control: no-store\nSurrogate-Control: max-age=3600;varnish":    Given,
		"Cache-Control: no-store\nEdge-Control: !no-store, cache-maxage=1h":   Given,
		"Cache-Control: private\nX-Accel-Expires: 3600":                       Given,
		"Cache-Control: private\nX-Accel-Expires: 0":                          Denied,
		"X-Accel-Expires: off":                                                Unsaid,
		"Cache-Control: private\nX-Cache-Control-Hint: x\nSurrogate-Key: a b": Denied,
	} {
		if got := Of(header(lines), now); got != want {
			t.Errorf("%q: %d, want %d", lines, got, want)
		}
	}
	// As a handler may write them that sets the map itself.
	for _, h := range []http.Header{
		{"cdn-cache-control": {"max-age=60"}, "Cache-Control": {"private"}}, {"cache-control": {"public"}}, {"Cache-Control": {"private"}, "": {"x"}, "cache-control": {"public"}},
	} {
		if got := Of(h, now); got != Given {
			t.Errorf("%v: %d", h, got)
		}
	}
}

func TestDeny(t *testing.T) {
	for before, want := range map[string]string{
		"":                                   "private",
		"Cache-Control: no-cache":            "no-cache, private",
		"Cache-Control: ":                    "private",
		"Cache-Control: a\nCache-Control: b": "a, b, private",
	} {
		h := header(before)
		Deny(h)
		if got := h.Values("Cache-Control"); len(got) != 1 || got[0] != want {
			t.Errorf("%q became %q, want %q", before, got, want)
		}
	}
}

// FuzzOf: what was denied stays denied, and denying works wherever nothing was said.
func FuzzOf(f *testing.F) {
	for _, seed := range []string{"", "no-cache", "private=\"a,b\"", "max-age=\"0", "public,private", "\\", "\"", "a=\"\\"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		h := http.Header{"Cache-Control": {line}}
		if Of(h, now) != Unsaid {
			return
		}
		Deny(h)
		if got := Of(h, now); got != Denied {
			t.Errorf("%q denied is %d", line, got)
		}
	})
}

func BenchmarkOf(b *testing.B) {
	h := header("Content-Type: text/html\nDate: Sun, 29 Nov 2026 10:00:00 GMT\nServer: x\nVary: Cookie\nEtag: \"1\"\nContent-Length: 5\nCache-Control: no-cache\nX-Frame-Options: DENY\nLink: x\nVia: 1.1 Caddy")
	b.ReportAllocs()
	for b.Loop() {
		if Of(h, now) != Unsaid {
			b.Fatal()
		}
	}
}
