package claims

import (
	"fmt"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// doubts reports whether a claim is there and does not say yes: true, which some
// providers write as text or as 1. Anything else is no yes.
func (s Set) doubts(name string) bool {
	if raw := string(s[name]); !s.Has(name) || raw == "true" || raw == "1" {
		return false
	}
	text, err := s.Text(name, MaxText)
	return err != nil || text != "true"
}

// careful reads claims and leaves out what a session or a header should not hold.
type careful struct {
	claims Set
	// drop is told of each claim that is left out or cut, and why.
	drop func(claim, reason string)
}

// line returns a claim that is one line of text, or "".
func (c careful) line(claim string) string { return c.capped(claim, MaxText) }

func (c careful) capped(claim string, most int) string {
	v, list, ok := c.claims.values(claim)
	switch {
	case !ok:
		c.drop(claim, "not text")
	case len(v) == 0:
	case list:
		c.drop(claim, "a list")
	case len(v[0]) > most:
		c.drop(claim, "too long")
	case !Plain(v[0]):
		c.drop(claim, "control characters")
	default:
		return v[0]
	}
	return ""
}

// email returns the e-mail address, or "" where it is none.
func (c careful) email() string {
	v := c.capped("email", maxEmail)
	if v != "" && !IsAddress(v) {
		c.drop("email", "not an e-mail address")
		return ""
	}
	return v
}

// joined returns a list claim, or a single string as a list of one, joined and
// escaped. What does not fit is left out.
func (c careful) joined(claim string, most int) string {
	all, _, ok := c.claims.values(claim)
	if !ok {
		c.drop(claim, "not text")
		return ""
	}
	kept := make([]string, 0, len(all))
	size := 0
	for i, v := range all {
		if v == "" || !Plain(v) {
			c.drop(claim, "a value is empty or holds control characters")
			continue
		}
		if size += len(session.JoinList([]string{v})) + 1; size-1 > most {
			c.drop(claim, fmt.Sprintf("the last %d of %d values: more than %d bytes in all", len(all)-i, len(all), most))
			break
		}
		kept = append(kept, v)
	}
	return session.JoinList(kept)
}

// methods returns the amr claim, space-separated (RFC 8176).
func (c careful) methods() string {
	all, _, ok := c.claims.values("amr")
	if !ok {
		c.drop("amr", "not text")
		return ""
	}
	var kept []string
	size := 0
	for _, v := range all {
		if size += len(v) + 1; v == "" || size > MaxText || strings.ContainsFunc(v, func(r rune) bool { return r <= ' ' || r > '~' }) {
			c.drop("amr", "not a list of short names")
			return ""
		}
		kept = append(kept, v)
	}
	return strings.Join(kept, " ")
}

// headerReady returns a further claim as it goes into a header: lists joined and
// escaped, and in single values the percent sign escaped, as the app decodes both.
// Commas of a single value are its own.
func (c careful) headerReady(claim string) session.Claim {
	_, list, ok := c.claims.values(claim)
	if ok && list {
		return session.Claim{Name: claim, Value: c.joined(claim, maxClaim)}
	}
	v := c.capped(claim, maxClaim)
	return session.Claim{Name: claim, Value: strings.ReplaceAll(v, "%", "%25"), Text: strings.Contains(v, ",")}
}
