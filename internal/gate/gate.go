// Package gate decides whether a request may pass to the app, and what the app
// is told about its user. It does no I/O: a request goes in, a verdict comes
// out. Nothing that a client can choose freely, such as a header, opens it.
package gate

import (
	"fmt"
	"net/http"
	"path"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// Sessions reads the session of a request; session.Store is one.
type Sessions interface {
	Read(r *http.Request) (*session.Session, error)
}

// Config of a Gate.
type Config struct {
	// Base is the base path of our own routes, like "/passkeys".
	Base string
	// Public lists the paths that need no session: exact, or a prefix ending
	// in "/*".
	Public []string
	// Origins are the site's public origins.
	Origins origin.Set
	// RelatedOrigins makes /.well-known/webauthn ours.
	RelatedOrigins bool
}

// Gate admits requests.
type Gate struct {
	origins  origin.Set
	sessions Sessions
	public   publicPaths
	routes   routes
}

// Decision is what Admit found.
type Decision struct {
	Verdict Verdict
	// Session is the signed-in user, nil for nobody.
	Session *session.Session
	// Allow lists the methods of a route that was asked with another one.
	Allow string
}

// New checks the configuration and makes a Gate.
func New(c Config, sessions Sessions) (*Gate, error) {
	if err := CheckBase(c.Base); err != nil {
		return nil, err
	}
	public, err := newPublicPaths(c.Public, c.Base)
	if err != nil {
		return nil, err
	}
	return &Gate{origins: c.Origins, sessions: sessions, public: public, routes: newRoutes(c.Base, c.RelatedOrigins)}, nil
}

// CheckBase tells what is wrong with a base path.
func CheckBase(base string) error {
	if !strings.HasPrefix(base, "/") || base == "/" || path.Clean(base) != base || strings.ContainsAny(base, "*?#%;\\ \"<>") {
		return fmt.Errorf("path %q must be a plain absolute path without a trailing slash, like /passkeys", base)
	}
	return nil
}

// Admit decides on the request's current path, as rewrites before us left it.
func (g *Gate) Admit(r *http.Request) Decision {
	_, known := g.origins.Match(r.Host)
	if !known {
		// Public paths are for health checks too, which ask by address. The
		// browser has no session for such a host.
		if g.public.match(r.URL) {
			return Decision{Verdict: Upstream}
		}
		if g.routes.health(r) {
			return Decision{Verdict: Health}
		}
		return Decision{Verdict: Misdirected}
	}
	clean, ok := canonical(r.URL.Path)
	if !ok {
		return Decision{Verdict: BadPath}
	}
	// An unreadable or expired session is no session.
	s, err := g.sessions.Read(r)
	if err != nil {
		s = nil
	}
	if route, ours := g.routes.find(clean); ours {
		d := route.decide(r, s, g.origins)
		d.Session = s
		return d
	}
	if s != nil || g.public.match(r.URL) {
		return Decision{Verdict: Upstream, Session: s}
	}
	return Decision{Verdict: challenge(r)}
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
