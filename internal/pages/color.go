package pages

import (
	"encoding/hex"
	"fmt"
	"math"
	"strings"
)

// color is an sRGB color.
type color [3]uint8

var (
	black = color{}
	white = color{0xff, 0xff, 0xff}
)

// parseColor reads "#rrggbb".
func parseColor(raw string) (color, error) {
	digits, ok := strings.CutPrefix(raw, "#")
	b, err := hex.DecodeString(digits)
	if !ok || err != nil || len(b) != 3 {
		return color{}, fmt.Errorf("%q is not a colour like #0b5fff", raw)
	}
	return color(b), nil
}

// String returns "#rrggbb".
func (c color) String() string { return "#" + hex.EncodeToString(c[:]) }

// luminance is the relative luminance, 0 to 1 (WCAG 2.2, "relative luminance").
func (c color) luminance() float64 {
	linear := func(channel uint8) float64 {
		v := float64(channel) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}

// contrast is the ratio of two colors, 1 to 21 (WCAG 2.2, "contrast ratio").
func contrast(a, b color) float64 {
	la, lb := a.luminance(), b.luminance()
	return (math.Max(la, lb) + 0.05) / (math.Min(la, lb) + 0.05)
}

// onColor is black or white, whichever is easier to read on c.
func onColor(c color) color {
	if contrast(c, white) >= contrast(c, black) {
		return white
	}
	return black
}

// away moves c towards black or white, whichever the surfaces are not, until it
// stands out from each of them by ratio.
func (c color) away(ratio float64, surfaces ...color) color {
	target := onColor(surfaces[0])
	for step := range 101 {
		mixed := c.mix(target, float64(step)/100)
		enough := true
		for _, s := range surfaces {
			enough = enough && contrast(mixed, s) >= ratio
		}
		if enough {
			return mixed
		}
	}
	return target
}

// grey reports whether c has next to no hue, so that a mix with white or black
// would look like a control that is switched off.
func (c color) grey() bool { return max(c[0], c[1], c[2])-min(c[0], c[1], c[2]) < 0x18 }

func (c color) mix(other color, share float64) color {
	for i := range c {
		c[i] = uint8(math.Round(float64(c[i])*(1-share) + float64(other[i])*share))
	}
	return c
}
