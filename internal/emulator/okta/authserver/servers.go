// Package authserver has the authorization servers of an org: the org's own, the
// custom one named "default", and instead of both an Auth0 tenant's.
//
// Real Okta answers every OAuth 2.0 and OpenID Connect request here: it checks
// /authorize, issues codes, and redeems them for tokens that it signs with keys of
// its own. The org server's access tokens are opaque to apps, the custom server's
// are JWTs whose sub is the login name. Okta asks for a state, takes S256 alone,
// refuses unknown scopes, lets a replaced refresh token work for 30 seconds, and
// ends the grant of one that comes later.
//
// How we know: Okta's "OpenID Connect & OAuth 2.0 API" and its OpenAPI document,
// Auth0's Authentication API, and the RFCs that both follow (6749, 7009, 7636,
// 7662, OpenID Connect Core and Discovery). No text was read off a live org; where
// Okta publishes no text for an error, the emulator's says the same in its own
// words. go-oidc and x/oauth2 hold the answers against the standards in the tests.
//
// A request that no session answers goes to SignIn: what happens on the page is
// none of this package's business, until it calls Finish.
package authserver

import (
	"net/http"
	"net/url"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/page"
)

// Servers are the authorization servers of one org.
type Servers struct {
	org     *org.Org
	pages   *page.Pages
	signIn  SignIn
	grants  *grantStore
	issuers []*Issuer
}

// SignIn finds out who sits at the browser.
type SignIn interface {
	// Begin answers a request that needs the user to sign in. restart is the path
	// and query that makes the same request again, userID whose session there is
	// already, or "". At the end Finish or AnswerError is called.
	Begin(w http.ResponseWriter, r *http.Request, a *Request, restart, userID string)
}

// New makes the servers of an Okta org, or with auth0 those of a tenant.
func New(o *org.Org, pages *page.Pages, auth0 *Auth0) *Servers {
	s := &Servers{org: o, pages: pages, grants: newGrantStore(o.Now)}
	o.WhenDisabled(s.grants.revokeOf)
	issuer := func(path string, d dialect) *Issuer {
		return &Issuer{URL: o.PublicURL + path, public: o.PublicURL, keys: &keyring{generate: o.NewKey}, dialect: d}
	}
	if auth0 != nil {
		s.issuers = []*Issuer{issuer("/", auth0)}
		return s
	}
	custom := issuer("/oauth2/default", &oktaDialect{o, "/oauth2/default/v1"})
	custom.custom = true
	s.issuers = []*Issuer{issuer("", &oktaDialect{o, "/oauth2/v1"}), custom}
	return s
}

// SignInBy says who signs users in. It is called once, before the first request.
func (s *Servers) SignInBy(signIn SignIn) { s.signIn = signIn }

// Issuer is the issuer of the custom authorization server "default", or of the
// Auth0 tenant.
func (s *Servers) Issuer() string { return s.Default().URL }

// Default is the custom authorization server "default", or the Auth0 tenant's.
func (s *Servers) Default() *Issuer { return s.issuers[len(s.issuers)-1] }

// Issuers lists all of them, the org's own first.
func (s *Servers) Issuers() []*Issuer { return s.issuers }

// Route adds the endpoints of every issuer, but for that of signing out.
func (s *Servers) Route(mux *http.ServeMux) {
	for _, iss := range s.issuers {
		metadata := s.org.Guarded("discovery", s.serveDiscovery(iss))
		mux.HandleFunc("GET "+iss.root()+"/.well-known/openid-configuration", metadata)
		mux.HandleFunc("GET /.well-known/oauth-authorization-server"+iss.root(), metadata)
		for pattern, serve := range map[string]http.HandlerFunc{
			"GET authorize":   s.serveAuthorize(iss),
			"POST authorize":  s.serveAuthorize(iss),
			"POST token":      s.serveToken(iss),
			"GET userinfo":    s.serveUserinfo(iss),
			"POST userinfo":   s.serveUserinfo(iss),
			"GET keys":        s.serveKeys(iss),
			"POST revoke":     s.serveRevoke(iss),
			"POST introspect": s.serveIntrospect(iss),
		} {
			iss.Handle(mux, s.org, pattern, serve)
		}
	}
}

// Replay reads the /authorize request that a path and query of this org repeat.
func (s *Servers) Replay(pathAndQuery string) (*Request, bool) {
	u, err := url.Parse(pathAndQuery)
	if err != nil {
		return nil, false
	}
	for _, iss := range s.issuers {
		if u.Path != iss.path("authorize") {
			continue
		}
		client, redirectURI, refusal := s.findClient(u.Query())
		if refusal != nil {
			return nil, false
		}
		a, refusal := parseAuthorize(iss, client, redirectURI, u.Query())
		return a, refusal == nil
	}
	return nil, false
}
