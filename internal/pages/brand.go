package pages

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
)

// defaultColor is the color of buttons and links without a configured one.
const defaultColor = "#0b5fff"

// Brand is what the pages show of the site's owner.
type Brand struct {
	// Name of the app; empty means the host of the first public URL.
	Name string
	// Logo is a path on the site or an https URL; empty means the first letter
	// of the name.
	Logo string
	// Color is "#rrggbb"; empty means #0b5fff.
	Color string
}

// brand is a checked Brand.
type brand struct {
	Name string
	Logo string
	// Initial stands in for a missing logo.
	Initial    string
	logoOrigin string
	stylesheet []byte
}

func newBrand(b Brand, site origin.Origin) (brand, error) {
	if b.Color == "" {
		b.Color = defaultColor
	}
	accent, err := parseColor(b.Color)
	if err != nil {
		return brand{}, fmt.Errorf("brand color: %w", err)
	}
	name := strings.TrimSpace(b.Name)
	if name == "" {
		name = site.Host
	}
	first, _ := utf8.DecodeRuneInString(name)
	checked := brand{Name: name, Logo: b.Logo, Initial: string(unicode.ToUpper(first)), stylesheet: stylesheet(accent)}
	if b.Logo != "" && !isSitePath(b.Logo) {
		if checked.logoOrigin, err = originOf(b.Logo); err != nil {
			return brand{}, fmt.Errorf("brand logo must be a path on the site or an https:// URL: %w", err)
		}
	}
	return checked, nil
}

// The surfaces that text and buttons stand on, as in assets/src/page.css.
var (
	lightPage, lightCard = color{0xf3, 0xf4, 0xf6}, color{0xff, 0xff, 0xff}
	darkPage, darkCard   = color{0x0f, 0x11, 0x15}, color{0x1a, 0x1d, 0x23}
)

// Contrast that WCAG 2.2 asks for: text (1.4.3) and the shapes of controls
// (1.4.11).
const (
	textContrast  = 4.5
	shapeContrast = 3
)

// stylesheet makes the one style sheet that depends on the configuration. It is
// a file of its own, since a style attribute or element would need a hole in
// the Content-Security-Policy.
func stylesheet(accent color) []byte {
	rule := func(fill, ink color) string {
		return fmt.Sprintf(":root{--brand:%s;--on-brand:%s;--brand-ink:%s}", fill, onColor(fill), ink)
	}
	light := rule(accent, accent.away(textContrast, lightPage, lightCard))
	dark := rule(darkFill(accent), accent.away(textContrast, darkPage, darkCard))
	return []byte(light + "@media (prefers-color-scheme:dark){" + dark + "}\n")
}

// darkFill is the accent as a dark page can show it.
func darkFill(accent color) color {
	if accent.grey() && contrast(accent, darkCard) < shapeContrast {
		return white
	}
	return accent.away(shapeContrast, darkCard)
}
