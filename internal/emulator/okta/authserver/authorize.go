package authserver

import (
	"net/http"
	"net/url"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
)

// serveAuthorize is the authorization endpoint (Okta: OpenID Connect & OAuth
// 2.0 API, /authorize).
func (s *Servers) serveAuthorize(iss *Issuer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			s.pages.Refuse(w, "", org.OAuth("invalid_request", "The request cannot be read."))
			return
		}
		restart := iss.path("authorize") + "?" + r.Form.Encode()
		if !org.HasDevice(r) && r.Method == http.MethodPost {
			// A form posted from another site brings no Lax cookie. The same
			// request as a GET does, so single sign-on still works.
			org.Redirect(w, r, restart, http.StatusSeeOther)
			return
		}
		client, redirectURI, refusal := s.findClient(r.Form)
		if refusal != nil {
			clientID := ""
			if client != nil {
				clientID = client.ID
			}
			s.pages.Refuse(w, clientID, refusal)
			return
		}
		a, refusal := parseAuthorize(iss, client, redirectURI, r.Form)
		if refusal == nil {
			refusal = s.authorizeFault()
		}
		if refusal != nil {
			s.AnswerError(w, r, a, refusal)
			return
		}
		s.authorize(w, r, a, restart)
	}
}

func (s *Servers) authorizeFault() *org.OAuthError {
	f, on := s.org.Take(org.FaultAuthorizeError)
	if !on {
		return nil
	}
	if f.Error == "" {
		f.Error = "server_error"
	}
	if f.ErrorDescription == "" {
		f.ErrorDescription = "An error occurred in the authorization server."
	}
	return org.OAuth(f.Error, f.ErrorDescription)
}

// authorize signs in by the SSO session, or starts a sign-in at the page.
func (s *Servers) authorize(w http.ResponseWriter, r *http.Request, a *Request, restart string) {
	id, session, ok := s.org.Session(r, true)
	fresh := ok && !a.prompts("login") && (a.MaxAge < 0 || a.MaxAge > 0 && s.org.Now().Sub(session.AuthTime) <= a.MaxAge)
	switch {
	case fresh:
		s.org.Note(org.Event{Name: org.EventSessionReused, Client: a.Client.ID, User: session.UserID, Issuer: a.Issuer.URL})
		s.Finish(w, r, a, id, session)
		return
	case a.prompts("none"):
		s.AnswerError(w, r, a, org.OAuth("login_required", textLogin))
		return
	}
	user := ""
	if ok {
		user = session.UserID
	}
	s.signIn.Begin(w, r, a, restart, user)
}

// Finish answers a request whose user is authenticated.
func (s *Servers) Finish(w http.ResponseWriter, r *http.Request, a *Request, sessionID string, session org.Session) {
	user, ok := s.org.User(session.UserID)
	if !ok || user.Disabled {
		s.AnswerError(w, r, a, org.OAuth("access_denied", "The resource owner or authorization server denied the request."))
		return
	}
	if !user.AssignedTo(a.Client.ID) {
		s.AnswerError(w, r, a, org.OAuth("access_denied", textNotAssigned))
		return
	}
	acr, met := a.acr(session.AMR)
	if !met {
		s.AnswerError(w, r, a, org.OAuth(
			"unmet_authentication_requirements",
			"The user does not meet the authentication requirements of the request.",
		))
		return
	}
	code := s.grants.issueCode(grant{
		issuer:    a.Issuer,
		client:    a.Client,
		userID:    user.ID,
		sessionID: sessionID,
		scopes:    a.Scopes,
		nonce:     a.Nonce,
		acr:       acr,
		amr:       session.AMR,
		idp:       session.IDP,
		authTime:  session.AuthTime,
		aged:      a.MaxAge >= 0,
	}, a.RedirectURI, a.Challenge)
	s.org.Note(org.Event{Name: org.EventCodeIssued, Client: a.Client.ID, User: user.ID, Issuer: a.Issuer.URL})
	s.answer(w, r, a, url.Values{"code": {code}})
}

// AnswerError sends an error to the redirect URI.
func (s *Servers) AnswerError(w http.ResponseWriter, r *http.Request, a *Request, e *org.OAuthError) {
	s.org.Note(org.Event{Name: org.EventAuthorizeRefused, Client: a.Client.ID, Issuer: a.Issuer.URL, Code: e.Code, Detail: e.Description})
	s.answer(w, r, a, url.Values{"error": {e.Code}, "error_description": {e.Description}})
}

// answer sends the values to the redirect URI by the asked response mode.
func (s *Servers) answer(w http.ResponseWriter, r *http.Request, a *Request, values url.Values) {
	if a.State != "" {
		values.Set("state", a.State)
	}
	if s.org.Fires(org.FaultCallbackWrongState) {
		values.Set("state", org.RandomToken())
	}
	if s.org.Fires(org.FaultCallbackNoState) {
		values.Del("state")
	}
	if s.org.Fires(org.FaultCallbackNoCode) {
		values.Del("code")
	}
	if s.org.Fires(org.FaultCallbackWrongIssuer) {
		values.Set("iss", "https://wrong-issuer.example")
	}
	switch a.ResponseMode {
	case "form_post":
		s.pages.FormPost(w, a.RedirectURI, values)
	case "fragment":
		org.Redirect(w, r, a.RedirectURI+"#"+values.Encode(), http.StatusFound)
	default:
		org.Redirect(w, r, org.WithQuery(a.RedirectURI, values), http.StatusFound)
	}
}
