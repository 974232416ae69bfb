package caddymodule

import (
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/gate"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// routes are our own paths: the methods, who may ask, and what answers. A route without
// Logged or Unlogged stays out of the access log when it comes with a query; see
// gate.Rules.
//
// The table can be read before the rooms are made, but served only after.
func (p *Passkeys) routes() []gate.Route {
	const page = gate.Page | gate.Refreshes | gate.Logged
	routes := []gate.Route{
		gate.Get("", page|gate.ForUsers, p.pages.List),
		gate.Get(route.List, page|gate.ForUsers, p.pages.List),
		gate.Get(route.Append, page|gate.ForUsers, p.pages.Append),
		gate.Post(route.AppendResult, gate.ForUsers|gate.Refreshes|gate.Logged, p.pages.Result),
		gate.Post(route.ListResult, gate.ForUsers|gate.Refreshes|gate.Logged, p.pages.ListResult),
		gate.Post(route.ConnectToken, gate.ForUsers|gate.Refreshes|gate.Logged, p.tokens.Serve),

		gate.GetPost(route.Login, gate.SignsIn, p.signIn).Logging(loginParameters...), // POST: a tab that kept where it wanted to go, which may be long
		gate.GetPost(route.Initiate, gate.SignsIn|gate.Unlogged, p.login.Initiate),    // its URL or its answer may hold a login hint
		gate.GetOnly(route.Callback, gate.Unlogged, p.login.Callback),                 // its URL holds the authorization code
		gate.Get(route.Logout, 0, p.askToSignOut),
		gate.Post(route.Logout, gate.OwnPage|gate.Unlogged, withoutSession(p.login.Logout)), // its Location holds the ID token as a hint
		gate.Get(route.SignedOut, gate.Logged, withoutSession(p.pages.SignedOut)),
		gate.Get(route.SignedIn, gate.Page|gate.Logged, p.pages.SignedIn),

		gate.Get(route.Session, gate.Refreshes|gate.Logged, p.serveSession),
		gate.Post(route.Session, gate.Refreshes|gate.Logged, p.renewSession),
		gate.Get(route.SessionScript, gate.Logged, withoutSession(p.pages.SessionScript)),
		gate.Get(route.Assets, gate.Logged, withoutSession(p.pages.Asset)),
		gate.Get(route.Health, gate.AnyHost|gate.Logged, withoutSession(p.serveHealth)),

		// The identity provider's pages and servers ask here, without cookies.
		gate.GetPost(route.FrontchannelLogout, gate.Unlogged, withoutSession(p.serveFrontchannelLogout)), // its URL names the provider's session, by which anybody could end it
		gate.Post(route.BackchannelLogout, 0, withoutSession(p.serveBackchannelLogout)),
		gate.Post(route.UniversalLogout, 0, withoutSession(p.serveUniversalLogout)),

		gate.Get(route.KeptForm, page, p.pages.ResendForm),
	}
	if p.forms != nil {
		routes = append(routes, gate.Post(route.KeptFormSummary, gate.Logged, p.forms.Summary))
	}
	if p.assertions != nil {
		routes = append(routes, gate.Get(route.KeySet, gate.Logged, withoutSession(p.serveKeySet)))
	}
	if p.related != nil {
		routes = append(routes, gate.Get(route.RelatedOrigins, gate.Root|gate.Logged, withoutSession(p.serveRelatedOrigins)))
	}
	return routes
}

// loginParameters are those of the login route that hold no secret; login_hint may.
var loginParameters = []string{"return", "prompt", "restart", "again", "anew", "step_up", "acr", "idp", "lost", "landed", "framed"}

// withoutSession makes the handler of a route that does not ask who is signed in.
func withoutSession(serve func(http.ResponseWriter, *http.Request) error) gate.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ *session.Session) error { return serve(w, r) }
}
