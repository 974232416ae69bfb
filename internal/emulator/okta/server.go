// Package okta is a stand-in for an Okta org that real OpenID Connect clients
// accept, or for a tenant of Auth0. It puts together what Okta itself separates, one
// package each:
//
//   - org: users, apps, sessions, clock, faults and events, which all others share
//   - page: the org's own plain pages
//   - authserver: the authorization servers, with codes, tokens and keys
//   - signin: the hosted sign-in page, the widget and IDX
//   - federation: identity providers and routing rules
//   - signout: signing out here, and telling apps of it
//   - management: /api/v1, as far as a set-up calls it
//   - controls: what only tests do, under /__emulator/
//
// Each says what real Okta does there, and how we know. Imports run up this list and
// never down. The tests stand here, since they play the whole org from outside, as
// an app and a browser do.
//
// It is for tests and demos. It keeps everything in memory, passwords in plain text,
// and must never guard anything real.
package okta

import (
	"errors"
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/authserver"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/controls"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/federation"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/management"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/page"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/signin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/signout"
)

// maxBody bounds every request body, in bytes.
const maxBody = 256 << 10

// Server is one emulated Okta org: its parts, put together. It is an http.Handler
// and safe for concurrent use. It has no background work and needs no closing.
type Server struct {
	*core
	*servers
	*signIn
	*idps
	*signOut
	*api
	mux *http.ServeMux
}

// The parts under names of this package alone, so that Server has their methods and
// shows no fields.
type (
	core    = org.Org
	servers = authserver.Servers
	signIn  = signin.SignIn
	idps    = federation.Federation
	signOut = signout.SignOut
	api     = management.API
)

// New makes an org from its configuration. The error names the setting.
func New(config Config) (*Server, error) {
	if err := config.fill(); err != nil {
		return nil, err
	}
	o := org.New(config.settings())
	pages := page.New(o)
	tokens := authserver.New(o, pages, config.Auth0)
	in := signin.New(o, pages, tokens, signin.Config{WidgetFiles: config.WidgetFiles, Redirect: config.RedirectToSignIn})
	s := &Server{
		core: o, servers: tokens, signIn: in, idps: federation.New(o, pages, tokens, in), signOut: signout.New(o, pages, tokens),
		mux: http.NewServeMux(),
	}
	if err := s.load(config); err != nil {
		return nil, err
	}
	s.api = management.New(o, tokens, in, s.idps)
	s.route(config.Auth0 != nil)
	return s, nil
}

// load takes the objects of the org over.
func (s *Server) load(config Config) error {
	for _, c := range config.Clients {
		if _, err := s.AddClient(c); err != nil {
			return err
		}
	}
	for _, u := range config.Users {
		if err := s.Load(u); err != nil {
			return err
		}
	}
	for _, p := range config.IdentityProviders {
		if _, err := s.AddIdentityProvider(p); err != nil {
			return err
		}
	}
	return errors.Join(s.SetRoutingRules(config.RoutingRules...), s.SetSignInPage(config.SignInPage))
}

func (s *Server) route(auth0 bool) {
	s.servers.Route(s.mux)
	s.signIn.Route(s.mux)
	s.signOut.Route(s.mux)
	controls.Route(s.mux, s.core, s.servers.Controls(), s.signIn.Controls(), s.idps.Controls(), s.signOut.Controls())
	if auth0 {
		s.RouteAuth0(s.mux)
		return
	}
	s.RouteWidget(s.mux)
	s.idps.Route(s.mux)
	s.api.Route(s.mux)
}

// ServeHTTP answers one request, unless the fault "down" is on.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if !controls.IsControl(r) {
		if f, on := s.Take(org.FaultDown); on {
			s.core.Fail(w, r, f, http.StatusServiceUnavailable)
			return
		}
	}
	s.mux.ServeHTTP(w, r)
}
