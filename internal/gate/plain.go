package gate

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// What a byte of a decoded path may be.
const (
	never = iota
	// plainByte is read alike by every server.
	plainByte
	// edgeByte is too, unless it stands in the wrong place: slash, dot and space.
	edgeByte
	// ownByte may mean something else to some: Windows takes a colon for a stream
	// or a drive and a tilde for a short name, and of letters beyond ASCII some
	// take look-alikes, unmarked ones or the lowest byte. Whoever writes one into
	// a pattern knows the app.
	ownByte
)

// byteClass lists what is good: what a path may hold by RFC 3986 section 3.3,
// without the semicolon and the asterisk, with the space and square brackets,
// which names of files hold.
var byteClass = func() (class [256]byte) {
	for c := range class {
		switch {
		case c >= utf8.RuneSelf, c == ':', c == '~':
			class[c] = ownByte
		case c == '/', c == '.', c == ' ':
			class[c] = edgeByte
		case alphanumeric(byte(c)), strings.IndexByte("-_!$&'()+,=@[]", byte(c)) >= 0:
			class[c] = plainByte
		}
	}
	return class
}()

// plain reports whether every server reads a path alike, but for its bytes before
// own: those count as plain only within the text of a pattern. Whatever is not
// plain may mean any path of the app: it is not public, and it is inside every
// step_up pattern.
func plain(u *url.URL) (own int, ok bool) {
	decoded := u.Path
	if decoded == "" || decoded[0] != '/' || suspiciousEscape(u.RawPath) {
		return 0, false
	}
	beyond := false
	for i := 1; i < len(decoded); i++ {
		switch c := decoded[i]; byteClass[c] {
		case never:
			return 0, false
		case plainByte:
			if c == '+' && decoded[i-1] == '/' || cookieless(decoded, i) {
				return 0, false
			}
		case edgeByte:
			if !follows(decoded[i-1], c) {
				return 0, false
			}
		case ownByte:
			own = i + 1
			beyond = beyond || c >= utf8.RuneSelf
		}
	}
	if len(decoded) > 1 && !follows(decoded[len(decoded)-1], 0) {
		return 0, false
	}
	if beyond && (!utf8.ValidString(decoded) || !norm.NFKC.IsNormalString(decoded)) {
		return 0, false
	}
	return own, true
}

// follows reports whether an edge byte may stand behind last; 0 is the path's end. A
// segment is not empty and does not begin with a space; it does not end in a dot
// or a space, which Windows drops, or in a plus, which some servers take for a
// space. Two dots follow each other nowhere.
func follows(last, edge byte) bool {
	switch last {
	case '/':
		return edge != '/' && edge != ' '
	case '.':
		return edge == ' '
	case ' ', '+':
		return edge == '.' || edge == ' '
	}
	return true
}

// cookieless finds, at its second parenthesis, the form in which ASP.NET takes
// session and sign-in out of a path before it routes: "(S(…))", "(A(…)F(…))".
func cookieless(decoded string, i int) bool {
	return decoded[i] == '(' && i >= 2 && decoded[i-2] == '('
}

// suspiciousEscape finds encoded slashes, backslashes and dots, which some
// servers decode before they split a path and some after.
func suspiciousEscape(raw string) bool {
	for {
		i := strings.IndexByte(raw, '%')
		if i < 0 || len(raw) < i+3 {
			return false
		}
		switch raw[i+1 : i+3] {
		case "2f", "2F", "2e", "2E", "5c", "5C":
			return true
		}
		raw = raw[i+1:]
	}
}

// pattern is a path of the configuration: exact, or a prefix with its trailing
// slash.
type pattern struct {
	path   string
	prefix bool
}

// parsePattern reads "/path" or "/prefix/*".
func parsePattern(text string) (pattern, error) {
	var p pattern
	p.path, p.prefix = strings.CutSuffix(text, "/*")
	if p.prefix {
		p.path += "/"
	}
	if _, ok := plain(&url.URL{Path: p.path}); !ok || strings.ContainsFunc(p.path, func(r rune) bool { return !unicode.IsGraphic(r) }) {
		return p, fmt.Errorf("path %q must be an absolute path, unencoded, without what servers read differently "+
			"(dot segments, names that end in a dot, space or plus, any of ;%%?#*\\\"<>|^`{}, letters that have a simpler form), or such a prefix like /static/*", text)
	}
	return p, nil
}

// foldCase brings the letter cases of a path together. A letter beyond ASCII does
// not become one of ASCII by it, as the Turkish capital I with its dot would.
func foldCase(path string) string {
	if isASCII(path) {
		return strings.ToLower(path)
	}
	return strings.Map(func(r rune) rune {
		if small := unicode.ToLower(r); r < utf8.RuneSelf || small >= utf8.RuneSelf {
			return small
		}
		return r
	}, path)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
