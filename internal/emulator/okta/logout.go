package okta

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
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
func (s *Server) serveLogout(iss *issuer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			s.refuse(w, "", &protocolError{"invalid_request", "The request cannot be read."})
			return
		}
		hint, client, refusal := s.checkHint(iss, r.Form.Get("id_token_hint"))
		if refusal != nil {
			s.refuse(w, "", refusal)
			return
		}
		back := r.Form.Get("post_logout_redirect_uri")
		if back != "" && !slices.Contains(client.PostLogoutRedirectURIs, back) {
			s.refuse(w, client.ID, &protocolError{
				"invalid_request",
				"The 'post_logout_redirect_uri' parameter must be a Logout redirect URI in the client app settings.",
			})
			return
		}
		ending := s.endingSession(r, hint)
		if refusal := s.signOut(w, r, hint); refusal != nil {
			s.refuse(w, client.ID, refusal)
			return
		}
		s.events.add(Event{Name: EventSignedOut, Client: client.ID, User: hint.Subject, Issuer: iss.url})
		if s.tellParticipants(w, r, ending, client, back) {
			return
		}
		if back == "" {
			s.render(w, http.StatusOK, "signedout", page{Title: "Signed out"})
			return
		}
		if state := r.Form.Get("state"); state != "" {
			back = withQuery(back, url.Values{"state": {state}})
		}
		s.redirect(w, r, back, http.StatusFound)
	}
}

// checkHint takes an ID token that this issuer signed for a client it knows,
// expired ones and those of rotated keys included.
func (s *Server) checkHint(iss *issuer, raw string) (logoutHint, *Client, *protocolError) {
	if raw == "" {
		return logoutHint{}, nil, &protocolError{"invalid_request", "The 'id_token_hint' parameter is required."}
	}
	invalid := &protocolError{"invalid_request", "The 'id_token_hint' parameter is not a valid ID token of this authorization server."}
	payload, err := iss.keys.verify(raw)
	if err != nil {
		return logoutHint{}, nil, invalid
	}
	var hint logoutHint
	if json.Unmarshal(payload, &hint) != nil || hint.Issuer != iss.url {
		return logoutHint{}, nil, invalid
	}
	client, ok := s.clients.get(hint.Client)
	if !ok {
		return logoutHint{}, nil, invalid
	}
	return hint, client, nil
}

// signOut ends the browser's session if it is the hint's user's. Without a
// session cookie (a form posted from another site brings none) it ends the
// session that the ID token came from.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request, hint logoutHint) *protocolError {
	id := sessionID(r)
	session, live := s.sessions.get(id, false)
	if !live {
		id = s.grants.sessionOf(cmp.Or(hint.ID, hint.Session))
		session, live = s.sessions.get(id, false)
	}
	if live && session.userID != hint.Subject {
		return &protocolError{"invalid_request", "The subject of the 'id_token_hint' does not match the current session."}
	}
	s.sessions.end(id)
	s.setCookie(w, sessionCookie, "", -1)
	return nil
}
