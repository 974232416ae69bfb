package login

import (
	"strings"
	"unicode"
)

const (
	// maxShownText is the most of Okta's own words that a page shows.
	maxShownText = 200
	// maxLogText is the most of somebody else's text that a log line holds.
	maxLogText = 500
)

// printable returns at most n runes of s, with what cannot be printed replaced.
// Error texts come from outside: in the address of a callback, anybody can write
// them.
func printable(s string, n int) string {
	var b strings.Builder
	for _, c := range s {
		if n == 0 {
			b.WriteString("…")
			break
		}
		n--
		if c != ' ' && !unicode.IsPrint(c) || c == unicode.ReplacementChar {
			c = '?'
		}
		b.WriteRune(c)
	}
	return b.String()
}
