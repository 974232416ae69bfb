package gate

import (
	"fmt"
	"net/http"
	"strings"
)

// table finds our own routes.
type table struct {
	base     string
	exact    map[string]at // by the path below the base path
	prefixes []string      // those of exact that cover what is below them
	root     map[string]at // by path
	anyHost  []*Route
	secrecy  map[string]secrecy // by the first segment below the base path
}

func newTable(base string, all []Route) (table, error) {
	t := table{base: base, exact: make(map[string]at), root: make(map[string]at), secrecy: make(map[string]secrecy)}
	for i := range all {
		r := &all[i]
		where := t.exact
		switch {
		case r.Path != "" && r.Path[0] != '/' || r.Serve == nil || len(r.Methods) == 0:
			return t, fmt.Errorf("route %q has no path, method or handler", r.Path)
		case r.Rules.has(Root) && (r.Rules&^(Root|AnyHost|Logged) != 0 || len(r.Path) < 2 || strings.HasPrefix(r.Path+"/", base+"/")):
			return t, fmt.Errorf("route %q at the root of the site has rules for routes below the base path, or stands there", r.Path)
		case r.Rules.has(AnyHost) && r.Rules&(Page|ForUsers|SignsIn) != 0:
			return t, fmt.Errorf("route %q is for any host, where nobody is signed in, and for users", r.Path)
		case r.Rules.has(Root):
			where = t.root
		case len(r.Path) > 1 && strings.HasSuffix(r.Path, "/"):
			t.prefixes = append(t.prefixes, r.Path)
		}
		for _, method := range r.Methods {
			if where[r.Path].find(method) != nil {
				return t, fmt.Errorf("route %s %q is there twice", method, r.Path)
			}
		}
		where[r.Path] = append(where[r.Path], r)
		if r.Rules.has(AnyHost) {
			t.anyHost = append(t.anyHost, r)
		}
		if !r.Rules.has(Root) {
			first := firstSegment(r.Path)
			t.secrecy[first] = t.secrecy[first].and(r)
		}
	}
	return t, nil
}

// find returns the routes at a canonical path, and whether the path is ours at all:
// every path below the base path is.
func (t table) find(clean string) (at, bool) {
	if found, there := t.root[clean]; there {
		return found, true
	}
	rest, under := strings.CutPrefix(clean, t.base)
	if !under || rest != "" && rest[0] != '/' {
		return nil, false
	}
	longest := ""
	for _, prefix := range t.prefixes {
		if strings.HasPrefix(rest, prefix) && len(prefix) > len(longest) {
			longest = prefix
		}
	}
	if longest != "" {
		rest = longest
	}
	return t.exact[rest], true
}

// findAnyHost returns the route for a request under a host that is not the site's. Its
// path must stand there letter by letter.
func (t table) findAnyHost(r *http.Request) *Route {
	for _, route := range t.anyHost {
		path := t.base + route.Path
		if route.Rules.has(Root) {
			path = route.Path
		}
		if r.URL.Path == path && (at{route}).find(r.Method) != nil {
			return route
		}
	}
	return nil
}
