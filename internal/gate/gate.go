// Package gate decides whether a request may pass to the app, and what the app
// is told about its user. It does no I/O: a request goes in, a verdict comes
// out. Nothing that a client can choose freely, such as a header, opens it.
package gate

import (
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
	"github.com/passkey-sidecar/passkey-sidecar/internal/stepup"
)

// Sessions reads the session of a request; session.Store is one.
type Sessions interface {
	Read(r *http.Request) (*session.Session, error)
}

// Access tells who of the signed-in may use the app; access.Rules is one.
type Access interface {
	Allows(s *session.Session) bool
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
	// Access admits users; nil admits everybody who is signed in.
	Access Access
	// Bearer takes bearer tokens for the app where there is no session.
	Bearer bool
	// StepUps are the paths of the app that demand a recent or strong sign-in.
	StepUps []StepUpRule
	// Reposts are the paths of the app at which a form of another site may be
	// posted again by our own page, with the session: exact, or a prefix.
	Reposts []string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// KeySet makes /jwks.json a route.
	KeySet bool
}

// Gate admits requests.
type Gate struct {
	origins  origin.Set
	sessions Sessions
	access   Access
	bearer   bool
	public   publicPaths
	stepUps  stepUps
	reposts  publicPaths
	routes   routes
	now      func() time.Time
}

// Decision is what Admit found.
type Decision struct {
	Verdict Verdict
	// Session is the signed-in user, nil for nobody. On the way to the app it is
	// who the app is told of: nil for a user of a public path who may not use
	// the rest.
	Session *session.Session
	// Bearer tells that Session is of a bearer token, not of a browser: it has no
	// cookie and must get none.
	Bearer bool
	// StepUp is what the path demands of the sign-in, where the session does not
	// meet it or there is none.
	StepUp stepup.Demand
	// Allow lists the methods of a route that was asked with another one.
	Allow string
	// OwnForm tells of a request to the app that it is a form which a page of this
	// very origin posted, and InFrame that its answer is shown in a frame, or may be.
	OwnForm, InFrame bool
	// Repost tells of another site's form that it may be posted again.
	Repost bool
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
	stepUps, err := newStepUps(c.StepUps, c.Base, public)
	if err != nil {
		return nil, err
	}
	reposts, err := newReposts(c.Reposts, c.Base, public, stepUps)
	if err != nil {
		return nil, err
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Gate{
		origins: c.Origins, sessions: sessions, access: c.Access, bearer: c.Bearer,
		public: public, stepUps: stepUps, reposts: reposts, routes: newRoutes(c), now: c.Now,
	}, nil
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
	if refusedMethod(r) {
		return Decision{Verdict: MethodNotAllowed, Allow: takenMethods}
	}
	// An unreadable or expired session is no session.
	s, err := g.sessions.Read(r)
	if err != nil {
		s = nil
	}
	return g.Decide(r, s)
}

// Decide is Admit for a session that was read before, nil for nobody: a refresh
// may have renewed or ended it since.
func (g *Gate) Decide(r *http.Request, s *session.Session) Decision {
	site, known := g.origins.Match(r.Host)
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
	if route, ours := g.routes.find(clean); ours {
		d := route.decide(r, s, g.origins)
		d.Session = s
		if d.Verdict.forUsers() && s != nil && !g.allows(s) {
			d.Verdict = Forbidden
		}
		return d
	}
	form := r.Method == http.MethodPost && ownForm(r, site)
	var d Decision
	switch {
	case s != nil:
		if d = g.toApp(r, s); form && d.Verdict == RefuseStale {
			d.Verdict = KeepForm
		}
	case g.bearer && carriesBearer(r.Header):
		return Decision{Verdict: BearerToken}
	case g.public.match(r.URL):
		d.Verdict = Upstream
	case form:
		d = Decision{Verdict: KeepForm, StepUp: g.stepUps.demand(r.URL)}
	case foreignForm(r, site):
		return Decision{Verdict: ForeignForm, Repost: g.reposts.match(r.URL), InFrame: mayBeFramed(r)}
	case g.preflight(r):
		d.Verdict = Preflight
	default:
		d = Decision{Verdict: challenge(r), StepUp: g.stepUps.demand(r.URL)}
	}
	d.OwnForm, d.InFrame = form, form && mayBeFramed(r)
	return d
}

// toApp decides for somebody who is known whether the app gets the request, and
// whom it is told of. A public path stays public for those who may not use the
// rest: they are nobody there, as everybody without a session is.
func (g *Gate) toApp(r *http.Request, s *session.Session) Decision {
	public := g.public.match(r.URL)
	switch {
	case !g.allows(s) && public:
		return Decision{Verdict: Upstream}
	case !g.allows(s):
		return Decision{Verdict: Forbidden, Session: s}
	case public:
		return Decision{Verdict: Upstream, Session: s}
	}
	return g.decideFresh(r, s, g.stepUps.demand(r.URL))
}

func (g *Gate) allows(s *session.Session) bool { return g.access == nil || g.access.Allows(s) }

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
