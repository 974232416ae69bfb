package gate

import (
	"net/http"
	"slices"
	"strings"
)

// stripCookies takes our cookies out of the Cookie header and leaves the app's
// byte for byte as they came.
func (h *Headers) stripCookies(header http.Header) {
	lines := header["Cookie"]
	kept := lines[:0:0]
	changed := false
	for _, line := range lines {
		rest, cut := h.stripLine(line)
		changed = changed || cut
		if rest != "" {
			kept = append(kept, rest)
		}
	}
	switch {
	case !changed:
	case len(kept) == 0:
		delete(header, "Cookie")
	default:
		header["Cookie"] = kept
	}
}

// stripLine returns the line without our cookies, and whether it held any.
func (h *Headers) stripLine(line string) (string, bool) {
	if !h.mentionsUs(line) {
		return line, false
	}
	var b strings.Builder
	cut := false
	for pair := range strings.SplitSeq(line, ";") {
		name, _, _ := strings.Cut(pair, "=")
		if h.isOurs(strings.TrimSpace(name)) {
			cut = true
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(';')
		}
		b.WriteString(pair)
	}
	if !cut {
		return line, false
	}
	return strings.TrimSpace(b.String()), true
}

func (h *Headers) mentionsUs(line string) bool {
	for _, part := range h.ourPrefixes {
		if strings.Contains(line, part) {
			return true
		}
	}
	for _, name := range h.ourNames {
		if strings.Contains(line, name) {
			return true
		}
	}
	return false
}

func (h *Headers) isOurs(name string) bool {
	for _, prefix := range h.ourPrefixes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return slices.Contains(h.ourNames, name)
}
