// Package signout ends sessions, here and at the apps: the end session endpoint,
// and what the org tells the other apps.
//
// Real Okta's /logout wants the ID token of the app that signs out, an expired one
// too, and returns to a registered address. Of the other apps it can load an
// address each in a hidden frame (Single Logout, early access). It sends no OpenID
// Connect back-channel logout tokens, but has Universal Logout: a POST to the app
// with a token of its own type that names the user. Auth0 sends logout tokens, and
// has an older endpoint for signing out that asks for nothing.
//
// How we know: Okta's "OpenID Connect & OAuth 2.0 API", "Configure Single Logout",
// "Build Universal Logout for your app" and the draft that this follows (Global
// Token Revocation); Auth0's "Log Users Out of Auth0 with OIDC Endpoint" and
// "OIDC Back-Channel Logout"; the OpenID Connect logout specifications. That Okta
// has no back-channel logout is its own statement. None of it was tried with a
// live org.
package signout

import (
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/authserver"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/page"
)

// SignOut is the sign-out at one org.
type SignOut struct {
	org     *org.Org
	pages   *page.Pages
	servers *authserver.Servers
}

// New makes the sign-out at an org.
func New(o *org.Org, pages *page.Pages, servers *authserver.Servers) *SignOut {
	return &SignOut{o, pages, servers}
}

// Route adds the end session endpoint of every issuer.
func (s *SignOut) Route(mux *http.ServeMux) {
	for _, iss := range s.servers.Issuers() {
		iss.Handle(mux, s.org, "GET logout", s.serveLogout(iss))
		iss.Handle(mux, s.org, "POST logout", s.serveLogout(iss))
	}
}

// RouteAuth0 adds the older endpoint of a tenant of Auth0.
func (s *SignOut) RouteAuth0(mux *http.ServeMux) {
	mux.HandleFunc("GET /v2/logout", s.org.Guarded("logout", s.serveAuth0Logout))
}
