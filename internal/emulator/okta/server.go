// Package okta is a stand-in for an Okta org that real OpenID Connect clients
// accept. It has the org authorization server and the custom one named
// "default", a hosted sign-in page that works without scripts, single sign-on,
// identity providers that sign users in, and Okta's ids, claims and error
// texts. The page can be the operator's own: see SignInPage. It can be broken
// on demand: see Fault, Advance and RotateKeys, and the same over HTTP under /__emulator/.
//
// It is for tests and demos. It keeps everything in memory, passwords in plain
// text, and must never guard anything real.
//
// Sources: Okta's "OpenID Connect & OAuth 2.0 API" and "Identity Engine"
// guides, RFC 6749, 7009, 7636 and 7662, OpenID Connect Core, Discovery and
// RP-Initiated Logout. Where Okta's text for an error is not published, the
// emulator's says the same thing in its own words.
package okta

import (
	"errors"
	"net/http"
)

// maxBody bounds every request body, in bytes.
const maxBody = 256 << 10

// Server is one emulated Okta org. It is an http.Handler and safe for
// concurrent use. It has no background work and needs no closing.
type Server struct {
	config       Config
	orgID        string
	clock        *clock
	events       *eventLog
	faults       *faultSet
	clients      *registry
	users        *directory
	transactions *transactionStore
	sessions     *sessionStore
	grants       *grantStore
	issuers      []*issuer
	idps         *identityProviders
	hops         *hopStore
	participants participantStore
	signInPage   pageSetting
	mux          *http.ServeMux
	management   *managementAPI
}

// New makes an org from its configuration. The error names the setting.
func New(config Config) (*Server, error) {
	if err := config.fill(); err != nil {
		return nil, err
	}
	s := &Server{
		config:  config,
		orgID:   newID("00o"),
		clock:   &clock{base: config.Now},
		faults:  newFaultSet(),
		clients: newRegistry(),
		users:   newDirectory(config.newUserID()),
		idps:    newIdentityProviders(),
		mux:     http.NewServeMux(),
	}
	s.events = newEventLog(s.clock.now, config.Log)
	s.transactions = newTransactionStore(s.clock.now)
	s.sessions = newSessionStore(s.clock.now)
	s.grants = newGrantStore(s.clock.now)
	s.hops = newHopStore(s.clock.now)
	public := config.PublicURL
	s.issuers = []*issuer{
		{url: public, public: public, keys: &keyring{generate: config.NewKey}, dialect: &oktaDialect{s, "/oauth2/v1"}},
		{url: public + "/oauth2/default", public: public, custom: true, keys: &keyring{generate: config.NewKey}, dialect: &oktaDialect{s, "/oauth2/default/v1"}},
	}
	if config.Auth0 != nil {
		s.issuers = []*issuer{{url: public + "/", public: public, keys: &keyring{generate: config.NewKey}, dialect: config.Auth0}}
	}
	if err := s.load(config); err != nil {
		return nil, err
	}
	s.route()
	return s, nil
}

// load takes the objects of the org over.
func (s *Server) load(config Config) error {
	for _, c := range config.Clients {
		if _, err := s.clients.add(c); err != nil {
			return err
		}
	}
	for _, u := range config.Users {
		u.UpdatedAt = s.Now()
		if _, err := s.users.add(u); err != nil {
			return err
		}
	}
	for _, p := range config.IdentityProviders {
		if _, err := s.idps.put(p, true); err != nil {
			return err
		}
	}
	return errors.Join(s.SetRoutingRules(config.RoutingRules...), s.SetSignInPage(config.SignInPage))
}

// Issuer is the issuer of the custom authorization server "default", or of the
// Auth0 tenant.
func (s *Server) Issuer() string { return s.issuers[len(s.issuers)-1].url }

// OrgIssuer is the issuer of the org authorization server.
func (s *Server) OrgIssuer() string { return s.config.PublicURL }

// OrgID is the id of the org (00o…), the idp claim of a local sign-in.
func (s *Server) OrgID() string { return s.orgID }

// AddClient adds an app and returns it with its id.
func (s *Server) AddClient(c Client) (Client, error) {
	added, err := s.clients.add(c)
	if err != nil {
		return Client{}, err
	}
	return *added, nil
}

func (s *Server) route() {
	for _, iss := range s.issuers {
		handle := func(method, name string, h http.HandlerFunc) {
			if path := iss.path(name); path != "" {
				s.mux.HandleFunc(method+" "+path, s.guarded(name, h))
			}
		}
		metadata := s.guarded("discovery", s.serveDiscovery(iss))
		s.mux.HandleFunc("GET "+iss.root()+"/.well-known/openid-configuration", metadata)
		s.mux.HandleFunc("GET /.well-known/oauth-authorization-server"+iss.root(), metadata)
		handle("GET", "authorize", s.serveAuthorize(iss))
		handle("POST", "authorize", s.serveAuthorize(iss))
		handle("POST", "token", s.serveToken(iss))
		handle("GET", "userinfo", s.serveUserinfo(iss))
		handle("POST", "userinfo", s.serveUserinfo(iss))
		handle("GET", "keys", s.serveKeys(iss))
		handle("GET", "logout", s.serveLogout(iss))
		handle("POST", "logout", s.serveLogout(iss))
		handle("POST", "revoke", s.serveRevoke(iss))
		handle("POST", "introspect", s.serveIntrospect(iss))
	}
	s.mux.HandleFunc("GET /signin", s.serveSignIn)
	s.mux.HandleFunc("POST /signin/identify", s.serveIdentify)
	s.mux.HandleFunc("POST /signin/verify", s.serveVerify)
	s.mux.HandleFunc("GET /login/token/redirect", s.serveTokenRedirect)
	s.mux.HandleFunc("GET /{$}", s.serveHome)
	s.mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	s.routeControls()
	s.routeSignOutControls()
	if s.config.Auth0 != nil {
		s.mux.HandleFunc("GET /v2/logout", s.guarded("logout", s.serveAuth0Logout))
		return
	}
	s.routeOrg()
}

// routeOrg routes what only an Okta org has.
func (s *Server) routeOrg() {
	s.mux.HandleFunc("GET /sso/idps/{id}", s.guarded("sso", s.serveSSO))
	s.mux.HandleFunc("GET /oauth2/v1/authorize/callback", s.guarded("idp_callback", s.serveIDPCallback))
	s.mux.HandleFunc("GET "+widgetPath+"{file...}", s.guarded("widget", s.serveWidget))
	for path, call := range map[string]func(http.ResponseWriter, *http.Request, transaction, idxRequest){
		"introspect": s.idxIntrospect, "identify": s.idxIdentify, "challenge/answer": s.idxChallenge, "cancel": s.idxCancel,
	} {
		s.mux.HandleFunc("POST /idp/idx/"+path, s.guarded("idx", s.idx(call)))
	}
	s.routeManagementAPI()
}

// ServeHTTP answers one request, unless the fault "down" is on.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if !isControl(r) {
		if f, on := s.takeFault(FaultDown); on {
			s.fail(w, r, f, http.StatusServiceUnavailable)
			return
		}
	}
	s.mux.ServeHTTP(w, r)
}

// internalError reports a failure that no request can cause.
func (s *Server) internalError(w http.ResponseWriter, err error) {
	s.events.add(Event{Name: EventInternalError, Detail: err.Error()})
	writeJSON(w, http.StatusInternalServerError, map[string]any{"errorCode": "E0000009", "errorSummary": "Internal Server Error"})
}
