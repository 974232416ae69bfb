// Package returnpath decides where a browser may be sent after sign-in: only to
// an absolute path on the same origin. It is asked when a return path is
// accepted and again when it is used.
package returnpath

import (
	"net/url"
	"path"
	"strings"
)

// MaxLength caps a return path, in bytes, so that the sealed cookie of a
// sign-in attempt stays under the 4,096 bytes that browsers keep.
const MaxLength = 1800

// Start is the page for a browser whose return path is not acceptable.
const Start = "/"

// Policy knows which of our own routes are no place to return to, because they
// act or answer programs.
type Policy struct {
	// Base is the base path of our own routes, without a trailing slash.
	Base string
}

// reserved are the routes under the base path that a return path may not name.
var reserved = []string{
	"/login", "/initiate", "/callback", "/logout", "/signed-out", "/session", "/session.js", "/resume/summary", "/connect-token", "/append/result", "/assets",
	"/jwks.json",
	"/backchannel-logout", "/frontchannel-logout", "/universal-logout",
}

// Clean returns raw if it is an absolute path (with query and fragment) on the
// same origin and no reserved route, else Start. The result can stand in a
// Location header and in an href as it is.
func (p Policy) Clean(raw string) string {
	if len(raw) > MaxLength || !plainPath(raw) || strings.Contains(raw, " ") {
		return Start
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return Start
	}
	if !plainPath(u.Path) || p.isReserved(u.Path) {
		return Start
	}
	return raw
}

// plainPath tells whether raw starts with exactly one slash and holds nothing
// that a browser would fold into another URL: browsers read a backslash as a
// slash and drop tabs, line feeds and carriage returns anywhere in a URL
// (WHATWG URL, basic URL parser).
func plainPath(raw string) bool {
	if !strings.HasPrefix(raw, "/") || strings.HasPrefix(raw, "//") {
		return false
	}
	for i := range len(raw) {
		if c := raw[i]; c < ' ' || c == 0x7f || c == '\\' {
			return false
		}
	}
	return true
}

// isReserved looks at the path that the browser will ask for: it resolves dot
// segments, encoded ones too, before it sends a request.
func (p Policy) isReserved(decoded string) bool {
	rest, under := strings.CutPrefix(path.Clean(decoded), p.Base)
	if !under {
		return false
	}
	for _, route := range reserved {
		if rest == route || strings.HasPrefix(rest, route+"/") {
			return true
		}
	}
	return false
}
