package basicauth

import (
	"net/http"
	"strings"
)

// StripChallenge takes the Basic challenges out of an answer of the app and
// reports whether there were any. A browser would ask its user for a password, and
// what they type could not reach the app, because the header is ours.
func StripChallenge(header http.Header) bool {
	lines, found := header["Www-Authenticate"]
	if !found {
		return false
	}
	var kept []string
	stripped := false
	for _, line := range lines {
		rest, some := withoutBasic(line)
		stripped = stripped || some
		if rest != "" {
			kept = append(kept, rest)
		}
	}
	switch {
	case !stripped:
	case len(kept) == 0:
		header.Del("WWW-Authenticate")
	default:
		header["Www-Authenticate"] = kept
	}
	return stripped
}

// withoutBasic takes the Basic challenges out of a list. A piece between commas
// begins a challenge unless it is name=value (RFC 9110 section 11.6.1).
func withoutBasic(line string) (rest string, stripped bool) {
	var kept []string
	basic := false
	for _, piece := range splitUnquoted(line) {
		if piece = strings.TrimSpace(piece); piece == "" {
			continue
		}
		if scheme, begins := schemeOf(piece); begins {
			basic = strings.EqualFold(scheme, "Basic")
		}
		if basic {
			stripped = true
			continue
		}
		kept = append(kept, piece)
	}
	return strings.Join(kept, ", "), stripped
}

// schemeOf returns the scheme that a piece begins with, if it is not a
// parameter of the scheme before.
func schemeOf(piece string) (scheme string, begins bool) {
	end := strings.IndexAny(piece, " \t=")
	switch {
	case end < 0:
		return piece, true
	case strings.HasPrefix(strings.TrimLeft(piece[end:], " \t"), "="):
		return "", false
	}
	return piece[:end], true
}

// splitUnquoted splits at the commas outside of quoted strings.
func splitUnquoted(line string) []string {
	var pieces []string
	start, quoted := 0, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			pieces = append(pieces, line[start:i])
			start = i + 1
		}
	}
	return append(pieces, line[start:])
}
