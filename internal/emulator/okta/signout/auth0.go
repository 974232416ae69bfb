package signout

import (
	"net/http"
	"slices"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/page"
)

// serveAuth0Logout is Auth0's older sign-out (Auth0: Authentication API,
// Logout): it ends the browser's session and asks for nothing but an allowed
// address to return to.
func (s *SignOut) serveAuth0Logout(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	client, ok := s.org.Client(q.Get("client_id"))
	back := q.Get("returnTo")
	if !ok || (back != "" && !slices.Contains(client.PostLogoutRedirectURIs, back)) {
		s.pages.Refuse(w, q.Get("client_id"), org.OAuth("invalid_request", "The 'returnTo' parameter must be one of the client's Allowed Logout URLs."))
		return
	}
	user := ""
	if session, live := s.org.Sessions.Get(org.CookieSession(r), false); live {
		user = session.UserID
	}
	s.org.EndSession(w, org.CookieSession(r))
	s.org.Note(org.Event{Name: org.EventSignedOut, Client: client.ID, User: user, Issuer: s.servers.Issuer()})
	if back == "" {
		s.pages.Render(w, http.StatusOK, "signedout", page.Page{Title: "Signed out"})
		return
	}
	org.Redirect(w, r, back, http.StatusFound)
}
