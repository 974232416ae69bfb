// Package returnpath decides where a browser may be sent after sign-in: only to an
// absolute path on the same origin. A return path is checked when it is accepted, and
// again when it is used.
package returnpath

import (
	"net/url"
	"path"
	"slices"
	"strings"
)

const (
	// MaxLength caps a return path, in bytes.
	MaxLength = 16 << 10
	// MaxShort is what a cookie or a Location header may hold of one, in bytes:
	// browsers keep 4,096 bytes of a sealed cookie, and proxies take 4 or 8 kB of
	// an answer's headers.
	MaxShort = 1800
	// maxQuery is the most that a return path may take as a parameter of another
	// address, in bytes: many servers refuse a request line of more than 8 kB.
	maxQuery = 7000
)

// Start is the page for a browser whose return path is not acceptable.
const Start = "/"

// Policy knows which of our own routes a sign-in may end at. The others act, or answer
// programs.
type Policy struct {
	// Base is the base path of our own routes, without a trailing slash.
	Base string
	// Places are the routes below it where a sign-in may end, like "/append".
	Places []string
	// Elsewhere are routes of ours that do not stand below it; none is such a place.
	Elsewhere []string
}

// Clean returns raw if it is an absolute path (with query and fragment) on the
// same origin, of the app or one of Places, else Start. The result can stand in a
// Location header and in an href as it is.
func (p Policy) Clean(raw string) string {
	if len(raw) > MaxLength || !printable(raw) || strings.Contains(raw, " ") {
		return Start
	}
	bare := pathOf(raw)
	// Browsers read a backslash in the path as a slash; behind it, it stands for
	// itself (WHATWG URL, basic URL parser).
	if !oneSlash(bare) || strings.Contains(bare, `\`) {
		return Start
	}
	u, err := url.Parse(bare)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return Start
	}
	// Whoever on the way decodes it once too often must not read another address.
	if !oneSlash(u.Path) || !printable(u.Path) || !p.isPlace(u.Path) {
		return Start
	}
	return raw
}

// Nearest is Clean, and where raw cannot be a return path because of its length,
// its path without the rest. It reports whether something was cut off.
func (p Policy) Nearest(raw string) (clean string, cut bool) {
	if len(raw) <= MaxLength {
		return p.Clean(raw), false
	}
	return p.Clean(pathOf(raw)), true
}

// Requested turns the target of a request, as a browser sent it, into an address
// that means the same in a link. A path that begins with two slashes would name
// another host there; behind a dot, which browsers take out again, it does not
// (RFC 3986 section 5.2.4).
func Requested(target string) string {
	if strings.HasPrefix(target, "//") {
		return "/." + target
	}
	return target
}

// Short returns a clean return path as it is if it has at most most bytes, else its
// path without the rest, or Start where that is too long as well.
func Short(clean string, most int) string {
	if len(clean) <= most {
		return clean
	}
	if bare := pathOf(clean); len(bare) <= most {
		return bare
	}
	return Start
}

// FitsQuery reports whether Query leaves a clean return path whole.
func FitsQuery(clean string) bool { return len(url.QueryEscape(clean)) <= maxQuery }

// Query returns a clean return path as the value of a parameter, escaped. One that
// would make the address too long for the servers on its way is cut as by Short.
func Query(clean string) string {
	if !FitsQuery(clean) {
		clean = Short(clean, MaxShort)
	}
	return url.QueryEscape(clean)
}

// pathOf is raw up to its query or fragment.
func pathOf(raw string) string {
	if i := strings.IndexAny(raw, "?#"); i >= 0 {
		return raw[:i]
	}
	return raw
}

// oneSlash reports whether a path starts with exactly one slash, of either kind.
func oneSlash(path string) bool {
	return strings.HasPrefix(path, "/") && (len(path) == 1 || path[1] != '/' && path[1] != '\\')
}

// printable reports whether nothing is in raw that browsers drop from a URL, as
// they do tabs, line feeds and carriage returns, or that would end a header.
func printable(raw string) bool {
	for i := range len(raw) {
		if c := raw[i]; c < ' ' || c == 0x7f {
			return false
		}
	}
	return true
}

// isPlace looks at the path that the browser will ask for: it resolves dot segments,
// encoded ones too, before it sends a request.
func (p Policy) isPlace(decoded string) bool {
	clean := path.Clean(decoded)
	if strings.HasSuffix(decoded, "/") && clean != "/" {
		clean += "/" // another path
	}
	rest, under := strings.CutPrefix(clean, p.Base)
	if !under || rest != "" && rest[0] != '/' {
		return !slices.Contains(p.Elsewhere, clean) // the app's
	}
	return slices.Contains(p.Places, rest)
}
