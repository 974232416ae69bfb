package pages

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
)

func getAsset(t *testing.T, s *site, target string, header http.Header) (*httptest.ResponseRecorder, error) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	maps.Copy(r.Header, header)
	w := httptest.NewRecorder()
	return w, s.Asset(w, r)
}

func TestAssets(t *testing.T) {
	s := newSite(t, nil)
	for logical, kind := range map[string]string{
		"append.js": "text/javascript; charset=utf-8", "list.js": "text/javascript; charset=utf-8",
		"signedout.js": "text/javascript; charset=utf-8", "page.css": "text/css; charset=utf-8", brandStyle: "text/css; charset=utf-8",
	} {
		target := s.assetPath(logical)
		plain, err := getAsset(t, s, target, nil)
		if err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		packed, err := getAsset(t, s, target, http.Header{"Accept-Encoding": {"br, gzip"}})
		if err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		if packed.Header().Get("Content-Encoding") != "gzip" || plain.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s: encodings", target)
		}
		z, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatal(err)
		}
		unpacked, err := io.ReadAll(z)
		if err != nil || !bytes.Equal(unpacked, plain.Body.Bytes()) {
			t.Errorf("%s: gzip holds something else (%v)", target, err)
		}
		if plain.Header().Get("Etag") == packed.Header().Get("Etag") {
			t.Errorf("%s: one entity tag for two representations", target)
		}
		for name, want := range map[string]string{
			"Cache-Control": "public, max-age=31536000, immutable", "Content-Type": kind, "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff",
		} {
			if got := packed.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", target, name, got, want)
			}
		}
		again, err := getAsset(t, s, target, http.Header{"If-None-Match": {`"other", W/` + plain.Header().Get("Etag")}})
		if err != nil || again.Code != http.StatusNotModified || again.Body.Len() != 0 {
			t.Errorf("%s: revalidation %d %v", target, again.Code, err)
		}
	}
}

func TestGzipRefused(t *testing.T) {
	s := newSite(t, nil)
	for accept, want := range map[string]string{
		"": "", "br": "", "gzip;q=0": "", "gzip; q=0.0": "", "gzip;q=x": "", "GZIP": "gzip", "br;q=1.0, gzip; q=0.5": "gzip", "xgzip": "",
	} {
		w, err := getAsset(t, s, s.assetPath("page.css"), http.Header{"Accept-Encoding": {accept}})
		if err != nil || w.Header().Get("Content-Encoding") != want {
			t.Errorf("%q: got %q (%v)", accept, w.Header().Get("Content-Encoding"), err)
		}
	}
}

func TestAssetPathTraversal(t *testing.T) {
	s := newSite(t, nil)
	for _, target := range []string{
		"/passkeys/assets/", "/passkeys/assets/page.css", "/passkeys/assets/manifest.json", "/passkeys/assets/../../../etc/passwd",
		"/passkeys/assets/%2e%2e%2fembed.go", "/passkeys/assets/..%5cembed.go", "/passkeys/assets//etc/passwd",
		s.assetPath("page.css") + ".gz", s.assetPath("page.css") + "/", "/other/assets/",
	} {
		_, err := getAsset(t, s, target, nil)
		pr := (*problem.Problem)(nil)
		if !errors.As(err, &pr) || pr.Status != http.StatusNotFound {
			t.Errorf("%s: %v", target, err)
		}
	}
}

// A page's own code stays small: the budget is 15 kB for all pages together.
func TestSizeBudget(t *testing.T) {
	s := newSite(t, nil)
	const budget = 15_000
	total := 0
	for name, file := range s.assets.files {
		t.Logf("%s: %d bytes, %d compressed", name, len(file.body), len(file.packed))
		if name == s.assets.names["session.js"] {
			// It is on no page of ours but in apps that want it.
			if len(file.packed) > 4_000 {
				t.Errorf("%s has %d bytes compressed, its own budget is 4,000", name, len(file.packed))
			}
			continue
		}
		total += len(file.packed)
	}
	if total > budget {
		t.Errorf("%d bytes compressed, the budget is %d", total, budget)
	}
}

func TestBrandStylesheetNameFollowsItsContent(t *testing.T) {
	one := newSite(t, nil)
	other := newSite(t, func(c *Config) { c.Brand.Color = "#ffd500" })
	if one.assetPath(brandStyle) == other.assetPath(brandStyle) {
		t.Error("another colour under the same immutable name")
	}
	w, err := getAsset(t, other, other.assetPath(brandStyle), nil)
	if err != nil || !strings.Contains(w.Body.String(), "--brand:#ffd500;--on-brand:#000000") {
		t.Errorf("%s %v", w.Body, err)
	}
}
