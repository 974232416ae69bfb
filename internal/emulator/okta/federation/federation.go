// Package federation signs users in by identity providers: OpenID Connect
// providers that the org trusts, the routing rules that say which apps offer them,
// and the browser's way there and back.
//
// Real Okta sends a browser to a provider from /sso/idps/{id}, from a routing rule
// that leaves no other way, or at /authorize with the parameter idp. It checks the
// ID token that comes back, finds the user by the provider's sub once they are
// linked, or by a claim the first time, and takes the provider's word for the
// methods (amr) only with trustClaims. On any failure it shows its page with one
// text for all reasons.
//
// How we know: Okta's Identity Providers and Policy APIs (IDP_DISCOVERY rules),
// "Account linking", "Use AMR claims with an identity provider", and the text and
// key that the widget's source has for failures. That a stateToken goes on with
// the sign-in and a fromURI makes the request again was read in the widget's
// source. Whether login_hint travels along with the parameter idp is not
// documented for OpenID Connect; the emulator sends it.
package federation

import (
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/authserver"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/page"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/signin"
)

// Federation is one org's.
type Federation struct {
	org     *org.Org
	pages   *page.Pages
	servers *authserver.Servers
	signIn  *signin.SignIn
	idps    *identityProviders
	hops    *hopStore
}

// New makes the federation of an org, without any provider, and puts it between
// the authorization servers and the sign-in.
func New(o *org.Org, pages *page.Pages, servers *authserver.Servers, signIn *signin.SignIn) *Federation {
	s := &Federation{org: o, pages: pages, servers: servers, signIn: signIn, idps: newIdentityProviders(), hops: newHopStore(o.Now)}
	servers.SignInBy(s)
	signIn.OfferBy(s.ways)
	return s
}

// Route adds the way to a provider and back.
func (s *Federation) Route(mux *http.ServeMux) {
	mux.HandleFunc("GET /sso/idps/{id}", s.org.Guarded("sso", s.serveSSO))
	mux.HandleFunc("GET /oauth2/v1/authorize/callback", s.org.Guarded("idp_callback", s.serveIDPCallback))
}

// ways are the ways to sign in as the page shows them.
func (s *Federation) ways(clientID string) signin.Ways {
	way := s.idps.route(clientID)
	shown := signin.Ways{Okta: way.okta}
	for _, p := range way.providers {
		shown.Providers = append(shown.Providers, signin.Provider{ID: p.ID, Name: p.Name})
	}
	return shown
}

// Begin implements authserver.SignIn: it goes to a provider, or shows the page.
func (s *Federation) Begin(w http.ResponseWriter, r *http.Request, a *authserver.Request, restart, userID string) {
	idp, direct := s.idps.route(a.Client.ID).alone()
	hint := "" // a routing rule brings no hint along
	if a.IDP != "" {
		// Okta's own parameter: past the page and the routing rules.
		hint = a.LoginHint
		if idp, direct = s.idps.get(a.IDP); !direct || idp.Inactive {
			s.servers.AnswerError(w, r, a, org.OAuth("invalid_request", "The 'idp' parameter is not an active identity provider."))
			return
		}
	}
	t := s.signIn.Start(w, r, a, restart, userID)
	if direct {
		s.startHop(w, r, idp, hop{idp: idp.ID, stateToken: t.StateToken, device: t.Device()}, hint)
		return
	}
	s.signIn.Show(w, r, t)
}
