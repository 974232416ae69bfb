package pages

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/internal/keptform"
)

// TestThePageOfAKeptFormIsCheap: it holds the form once.
func TestThePageOfAKeptFormIsCheap(t *testing.T) {
	p := newSite(t, nil)
	form := strings.Repeat("A", 1<<20*4/3)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/orders", nil)
	w := &nowhere{}
	var before, after runtime.MemStats
	least := uint64(1 << 40)
	for range 5 {
		runtime.ReadMemStats(&before)
		if err := p.FormKept(w, r, KeptForm{Kept: &keptform.Kept{Form: form, Summary: "s"}}); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	t.Logf("%.2f MiB", float64(least)/(1<<20))
	if least > 1<<20 {
		t.Errorf("the page costs %.1f MiB besides the form", float64(least)/(1<<20))
	}
	if w.n < len(form) {
		t.Errorf("%d bytes", w.n)
	}
}

// nowhere is a writer that keeps nothing.
type nowhere struct {
	h http.Header
	n int
}

func (w *nowhere) Header() http.Header {
	if w.h == nil {
		w.h = http.Header{}
	}
	return w.h
}
func (w *nowhere) WriteHeader(int)                   {}
func (w *nowhere) Write(b []byte) (int, error)       { w.n += len(b); return len(b), nil }
func (w *nowhere) WriteString(s string) (int, error) { w.n += len(s); return len(s), nil }
