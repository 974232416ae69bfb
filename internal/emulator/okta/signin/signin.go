// Package signin signs users in at the org's page: by forms that work without
// scripts, or by a page of the operator's with the Sign-In Widget, which talks to
// the Identity Engine's API (IDX).
//
// Real Okta answers /authorize with the page itself and binds what follows to a
// state token. The page is HTML with Mustache variables that an administrator
// edits; OktaUtil hands the widget its configuration; every step of the widget is
// a call to /idp/idx/* whose answer lists what the user may do next, as
// remediations. At the end the browser goes to /login/token/redirect, and from
// there to the app. Okta never tells whether a user name exists.
//
// How we know: the widget's published source and npm package (7.49, both
// generations), which the emulator's page and IDX answers were tried with; Okta's
// Brands API for the page and its policy; "Customize the sign-in page" for
// OktaUtil. The remediations are those that the widget reads, not all that Okta
// sends. Texts and their i18n keys are the widget's own.
package signin

import (
	"io/fs"
	"net/http"
	"net/url"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/authserver"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/page"
)

// Config of the sign-in at an org.
type Config struct {
	// WidgetFiles are those of the real widget; nil serves the small stand-in.
	WidgetFiles fs.FS
	// Redirect makes /authorize answer 302 to the page, as the Classic engine does.
	Redirect bool
}

// SignIn is the sign-in at one org.
type SignIn struct {
	org          *org.Org
	pages        *page.Pages
	servers      *authserver.Servers
	ways         func(clientID string) Ways
	transactions *transactionStore
	page         pageSetting
	widgetFiles  fs.FS
	redirect     bool
}

// Ways are the ways to sign in that users of an app are offered: by password at
// Okta, and by identity providers.
type Ways struct {
	Okta      bool
	Providers []Provider
}

// Provider is an identity provider as the page shows it.
type Provider struct{ ID, Name string }

// New makes the sign-in at an org. Until OfferBy it offers Okta's password alone.
func New(o *org.Org, pages *page.Pages, servers *authserver.Servers, c Config) *SignIn {
	return &SignIn{
		org: o, pages: pages, servers: servers, widgetFiles: c.WidgetFiles, redirect: c.Redirect,
		ways:         func(string) Ways { return Ways{Okta: true} },
		transactions: newTransactionStore(o.Now),
	}
}

// OfferBy says who knows the ways to sign in. It is called once, before the first
// request.
func (s *SignIn) OfferBy(ways func(clientID string) Ways) { s.ways = ways }

// Route adds the form, which a tenant of Auth0 has too.
func (s *SignIn) Route(mux *http.ServeMux) {
	mux.HandleFunc("GET /signin", s.serveSignIn)
	mux.HandleFunc("POST /signin/identify", s.serveIdentify)
	mux.HandleFunc("POST /signin/verify", s.serveVerify)
	mux.HandleFunc("GET /login/token/redirect", s.serveTokenRedirect)
	mux.HandleFunc("GET /{$}", s.serveHome)
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
}

// RouteWidget adds what only the page with the widget needs.
func (s *SignIn) RouteWidget(mux *http.ServeMux) {
	mux.HandleFunc("GET "+widgetPath+"{file...}", s.org.Guarded("widget", s.serveWidget))
	for path, call := range map[string]func(http.ResponseWriter, *http.Request, Transaction, idxRequest){
		"introspect": s.idxIntrospect, "identify": s.idxIdentify, "challenge/answer": s.idxChallenge, "cancel": s.idxCancel,
	} {
		mux.HandleFunc("POST /idp/idx/"+path, s.org.Guarded("idx", s.idx(call)))
	}
}

// Start begins a sign-in, for this browser alone. The user name is the request's
// login_hint, or that of the user who is signed in already.
func (s *SignIn) Start(w http.ResponseWriter, r *http.Request, a *authserver.Request, restart, userID string) Transaction {
	identifier := a.LoginHint
	if user, known := s.org.User(userID); identifier == "" && known {
		identifier = user.Login
	}
	return s.transactions.start(Transaction{Request: a, Restart: restart, Identifier: identifier, device: s.org.Device(w, r)})
}

// Show answers /authorize with the page.
func (s *SignIn) Show(w http.ResponseWriter, r *http.Request, t Transaction) {
	s.org.Note(org.Event{Name: org.EventSignInPageShown, Client: t.Request.Client.ID, Issuer: t.Request.Issuer.URL})
	if s.redirect {
		org.Redirect(w, r, signInURL(t.StateToken), http.StatusFound)
		return
	}
	s.render(w, t)
}

// SignedIn ends a sign-in well: by somebody else, who started the session.
func (s *SignIn) SignedIn(w http.ResponseWriter, r *http.Request, t Transaction, sessionID string) {
	t.sessionID = sessionID
	t.step, t.message, t.messageKey, t.fieldMessage = stepDone, "", "", ""
	s.Continue(w, r, t)
}

// Fail leads back to the user name, with an error and its i18n key.
func (s *SignIn) Fail(w http.ResponseWriter, r *http.Request, t Transaction, text, key string) {
	t.step, t.message, t.messageKey, t.fieldMessage = stepIdentify, text, key, ""
	s.Continue(w, r, t)
}

func signInURL(stateToken string) string {
	return "/signin?" + url.Values{"stateToken": {stateToken}}.Encode()
}
