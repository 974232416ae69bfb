package gate

import (
	"net/http"
	"path"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
)

// Target is where a request leads, whoever makes it.
type Target struct {
	// Route is the route of ours that it asks for, nil for the app.
	Route *Route
	// Public reports that the path needs no session.
	Public bool
	// refusal is the answer where it is the same for everybody; allow goes with it.
	refusal Verdict
	allow   string
	// ignoresSession reports that no session is looked at.
	ignoresSession bool
	// otherHost reports that the host is none of the site's.
	otherHost bool
	// site is the public origin that was asked, the zero Origin for another host.
	site origin.Origin
}

// Anonymous reports that nobody is signed in there: a host that is none of the
// site's, or a request that is refused as it stands.
func (t Target) Anonymous() bool { return t.ignoresSession || t.otherHost }

// ToApp reports whether the request is for the app.
func (t Target) ToApp() bool { return t.Route == nil && t.refusal == undecided }

// Refreshes reports whether what follows acts on who is signed in, so that a session
// is to be refreshed first.
func (t Target) Refreshes() bool {
	return t.ToApp() || t.Route != nil && t.Route.Rules.has(Refreshes)
}

// Find says where the request's current path leads, as rewrites before us left it.
func (g *Gate) Find(r *http.Request) Target {
	if refusedMethod(r) {
		return Target{refusal: MethodNotAllowed, allow: takenMethods, ignoresSession: true}
	}
	site, known := g.origins.Match(r.Host)
	if !known {
		return g.findAnyHost(r)
	}
	clean, ok := canonical(r.URL.Path)
	if !ok {
		return Target{refusal: BadPath, ignoresSession: true}
	}
	routes, ours := g.routes.find(clean)
	if !ours {
		return Target{Public: g.public.match(r.URL), site: site}
	}
	t := Target{Route: routes.find(r.Method), site: site}
	switch {
	case len(routes) == 0:
		t.refusal = NotFound
	case t.Route == nil:
		t.refusal, t.allow = MethodNotAllowed, routes.allow()
	}
	return t
}

// findAnyHost is Find for a host that is none of the site's. Public paths are for
// health checks too, which ask by address. The browser has no session for such a host.
func (g *Gate) findAnyHost(r *http.Request) Target {
	t := Target{otherHost: true}
	if t.Public = g.public.match(r.URL); t.Public {
		return t
	}
	if t.Route = g.routes.findAnyHost(r); t.Route == nil {
		t.refusal = Misdirected
	}
	return t
}

// canonical resolves dot segments and repeated slashes, so that no spelling of
// a path of ours reaches the app. A request target that is no path ("*", a
// CONNECT authority) is refused.
func canonical(p string) (string, bool) {
	if !strings.HasPrefix(p, "/") {
		return "", false
	}
	clean := path.Clean(p)
	if clean != "/" && strings.HasSuffix(p, "/") {
		if len(clean)+1 == len(p) {
			return p, true
		}
		clean += "/"
	}
	return clean, true
}
