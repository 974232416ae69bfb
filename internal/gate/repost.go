package gate

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/fetchmeta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
)

// newReposts checks the paths at which forms of other sites may be posted again
// with the session. They are matched as public paths are, in plain spelling only.
func newReposts(patterns []string, base string, public publicPaths, guarded stepUps) (publicPaths, error) {
	for _, text := range patterns {
		pattern, err := parsePattern(text)
		at := &url.URL{Path: pattern.path}
		switch path := pattern.path; {
		case err != nil:
			return publicPaths{}, fmt.Errorf("repost %w", err)
		case pattern.prefix && path == "/":
			return publicPaths{}, fmt.Errorf("repost path %q would let other sites post to the whole site; name the paths that they return to", text)
		case path == base || strings.HasPrefix(path, base+"/") || pattern.prefix && strings.HasPrefix(base+"/", path):
			return publicPaths{}, fmt.Errorf("repost path %q overlaps our own routes under %s, which look after themselves", text, base)
		case public.match(at):
			return publicPaths{}, fmt.Errorf("repost path %q is public; forms of other sites get there as they are", text)
		case !guarded.demand(at).IsZero() || pattern.prefix && guarded.under(path):
			return publicPaths{}, fmt.Errorf("repost path %q has a step_up; what needs a fresh sign-in takes nothing from other sites", text)
		}
	}
	return newPublicPaths(patterns, base)
}

// under reports whether a rule is for a path below a prefix, given with its slash.
func (s stepUps) under(prefix string) bool {
	for _, rule := range s.rules {
		if strings.HasPrefix(rule.path, foldCase(prefix)) {
			return true
		}
	}
	return false
}

// foreignForm reports whether a POST is a form that a page of another site sent by a
// navigation. Browsers hold the session's cookie back then (SameSite=Lax), so that
// nobody can tell whether its user is signed in. A sibling domain's form would
// bring it along.
func foreignForm(r *http.Request, site origin.Origin) bool {
	if r.Method != http.MethodPost || !topLevel(r) && !framed(r) || !fetchmeta.SaysFromWhere(r) {
		return false
	}
	switch from := r.Header.Get("Origin"); fetchmeta.From(r) {
	case fetchmeta.CrossSite:
		return true
	case fetchmeta.UntoldSite:
		return from != "" && from != site.String() // a browser without fetch metadata
	default:
		return false
	}
}
