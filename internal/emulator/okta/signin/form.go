package signin

import (
	"net/http"
	"slices"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/page"
)

// Okta's texts of the sign-in page.
const (
	textUnableToSignIn = "Unable to sign in"
	textBlank          = "This field cannot be left blank"
)

// serveSignIn shows where a sign-in stands. With step=identify it goes back to
// the user name ("Back to sign in").
func (s *SignIn) serveSignIn(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	t, ok := s.Find(w, r, query.Get("stateToken"))
	if !ok {
		return
	}
	if t.step == stepDone {
		org.Redirect(w, r, tokenRedirectURL(t.StateToken), http.StatusSeeOther)
		return
	}
	if query.Get("step") == "identify" {
		t.step, t.message, t.messageKey, t.fieldMessage = stepIdentify, "", "", ""
		s.transactions.change(t.StateToken, func(kept *Transaction) { *kept = t })
	}
	s.render(w, t)
}

// serveIdentify takes the user name. It never tells whether it is known.
func (s *SignIn) serveIdentify(w http.ResponseWriter, r *http.Request) {
	t, ok := s.Find(w, r, r.PostFormValue("stateToken"))
	if !ok {
		return
	}
	t.Identifier = strings.TrimSpace(r.PostFormValue("identifier"))
	t.step, t.message, t.messageKey, t.fieldMessage = stepPassword, "", "", ""
	if t.Identifier == "" {
		t.step, t.fieldMessage = stepIdentify, textBlank
	}
	s.Continue(w, r, t)
}

// serveVerify takes the password.
func (s *SignIn) serveVerify(w http.ResponseWriter, r *http.Request) {
	t, ok := s.Find(w, r, r.PostFormValue("stateToken"))
	if !ok {
		return
	}
	if t.step != stepPassword {
		s.Continue(w, r, t)
		return
	}
	password := r.PostFormValue("credentials.passcode")
	t.message, t.messageKey, t.fieldMessage = "", "", ""
	if password == "" {
		t.fieldMessage = textBlank
		s.Continue(w, r, t)
		return
	}
	user, ok := s.checkPassword(t, password)
	if !ok {
		t.message, t.messageKey = textUnableToSignIn, keyUnableToSignIn
		s.Continue(w, r, t)
		return
	}
	s.Continue(w, r, s.passwordSession(w, r, t, user))
}

// checkPassword returns the user of a sign-in if the password is theirs.
func (s *SignIn) checkPassword(t Transaction, password string) (org.User, bool) {
	user, known := s.org.User(t.Identifier)
	byLogin := known && strings.EqualFold(user.Login, t.Identifier)
	if byLogin && user.PasswordIs(password) && !user.Disabled {
		return user, true
	}
	failed := org.Event{Name: org.EventSignInFailed, Client: t.Request.Client.ID, Issuer: t.Request.Issuer.URL}
	if byLogin {
		failed.User = user.ID
	}
	s.org.Note(failed)
	return org.User{}, false
}

// passwordSession signs a user in by password and returns the sign-in as done.
func (s *SignIn) passwordSession(w http.ResponseWriter, r *http.Request, t Transaction, user org.User) Transaction {
	t.sessionID = s.org.StartSession(w, r, user, []string{"pwd"}, s.org.OrgID())
	t.step = stepDone
	s.org.Note(org.Event{Name: org.EventSignedIn, Client: t.Request.Client.ID, User: user.ID, Issuer: t.Request.Issuer.URL})
	return t
}

// Continue keeps the transaction and sends the browser to its current page, so
// that a reload repeats no form.
func (s *SignIn) Continue(w http.ResponseWriter, r *http.Request, t Transaction) {
	s.transactions.change(t.StateToken, func(kept *Transaction) { *kept = t })
	to := signInURL(t.StateToken)
	if t.step == stepDone {
		to = tokenRedirectURL(t.StateToken)
	}
	org.Redirect(w, r, to, http.StatusSeeOther)
}

// serveTokenRedirect ends an authenticated transaction at the app, as the
// success-redirect of Okta's IDX API does.
func (s *SignIn) serveTokenRedirect(w http.ResponseWriter, r *http.Request) {
	t, ok := s.Find(w, r, r.URL.Query().Get("stateToken"))
	if !ok {
		return
	}
	session, live := s.org.Sessions.Get(t.sessionID, true)
	if t.step != stepDone || !live || t.sessionID != org.CookieSession(r) {
		org.Redirect(w, r, t.Restart, http.StatusSeeOther)
		return
	}
	if !s.transactions.take(t.StateToken) {
		org.Redirect(w, r, t.Restart, http.StatusSeeOther)
		return
	}
	s.servers.Finish(w, r, t.Request, t.sessionID, session)
}

func tokenRedirectURL(stateToken string) string {
	return strings.Replace(signInURL(stateToken), "/signin?", "/login/token/redirect?", 1)
}

// render shows the customised page, or the form of a transaction's step.
func (s *SignIn) render(w http.ResponseWriter, t Transaction) {
	if custom := s.page.get(); custom.Template != "" {
		s.renderCustomPage(w, custom, t)
		return
	}
	p := page.Page{
		Title:        "Sign In",
		AppName:      t.Request.Client.Name,
		Message:      t.message,
		FieldMessage: t.fieldMessage,
		StateToken:   t.StateToken,
		Identifier:   t.Identifier,
		Password:     t.step == stepPassword,
		BackHref:     signInURL(t.StateToken) + "&step=identify",
		FormTargets:  append([]string{"'self'"}, page.Origins(t.Request.Client.RedirectURIs)...),
	}
	if p.Password {
		p.Title = "Verify with your password"
	} else {
		for _, idp := range s.ways(t.Request.Client.ID).Providers {
			p.Providers = append(p.Providers, page.Link{Text: "Sign in with " + idp.Name, Href: ssoURL(idp.ID, t.StateToken)})
		}
	}
	s.pages.Render(w, http.StatusOK, "signin", p)
}

// serveHome says what this is, for somebody who opens the host by hand. Okta's
// widget sends users here when their sign-in has expired ("Back to sign in"),
// so it offers the last one again.
func (s *SignIn) serveHome(w http.ResponseWriter, r *http.Request) {
	p := page.Page{Title: "Okta emulator"}
	for _, iss := range slices.Backward(s.servers.Issuers()) {
		p.Issuers = append(p.Issuers, iss.URL)
	}
	if t, ok := s.transactions.latest(org.DeviceOf(r)); ok {
		p.LinkHref, p.LinkText = t.Restart, "Sign in to "+t.Request.Client.Name
	}
	s.pages.Render(w, http.StatusOK, "home", p)
}
