package corbado

import (
	"regexp"
	"strings"
)

// Each list is tried from the top: every browser claims to be several others,
// so the most telling name comes first.
var (
	browsers = []namedForm{
		{"Edge", regexp.MustCompile(`\bEdgA?/(\d+)`)},
		{"Opera", regexp.MustCompile(`\bOPR/(\d+)`)},
		{"Firefox", regexp.MustCompile(`\b(?:Firefox|FxiOS)/(\d+)`)},
		{"Chrome", regexp.MustCompile(`\b(?:HeadlessChrome|Chrome|CriOS)/(\d+)`)},
		{"Safari", regexp.MustCompile(`\bVersion/(\d+).*\bSafari/`)},
	}
	systems = []namedForm{
		{"Android", regexp.MustCompile(`\bAndroid (\d+)`)},
		{"iOS", regexp.MustCompile(`\b(?:iPhone|iPad).* OS (\d+)`)},
		{"Windows", regexp.MustCompile(`\bWindows NT (\d+)`)},
		{"macOS", regexp.MustCompile(`\bMac OS X (\d+)`)},
		{"Linux", regexp.MustCompile(`\bLinux()\b`)},
	}
)

type namedForm struct {
	name string
	form *regexp.Regexp // its first group is the version
}

// source reads "Chrome 147" and "macOS 10" out of a User-Agent header.
func source(userAgent string) (os, browser string) {
	return read(systems, userAgent), read(browsers, userAgent)
}

func read(forms []namedForm, userAgent string) string {
	for _, f := range forms {
		if m := f.form.FindStringSubmatch(userAgent); m != nil {
			return strings.TrimSpace(f.name + " " + m[1])
		}
	}
	return "Unknown"
}
