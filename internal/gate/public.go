package gate

import (
	"fmt"
	"net/url"
	"strings"
)

// publicPaths are the paths that need no session.
type publicPaths struct {
	exact    map[string]struct{}
	prefixes []string // with their trailing slash
}

func newPublicPaths(patterns []string, base string) (publicPaths, error) {
	p := publicPaths{exact: make(map[string]struct{})}
	for _, pattern := range patterns {
		plain, isPrefix := strings.CutSuffix(pattern, "/*")
		if isPrefix {
			plain += "/"
		}
		clean, ok := canonical(plain)
		switch {
		case !ok || clean != plain || suspicious(plain) || strings.Contains(plain, "*"):
			return p, fmt.Errorf("public path %q must be an absolute path as the browser sends it, or a prefix like /static/*", pattern)
		case isPrefix && plain == "/":
			return p, fmt.Errorf("public path %q would open the whole site", pattern)
		case plain == base || strings.HasPrefix(plain, base+"/") || isPrefix && strings.HasPrefix(base+"/", plain):
			return p, fmt.Errorf("public path %q overlaps our own routes under %s, which look after themselves", pattern, base)
		case isPrefix:
			p.prefixes = append(p.prefixes, plain)
		default:
			p.exact[plain] = struct{}{}
		}
	}
	return p, nil
}

// match tells whether a path is public. It must be in canonical form: an app
// that resolves "..", ";" parameters, backslashes or a second layer of percent
// encoding where we do not would otherwise serve a private page under a public
// name. Whoever asks in such a spelling has to sign in.
func (p publicPaths) match(u *url.URL) bool {
	if len(p.exact) == 0 && len(p.prefixes) == 0 {
		return false
	}
	if suspicious(u.Path) || suspiciousEscape(u.RawPath) {
		return false
	}
	if clean, ok := canonical(u.Path); !ok || clean != u.Path {
		return false
	}
	if _, ok := p.exact[u.Path]; ok {
		return true
	}
	for _, prefix := range p.prefixes {
		if strings.HasPrefix(u.Path, prefix) {
			return true
		}
	}
	return false
}

// suspicious finds characters by which servers disagree on what a decoded path
// means.
func suspicious(decoded string) bool {
	for i := range len(decoded) {
		switch c := decoded[i]; {
		case c < ' ', c == 0x7f, c == ';', c == '\\', c == '%', c == '#', c == '?':
			return true
		}
	}
	// "..." and the like are folded by some file systems.
	return strings.Contains(decoded, "..")
}

// suspiciousEscape finds encoded slashes and dots, which some servers decode
// before they split a path and some after.
func suspiciousEscape(raw string) bool {
	lower := strings.ToLower(raw)
	return strings.Contains(lower, "%2f") || strings.Contains(lower, "%2e") || strings.Contains(lower, "%5c")
}
