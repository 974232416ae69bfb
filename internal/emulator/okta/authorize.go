package okta

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// serveAuthorize is the authorization endpoint (Okta: OpenID Connect & OAuth
// 2.0 API, /authorize).
func (s *Server) serveAuthorize(iss *issuer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			s.refuse(w, "", &protocolError{"invalid_request", "The request cannot be read."})
			return
		}
		restart := iss.path("authorize") + "?" + r.Form.Encode()
		if _, err := r.Cookie(deviceCookie); err != nil && r.Method == http.MethodPost {
			// A form posted from another site brings no Lax cookie. The same
			// request as a GET does, so single sign-on still works.
			s.redirect(w, r, restart, http.StatusSeeOther)
			return
		}
		client, redirectURI, refusal := s.findClient(r.Form)
		if refusal != nil {
			clientID := ""
			if client != nil {
				clientID = client.ID
			}
			s.refuse(w, clientID, refusal)
			return
		}
		a, refusal := parseAuthorize(iss, client, redirectURI, r.Form)
		if refusal == nil {
			refusal = s.authorizeFault()
		}
		if refusal != nil {
			s.answerError(w, r, a, refusal)
			return
		}
		s.authorize(w, r, a, restart)
	}
}

func (s *Server) authorizeFault() *protocolError {
	f, on := s.takeFault(FaultAuthorizeError)
	if !on {
		return nil
	}
	if f.Error == "" {
		f.Error = "server_error"
	}
	if f.ErrorDescription == "" {
		f.ErrorDescription = "An error occurred in the authorization server."
	}
	return &protocolError{f.Error, f.ErrorDescription}
}

// authorize signs in by the SSO session, or starts a sign-in at the page.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request, a *authorizeRequest, restart string) {
	id, session, ok := s.session(r, true)
	fresh := ok && !a.prompts("login") && (a.maxAge < 0 || a.maxAge > 0 && s.Now().Sub(session.authTime) <= a.maxAge)
	switch {
	case fresh:
		s.events.add(Event{Name: EventSessionReused, Client: a.client.ID, User: session.userID, Issuer: a.issuer.url})
		s.finish(w, r, a, id, session)
		return
	case a.prompts("none"):
		s.answerError(w, r, a, &protocolError{"login_required", textLogin})
		return
	}

	idp, direct := s.idps.route(a.client.ID).alone()
	hint := "" // a routing rule brings no hint along
	if a.idp != "" {
		// Okta's own parameter: past the page and the routing rules.
		hint = a.loginHint
		if idp, direct = s.idps.get(a.idp); !direct || idp.Inactive {
			s.answerError(w, r, a, &protocolError{"invalid_request", "The 'idp' parameter is not an active identity provider."})
			return
		}
	}
	identifier := a.loginHint
	if identifier == "" && ok {
		if u, known := s.users.find(session.userID); known {
			identifier = u.Login
		}
	}
	t := s.transactions.start(transaction{
		device:     s.device(w, r),
		request:    a,
		restart:    restart,
		identifier: identifier,
	})
	if direct {
		s.startHop(w, r, idp, hop{idp: idp.ID, stateToken: t.stateToken, device: t.device}, hint)
		return
	}
	s.events.add(Event{Name: EventSignInPageShown, Client: a.client.ID, Issuer: a.issuer.url})
	if s.config.RedirectToSignIn {
		s.redirect(w, r, signInURL(t.stateToken), http.StatusFound)
		return
	}
	s.renderSignIn(w, t)
}

// finish answers a request whose user is authenticated.
func (s *Server) finish(w http.ResponseWriter, r *http.Request, a *authorizeRequest, sessionID string, session ssoSession) {
	user, ok := s.users.find(session.userID)
	if !ok || user.Disabled {
		s.answerError(w, r, a, &protocolError{"access_denied", "The resource owner or authorization server denied the request."})
		return
	}
	if !user.assignedTo(a.client.ID) {
		s.answerError(w, r, a, &protocolError{"access_denied", textNotAssigned})
		return
	}
	acr, met := a.acr(session.amr)
	if !met {
		s.answerError(w, r, a, &protocolError{
			"unmet_authentication_requirements",
			"The user does not meet the authentication requirements of the request.",
		})
		return
	}
	code := s.grants.issueCode(grant{
		issuer:    a.issuer,
		client:    a.client,
		userID:    user.ID,
		sessionID: sessionID,
		scopes:    a.scopes,
		nonce:     a.nonce,
		acr:       acr,
		amr:       session.amr,
		idp:       session.idp,
		authTime:  session.authTime,
		aged:      a.maxAge >= 0,
	}, a.redirectURI, a.challenge)
	s.events.add(Event{Name: EventCodeIssued, Client: a.client.ID, User: user.ID, Issuer: a.issuer.url})
	s.answer(w, r, a, url.Values{"code": {code}})
}

// answerError sends an error to the redirect URI.
func (s *Server) answerError(w http.ResponseWriter, r *http.Request, a *authorizeRequest, e *protocolError) {
	s.events.add(Event{Name: EventAuthorizeRefused, Client: a.client.ID, Issuer: a.issuer.url, Code: e.code, Detail: e.description})
	s.answer(w, r, a, url.Values{"error": {e.code}, "error_description": {e.description}})
}

// answer sends the values to the redirect URI by the asked response mode.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, a *authorizeRequest, values url.Values) {
	if a.state != "" {
		values.Set("state", a.state)
	}
	if s.fault(FaultCallbackWrongState) {
		values.Set("state", randomToken())
	}
	if s.fault(FaultCallbackNoState) {
		values.Del("state")
	}
	if s.fault(FaultCallbackNoCode) {
		values.Del("code")
	}
	if s.fault(FaultCallbackWrongIssuer) {
		values.Set("iss", "https://wrong-issuer.example")
	}
	switch a.responseMode {
	case "form_post":
		s.renderFormPost(w, a.redirectURI, values)
	case "fragment":
		s.redirect(w, r, a.redirectURI+"#"+values.Encode(), http.StatusFound)
	default:
		s.redirect(w, r, withQuery(a.redirectURI, values), http.StatusFound)
	}
}

// refuse shows Okta's own 400 page; nothing goes to the app.
func (s *Server) refuse(w http.ResponseWriter, clientID string, e *protocolError) {
	s.events.add(Event{Name: EventRequestRefused, Client: clientID, Code: e.code, Detail: e.description})
	s.render(w, http.StatusBadRequest, "error", page{
		Title:       "400",
		Message:     "Bad Request",
		Lead:        "Your request resulted in an error.",
		ErrorCode:   e.code,
		Description: e.description,
	})
}

// redirect sends the browser on without leaking where it comes from.
func (s *Server) redirect(w http.ResponseWriter, r *http.Request, to string, status int) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache, no-store")
	h.Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, to, status) //nolint:gosec // G710: to is a registered redirect URI or a path of our own
}

// withQuery adds values to a URI that may have a query of its own.
func withQuery(uri string, values url.Values) string {
	sep := "?"
	if strings.Contains(uri, "?") {
		sep = "&"
	}
	return uri + sep + values.Encode()
}

func signInURL(stateToken string) string {
	return "/signin?" + url.Values{"stateToken": {stateToken}}.Encode()
}

// unixSeconds is the form of times in tokens.
func unixSeconds(t time.Time) int64 { return t.Unix() }
