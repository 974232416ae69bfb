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
	for _, text := range patterns {
		pattern, err := parsePattern(text)
		switch path := pattern.path; {
		case err != nil:
			return p, fmt.Errorf("public %w", err)
		case pattern.prefix && path == "/":
			return p, fmt.Errorf("public path %q would open the whole site", text)
		case path == base || strings.HasPrefix(path, base+"/") || pattern.prefix && strings.HasPrefix(base+"/", path):
			return p, fmt.Errorf("public path %q overlaps our own routes under %s, which look after themselves", text, base)
		case pattern.prefix:
			p.prefixes = append(p.prefixes, path)
		default:
			p.exact[path] = struct{}{}
		}
	}
	return p, nil
}

// match reports whether a path is public, letter by letter. It must be plain: an
// app that resolves "..", ";" parameters, backslashes, a second layer of percent
// encoding or another spelling of a name where we do not would otherwise serve a
// private page under a public name. Whoever asks in such a spelling has to sign
// in.
func (p publicPaths) match(u *url.URL) bool {
	if len(p.exact) == 0 && len(p.prefixes) == 0 {
		return false
	}
	own, ok := plain(u)
	if !ok {
		return false
	}
	if _, ok := p.exact[u.Path]; ok {
		return true
	}
	for _, prefix := range p.prefixes {
		if strings.HasPrefix(u.Path, prefix) && own <= len(prefix) {
			return true
		}
	}
	return false
}

// covers reports whether an app that knows no letter case serves a path as a public
// one.
func (p publicPaths) covers(path string) bool {
	folded := foldCase(path)
	for exact := range p.exact {
		if foldCase(exact) == folded {
			return true
		}
	}
	for _, prefix := range p.prefixes {
		if strings.HasPrefix(folded, foldCase(prefix)) {
			return true
		}
	}
	return false
}
