package gate

import (
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/fetchmeta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
	"github.com/passkey-sidecar/passkey-sidecar/internal/stepup"
)

// Who makes a request. The zero Who is nobody.
type Who struct {
	// Session is the signed-in user, nil for nobody.
	Session *session.Session
	// Bearer reports that Session is of a bearer token, not of a browser: it has no
	// cookie and must get none.
	Bearer bool
}

// Decision is what is to be done with a request.
type Decision struct {
	Verdict Verdict
	// Route is the one that answers, where the verdict is Ours.
	Route *Route
	// Who makes the request. On the way to the app it is who the app is told of: nobody
	// for a user of a public path who may not use the rest.
	Who
	// StepUp is what the path demands of the sign-in, where the session does not
	// meet it or there is none.
	StepUp stepup.Demand
	// Allow lists the methods that there are, where the verdict is MethodNotAllowed.
	Allow string
	// OwnForm says of a request to the app that it is a form which a page of this
	// very origin posted, and InFrame that its answer is shown in a frame, or may be.
	OwnForm, InFrame bool
	// Repost says of another site's form that it may be posted again.
	Repost bool
}

// Decide judges a request, by where it leads and who makes it.
func (g *Gate) Decide(r *http.Request, t Target, who Who) Decision {
	switch {
	case t.refusal != undecided:
		return Decision{Verdict: t.refusal, Allow: t.allow, Who: who}
	case t.Route != nil:
		return Decision{Verdict: g.atRoute(r, t, who.Session), Route: t.Route, Who: who}
	case t.otherHost:
		return Decision{Verdict: Upstream}
	case who.Bearer:
		return g.forProgram(r, t, who)
	}
	form := r.Method == http.MethodPost && ownForm(r, t.site)
	d := g.forBrowser(r, t, who, form)
	d.OwnForm, d.InFrame = form, d.InFrame || form && mayBeFramed(r)
	return d
}

// atRoute judges a request to one of our own routes.
func (g *Gate) atRoute(r *http.Request, t Target, s *session.Session) Verdict {
	rules := t.Route.Rules
	switch {
	case rules.has(SignsIn) && fetchmeta.Ahead(r):
		return Refuse
	case rules.has(OwnPage) && g.origins.FromOwnPage(r) != nil:
		return CrossSite
	case rules.has(SignsIn) && s == nil && framed(r):
		return Framed
	case rules.has(Page) && s == nil:
		return challenge(r)
	case rules.has(ForUsers) && s != nil && !g.allows(s):
		return Forbidden
	}
	return Ours
}

// forBrowser judges a request to the app that no bearer token came with.
func (g *Gate) forBrowser(r *http.Request, t Target, who Who, form bool) Decision {
	switch {
	case who.Session != nil:
		d := g.forUser(r, t, who)
		if form && d.Verdict == RefuseStale {
			d.Verdict = KeepForm
		}
		return d
	case t.Public:
		return Decision{Verdict: Upstream}
	case form:
		return Decision{Verdict: KeepForm, StepUp: g.stepUps.demand(r.URL)}
	case foreignForm(r, t.site):
		return Decision{Verdict: ForeignForm, Repost: g.reposts.match(r.URL), InFrame: mayBeFramed(r)}
	case g.preflight(r):
		return Decision{Verdict: Preflight}
	}
	return Decision{Verdict: challenge(r), StepUp: g.stepUps.demand(r.URL)}
}

// forProgram judges a request to the app with a bearer token. It opens the app only:
// our own pages are for browsers, and no page of ours gets it a fresher sign-in.
func (g *Gate) forProgram(r *http.Request, t Target, who Who) Decision {
	d := g.forUser(r, t, who)
	if d.Verdict == StepUp || d.Verdict == Framed {
		d.Verdict = RefuseStale
	}
	return d
}

// forUser decides for somebody who is known whether the app gets the request, and
// whom it is told of. A public path stays public for those who may not use the
// rest: they are nobody there, as everybody without a session is.
func (g *Gate) forUser(r *http.Request, t Target, who Who) Decision {
	switch allowed := g.allows(who.Session); {
	case !allowed && t.Public:
		return Decision{Verdict: Upstream}
	case !allowed:
		return Decision{Verdict: Forbidden, Who: who}
	case t.Public:
		return Decision{Verdict: Upstream, Who: who}
	}
	demand := g.stepUps.demand(r.URL)
	if demand.Met(who.Session, g.now()) {
		return Decision{Verdict: Upstream, Who: who}
	}
	return Decision{Verdict: challenge(r).stepUp(), Who: who, StepUp: demand}
}

// stepUp is what a challenge becomes for somebody whose sign-in is too old or too
// weak. Only a navigation can go to the identity provider and come back.
func (v Verdict) stepUp() Verdict {
	switch v {
	case Challenge:
		return StepUp
	case Framed:
		return Framed
	default:
		return RefuseStale
	}
}

func (g *Gate) allows(s *session.Session) bool { return g.access == nil || g.access.Allows(s) }
