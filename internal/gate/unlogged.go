package gate

import (
	"net/url"
	"path"
	"slices"
	"strings"
)

// Unlogged tells whether an access log must not show a request: its address, or
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

func (rs routes) unlogged(u *url.URL) bool {
	rest, under := rs.loosely(u.Path)
	if !under {
		return false
	}
	switch first, _, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/"); first {
	case "callback", "frontchannel-logout", "initiate", "logout":
		return true
	case "login":
		return !plainLogin(u.RawQuery)
	case "", "append", "connect-token", "signed-out", "resume", "signed-in", "session", "session.js", "assets", "health", "jwks.json":
		return false
	default: // a route misspelled, or one for tokens asked with the token in the query
		return u.RawQuery != ""
	}
}

// loosely is the part of a path behind the base path, in small letters and without
// a slash at its end, and whether the path is below the base path at all. It takes
// spellings for ours that routes.find leaves to the app.
func (rs routes) loosely(p string) (rest string, under bool) {
	if unplain(p) {
		p = plainer(p)
	}
	if len(p) < len(rs.base) || !strings.EqualFold(p[:len(rs.base)], rs.base) {
		return "", false
	}
	rest = p[len(rs.base):]
	if rest != "" && rest[0] != '/' {
		return "", false
	}
	return strings.TrimSuffix(strings.ToLower(rest), "/"), true
}

// unplain tells whether plainer might find another path in p.
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

// loginParameters are those of the login route that hold no secret.
var loginParameters = []string{"return", "prompt", "restart", "again", "anew", "step_up", "acr", "idp", "lost", "landed", "framed"}

// plainLogin tells whether a query of the login route has parameters of that list
// only. One that cannot be read might have others to another reader.
func plainLogin(query string) bool {
	q, err := url.ParseQuery(query)
	if err != nil {
		return false
	}
	for name := range q {
		if !slices.Contains(loginParameters, name) {
			return false
		}
	}
	return true
}
