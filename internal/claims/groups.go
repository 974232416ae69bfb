package claims

import (
	"fmt"
	"slices"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// Limits of a user's groups in a session. Okta sends up to a hundred, and the header
// that carries them has to pass servers that take 8 kB of headers in all.
const (
	maxGroups     = 50
	maxGroupBytes = 2048 // joined
)

// Groups says which of a user's groups a session holds. The zero value holds all,
// up to 50 names and 2,048 bytes.
type Groups struct {
	// exact and prefixes are the list; with neither, every group is on it.
	exact    map[string]bool
	prefixes []string
	// needed are kept before all others and without being on the list.
	needed []string
}

// NewGroups makes Groups of a list of whole names and of prefixes that end in *.
// needed are names that access depends on; they need not be on the list, and come
// first where not all fit. Upper and lower case are told apart.
func NewGroups(list, needed []string) (Groups, error) {
	g := Groups{needed: needed}
	for _, pattern := range list {
		prefix, wild := strings.CutSuffix(pattern, "*")
		switch {
		case strings.TrimSpace(prefix) != prefix || pattern == "":
			return g, fmt.Errorf("groups %q is empty or has spaces around it; write a whole name, or a prefix like app-*", pattern)
		case wild && prefix == "":
			return g, fmt.Errorf("groups * keeps every group, as leaving groups out does; leave it out, or write a prefix like app-*")
		case strings.Contains(prefix, "*"):
			return g, fmt.Errorf("groups %q holds a * elsewhere than at its end; write a whole name, or a prefix like app-*", pattern)
		case wild:
			g.prefixes = append(g.prefixes, prefix)
		default:
			if g.exact == nil {
				g.exact = make(map[string]bool)
			}
			g.exact[prefix] = true
		}
	}
	return g, nil
}

func (g Groups) listed(name string) bool {
	if len(g.exact)+len(g.prefixes) == 0 || g.exact[name] {
		return true
	}
	return slices.ContainsFunc(g.prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// groups returns the groups that a session is to hold, joined for a header, in the
// provider's order. One log line covers all that did not fit.
func (c careful) groups(g Groups) string {
	all, _, ok := c.claims.values("groups")
	if !ok {
		c.drop("groups", "not text")
		return ""
	}
	needed, others, unusable := g.sort(all)
	if unusable > 0 {
		c.drop("groups", fmt.Sprintf("%d of %d values are empty or hold control characters", unusable, len(all)))
	}
	kept := make(map[string]bool, maxGroups)
	size, out := 0, 0
	for _, name := range slices.Concat(needed, others) {
		bytes := len(session.JoinList([]string{name}))
		if len(kept) > 0 {
			bytes++ // the comma
		}
		if len(kept) == maxGroups || size+bytes > maxGroupBytes {
			out++
			continue
		}
		size += bytes
		kept[name] = true
	}
	if out > 0 {
		c.drop("groups", fmt.Sprintf("%d of %d groups: a session holds at most %d and %d bytes; name those that the app needs with the groups setting, "+
			"or have the identity provider send fewer", out, out+len(kept), maxGroups, maxGroupBytes))
	}
	var ordered []string
	for _, name := range all {
		if kept[name] {
			ordered = append(ordered, name)
			delete(kept, name)
		}
	}
	return session.JoinList(ordered)
}

// sort returns the names that access depends on and the other ones on the list,
// each once, and how many of all cannot be the name of a group.
func (g Groups) sort(all []string) (needed, others []string, unusable int) {
	seen := make(map[string]bool, len(all))
	for _, name := range all {
		switch {
		case name == "" || !Plain(name):
			unusable++
		case seen[name]: // a group twice is one
		case slices.Contains(g.needed, name):
			needed = append(needed, name)
		case g.listed(name):
			others = append(others, name)
		}
		seen[name] = true
	}
	return needed, others, unusable
}
