package pages

import (
	"strings"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
)

var originsForTest = origin.Set{{Scheme: "https", Host: "app.example.com"}}

func keysForTest(t *testing.T) *seal.Keyring {
	t.Helper()
	keys, err := seal.NewKeyring([]byte(strings.Repeat("k", seal.MinSecret)))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestBrandColorStaysReadable(t *testing.T) {
	for _, raw := range []string{"#0b5fff", "#ffd500", "#000000", "#ffffff", "#111827", "#7f7f7f", "#e11d48", "#00ff88", "#001100"} {
		c, err := parseColor(raw)
		if err != nil {
			t.Fatal(err)
		}
		if ratio := contrast(c, onColor(c)); ratio < textContrast {
			t.Errorf("%s: text on it has contrast %.2f", raw, ratio)
		}
		fill := darkFill(c)
		if ratio := contrast(fill, darkCard); ratio < shapeContrast {
			t.Errorf("%s: its dark variant %s on a dark page has contrast %.2f", raw, fill, ratio)
		}
		if ratio := contrast(fill, onColor(fill)); ratio < textContrast {
			t.Errorf("%s: text on its dark variant %s has contrast %.2f", raw, fill, ratio)
		}
		for _, surfaces := range [][]color{{lightPage, lightCard}, {darkPage, darkCard}} {
			ink := c.away(textContrast, surfaces...)
			for _, surface := range surfaces {
				if ratio := contrast(ink, surface); ratio < textContrast {
					t.Errorf("%s: ink %s on %s has contrast %.2f", raw, ink, surface, ratio)
				}
			}
		}
	}
}

func TestContrastIsThatOfWCAG(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want float64
	}{{"#000000", "#ffffff", 21}, {"#777777", "#ffffff", 4.48}, {"#0b5fff", "#ffffff", 5.13}} {
		a, errA := parseColor(tt.a)
		b, errB := parseColor(tt.b)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if got := contrast(a, b); got < tt.want-0.01 || got > tt.want+0.01 {
			t.Errorf("contrast(%s, %s) = %.3f, want %.2f", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestBrandWithoutSettings(t *testing.T) {
	b, err := newBrand(Brand{}, originsForTest[0])
	if err != nil {
		t.Fatal(err)
	}
	if b.Name != "app.example.com" || b.Initial != "A" || !strings.Contains(string(b.stylesheet), "--brand:"+defaultColor) {
		t.Errorf("got %+v", b)
	}
}
