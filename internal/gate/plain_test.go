package gate

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode"
)

// FuzzPlain: what is plain survives what kind decoders, Windows and look-alikes
// do to a path.
func FuzzPlain(f *testing.F) {
	for _, seed := range []string{"/", "/a/b.c", "/a./b", "/a /b", "/~1", "/a:b", "/größe", "/\u0130", "//", "/..", "/J\u030c", "/\xc0\xae"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		own, ok := plain(&url.URL{Path: path})
		if !ok {
			return
		}
		if clean, isPath := canonical(path); !isPath || clean != path {
			t.Errorf("%q is plain and stands for %q", path, clean)
		}
		for segment := range strings.SplitSeq(path[1:], "/") {
			if strings.TrimRight(segment, ". ") != segment {
				t.Errorf("%q is plain and has the segment %q", path, segment)
			}
		}
		if strings.ContainsFunc(path[own:], func(r rune) bool { return r > unicode.MaxASCII || r < ' ' || strings.ContainsRune(`:~*"<>|;\%#?`, r) }) {
			t.Errorf("%q is plain behind byte %d", path, own)
		}
		if got := foldCase(path); isASCII(got) != isASCII(path) {
			t.Errorf("%q becomes %q without its case", path, got)
		}
	})
}

// BenchmarkPaths is what public paths and step-up rules cost a request of a user.
// Budget: a microsecond, and no allocation where the path is plain.
func BenchmarkPaths(b *testing.B) {
	g := steppingGate(b)
	for name, target := range map[string]string{
		"plain":    "/orders/2026/11/overview/00u1a2b3c4d5e6f7g8h9/lines?sort=amount&direction=descending",
		"escaped":  "/orders/my%20report/%61b%2Fc",
		"letters":  "/orders/gr%C3%B6%C3%9Fe/x",
		"capitals": "/Orders/2026",
	} {
		b.Run(name, func(b *testing.B) {
			r := request(http.MethodGet, target)
			b.ReportAllocs()
			for b.Loop() {
				if g.public.match(r.URL) {
					b.Fatal("public")
				}
				_ = g.stepUps.demand(r.URL)
			}
		})
	}
}

func TestPlainPathsCostNoAllocation(t *testing.T) {
	g := steppingGate(t)
	r := request(http.MethodGet, "/orders/2026/11/overview")
	if n := testing.AllocsPerRun(100, func() { _ = g.public.match(r.URL) || g.stepUps.demand(r.URL).IsZero() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
