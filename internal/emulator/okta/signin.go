package okta

import (
	"net/http"
	"strings"
)

// Okta's texts of the sign-in page.
const (
	textUnableToSignIn = "Unable to sign in"
	textBlank          = "This field cannot be left blank"
)

// serveSignIn shows where a sign-in stands. With step=identify it goes back to
// the user name ("Back to sign in").
func (s *Server) serveSignIn(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	t, ok := s.transaction(w, r, query.Get("stateToken"))
	if !ok {
		return
	}
	if t.step == stepDone {
		s.redirect(w, r, tokenRedirectURL(t.stateToken), http.StatusSeeOther)
		return
	}
	if query.Get("step") == "identify" {
		t.step, t.message, t.messageKey, t.fieldMessage = stepIdentify, "", "", ""
		s.transactions.change(t.stateToken, func(kept *transaction) { *kept = t })
	}
	s.renderSignIn(w, t)
}

// serveIdentify takes the user name. It never tells whether it is known.
func (s *Server) serveIdentify(w http.ResponseWriter, r *http.Request) {
	t, ok := s.transaction(w, r, r.PostFormValue("stateToken"))
	if !ok {
		return
	}
	t.identifier = strings.TrimSpace(r.PostFormValue("identifier"))
	t.step, t.message, t.messageKey, t.fieldMessage = stepPassword, "", "", ""
	if t.identifier == "" {
		t.step, t.fieldMessage = stepIdentify, textBlank
	}
	s.advance(w, r, t)
}

// serveVerify takes the password.
func (s *Server) serveVerify(w http.ResponseWriter, r *http.Request) {
	t, ok := s.transaction(w, r, r.PostFormValue("stateToken"))
	if !ok {
		return
	}
	if t.step != stepPassword {
		s.advance(w, r, t)
		return
	}
	password := r.PostFormValue("credentials.passcode")
	t.message, t.messageKey, t.fieldMessage = "", "", ""
	if password == "" {
		t.fieldMessage = textBlank
		s.advance(w, r, t)
		return
	}
	user, ok := s.checkPassword(t, password)
	if !ok {
		t.message, t.messageKey = textUnableToSignIn, keyUnableToSignIn
		s.advance(w, r, t)
		return
	}
	s.advance(w, r, s.passwordSession(w, r, t, user))
}

// checkPassword returns the user of a sign-in if the password is theirs.
func (s *Server) checkPassword(t transaction, password string) (User, bool) {
	user, known := s.users.find(t.identifier)
	byLogin := known && strings.EqualFold(user.Login, t.identifier)
	if byLogin && user.passwordIs(password) && !user.Disabled {
		return user, true
	}
	failed := Event{Name: EventSignInFailed, Client: t.request.client.ID, Issuer: t.request.issuer.url}
	if byLogin {
		failed.User = user.ID
	}
	s.events.add(failed)
	return User{}, false
}

// passwordSession signs a user in by password and returns the sign-in as done.
func (s *Server) passwordSession(w http.ResponseWriter, r *http.Request, t transaction, user User) transaction {
	t.sessionID = s.startSession(w, r, user, []string{"pwd"}, s.orgID)
	t.step = stepDone
	s.events.add(Event{Name: EventSignedIn, Client: t.request.client.ID, User: user.ID, Issuer: t.request.issuer.url})
	return t
}

// startSession starts a new SSO session, so that none from before the sign-in
// lives on, and returns its id. The idp is the org's or a provider's id.
func (s *Server) startSession(w http.ResponseWriter, r *http.Request, user User, amr []string, idp string) string {
	s.sessions.end(sessionID(r))
	cookie := s.sessions.start(ssoSession{userID: user.ID, authTime: s.Now(), amr: amr, idp: idp})
	s.setCookie(w, sessionCookie, cookie, 0)
	return fingerprint(cookie)
}

// advance keeps the transaction and sends the browser to its current page, so
// that a reload repeats no form.
func (s *Server) advance(w http.ResponseWriter, r *http.Request, t transaction) {
	s.transactions.change(t.stateToken, func(kept *transaction) { *kept = t })
	to := signInURL(t.stateToken)
	if t.step == stepDone {
		to = tokenRedirectURL(t.stateToken)
	}
	s.redirect(w, r, to, http.StatusSeeOther)
}

// serveTokenRedirect ends an authenticated transaction at the app, as the
// success-redirect of Okta's IDX API does.
func (s *Server) serveTokenRedirect(w http.ResponseWriter, r *http.Request) {
	t, ok := s.transaction(w, r, r.URL.Query().Get("stateToken"))
	if !ok {
		return
	}
	session, live := s.sessions.get(t.sessionID, true)
	if t.step != stepDone || !live || t.sessionID != sessionID(r) {
		s.redirect(w, r, t.restart, http.StatusSeeOther)
		return
	}
	if !s.transactions.take(t.stateToken) {
		s.redirect(w, r, t.restart, http.StatusSeeOther)
		return
	}
	s.finish(w, r, t.request, t.sessionID, session)
}

func tokenRedirectURL(stateToken string) string {
	return strings.Replace(signInURL(stateToken), "/signin?", "/login/token/redirect?", 1)
}
