package signout

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/authserver"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/page"
)

// logoutHint is what the emulator reads from an id_token_hint.
type logoutHint struct {
	Issuer  string `json:"iss"`
	Subject string `json:"sub"`
	Client  string `json:"aud"`
	ID      string `json:"jti"` // of Okta's
	Session string `json:"sid"` // of Auth0's
}

// serveLogout is the end session endpoint (OpenID Connect RP-Initiated Logout;
// Okta: OpenID Connect & OAuth 2.0 API, /logout). Unlike the standard, Okta
// requires the hint.
func (s *SignOut) serveLogout(iss *authserver.Issuer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			s.pages.Refuse(w, "", org.OAuth("invalid_request", "The request cannot be read."))
			return
		}
		hint, client, refusal := s.checkHint(iss, r.Form.Get("id_token_hint"))
		if refusal != nil {
			s.pages.Refuse(w, "", refusal)
			return
		}
		back := r.Form.Get("post_logout_redirect_uri")
		if back != "" && !slices.Contains(client.PostLogoutRedirectURIs, back) {
			s.pages.Refuse(w, client.ID, org.OAuth(
				"invalid_request",
				"The 'post_logout_redirect_uri' parameter must be a Logout redirect URI in the client app settings.",
			))
			return
		}
		ending := s.endingSession(r, hint)
		if refusal := s.signOut(w, r, hint); refusal != nil {
			s.pages.Refuse(w, client.ID, refusal)
			return
		}
		s.org.Note(org.Event{Name: org.EventSignedOut, Client: client.ID, User: hint.Subject, Issuer: iss.URL})
		if s.tellParticipants(w, r, ending, client, back) {
			return
		}
		if back == "" {
			s.pages.Render(w, http.StatusOK, "signedout", page.Page{Title: "Signed out"})
			return
		}
		if state := r.Form.Get("state"); state != "" {
			back = org.WithQuery(back, url.Values{"state": {state}})
		}
		org.Redirect(w, r, back, http.StatusFound)
	}
}

// checkHint takes an ID token that this issuer signed for a client it knows,
// expired ones and those of rotated keys included.
func (s *SignOut) checkHint(iss *authserver.Issuer, raw string) (logoutHint, *org.Client, *org.OAuthError) {
	if raw == "" {
		return logoutHint{}, nil, org.OAuth("invalid_request", "The 'id_token_hint' parameter is required.")
	}
	invalid := org.OAuth("invalid_request", "The 'id_token_hint' parameter is not a valid ID token of this authorization server.")
	payload, err := iss.Verify(raw)
	if err != nil {
		return logoutHint{}, nil, invalid
	}
	var hint logoutHint
	if json.Unmarshal(payload, &hint) != nil || hint.Issuer != iss.URL {
		return logoutHint{}, nil, invalid
	}
	client, ok := s.org.Client(hint.Client)
	if !ok {
		return logoutHint{}, nil, invalid
	}
	return hint, client, nil
}

// signOut ends the browser's session if it is the hint's user's. Without a
// session cookie (a form posted from another site brings none) it ends the
// session that the ID token came from.
func (s *SignOut) signOut(w http.ResponseWriter, r *http.Request, hint logoutHint) *org.OAuthError {
	id := org.CookieSession(r)
	session, live := s.org.Sessions.Get(id, false)
	if !live {
		id = s.org.Sessions.OfToken(cmp.Or(hint.ID, hint.Session))
		session, live = s.org.Sessions.Get(id, false)
	}
	if live && session.UserID != hint.Subject {
		return org.OAuth("invalid_request", "The subject of the 'id_token_hint' does not match the current session.")
	}
	s.org.EndSession(w, id)
	return nil
}
