package gate

import (
	"net/url"
	"path"
	"slices"
	"strings"
)

// Unlogged reports whether an access log must not show a request: its address, or
// the answer's Location, may hold an authorization code, a login hint that proves
// a passkey, an ID token or the name of a session. That goes by the address alone,
// the one that was asked for and the one that rewrites made of it, and by how a
// careless reader would take it: whatever the method, the host and the answer are,
// what was put there may still be good somewhere else.
func (g *Gate) Unlogged(asked, current *url.URL) bool {
	if g.routes.unlogged(current) {
		return true
	}
	return (asked.Path != current.Path || asked.RawQuery != current.RawQuery) && g.routes.unlogged(asked)
}

// secrecy is what the routes under one first segment of a path need, together.
type secrecy struct {
	known    bool     // there are such routes
	always   bool     // their address may be a secret
	logged   bool     // no query of theirs is one
	harmless []string // the parameters that are none
}

func (s secrecy) and(r *Route) secrecy {
	return secrecy{
		known:    true,
		always:   s.always || r.Rules.has(Unlogged),
		logged:   (s.logged || !s.known) && r.Rules.has(Logged),
		harmless: s.shared(r.Harmless),
	}
}

// shared are the parameters that no route under the segment holds a secret in.
func (s secrecy) shared(harmless []string) []string {
	if !s.known {
		return harmless
	}
	return slices.DeleteFunc(slices.Clone(harmless), func(name string) bool { return !slices.Contains(s.harmless, name) })
}

func (t table) unlogged(u *url.URL) bool {
	rest, under := t.loosely(u.Path)
	if !under {
		return false
	}
	switch s := t.secrecy[firstSegment(rest)]; {
	case s.always:
		return true
	case s.logged:
		return false
	case len(s.harmless) > 0:
		return !onlyParameters(u.RawQuery, s.harmless)
	default: // a route for tokens, asked with the token in the query, or one misspelled
		return u.RawQuery != ""
	}
}

// firstSegment of a path below the base path.
func firstSegment(rest string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	return first
}

// loosely is the part of a path behind the base path, in small letters and without
// a slash at its end, and whether the path is below the base path at all. It takes
// spellings for ours that table.find leaves to the app.
func (t table) loosely(p string) (rest string, under bool) {
	if unplain(p) {
		p = plainer(p)
	}
	if len(p) < len(t.base) || !strings.EqualFold(p[:len(t.base)], t.base) {
		return "", false
	}
	rest = p[len(t.base):]
	if rest != "" && rest[0] != '/' {
		return "", false
	}
	return strings.TrimSuffix(strings.ToLower(rest), "/"), true
}

// unplain reports whether plainer might find another path in p.
func unplain(p string) bool {
	var before byte
	for i := range len(p) {
		switch c := p[i]; c {
		case '\\', ';', '%':
			return true
		case '/', '.':
			if before == '/' {
				return true
			}
		}
		before = p[i]
	}
	return false
}

// plainer undoes what servers undo: a second encoding, backslashes, parameters of
// segments, dot segments and repeated slashes.
func plainer(p string) string {
	if decoded, err := url.PathUnescape(p); err == nil {
		p = decoded
	}
	segments := strings.Split(strings.ReplaceAll(p, `\`, "/"), "/")
	for i, segment := range segments {
		segments[i], _, _ = strings.Cut(segment, ";")
	}
	return path.Clean("/" + strings.Join(segments, "/"))
}

// onlyParameters reports whether a query has parameters of the list only. One that
// cannot be read might have others to another reader.
func onlyParameters(query string, list []string) bool {
	q, err := url.ParseQuery(query)
	if err != nil {
		return false
	}
	for name := range q {
		if !slices.Contains(list, name) {
			return false
		}
	}
	return true
}
