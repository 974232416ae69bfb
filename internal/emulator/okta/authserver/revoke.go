package authserver

import (
	"net/http"
	"strings"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
)

// serveRevoke is token revocation (RFC 7009): 200 for any token that the
// client may name, known or not.
func (s *Servers) serveRevoke(iss *Issuer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		client, ok := s.clientRequest(w, r, iss)
		if !ok {
			return
		}
		value := r.PostForm.Get("token")
		if value == "" {
			s.refuseToken(w, client.ID, iss, org.OAuth("invalid_request", "The 'token' parameter is required."))
			return
		}
		if g, found := s.grants.revoke(value, client.ID); found {
			s.org.Note(org.Event{Name: org.EventTokenRevoked, Client: client.ID, User: g.userID, Issuer: iss.URL})
		}
		w.WriteHeader(http.StatusOK)
	}
}

// serveIntrospect is token introspection (RFC 7662) for access and refresh tokens.
func (s *Servers) serveIntrospect(iss *Issuer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		client, ok := s.clientRequest(w, r, iss)
		if !ok {
			return
		}
		value := r.PostForm.Get("token")
		if t, live := s.grants.liveAccess(value); live && t.grant.issuer == iss && t.grant.client == client {
			body := s.introspection(t.grant, t.scopes, t.expires)
			body["token_type"] = "Bearer"
			body["jti"] = t.id
			body["iat"] = org.Seconds(t.issued)
			org.WriteJSON(w, http.StatusOK, body)
			return
		}
		if g, expires, live := s.grants.liveRefresh(value); live && g.issuer == iss && g.client == client {
			org.WriteJSON(w, http.StatusOK, s.introspection(g, g.scopes, expires))
			return
		}
		org.WriteJSON(w, http.StatusOK, map[string]any{"active": false})
	}
}

func (s *Servers) introspection(g *grant, scopes []string, expires time.Time) map[string]any {
	user, ok := s.org.User(g.userID)
	if !ok || user.Disabled {
		return map[string]any{"active": false}
	}
	return map[string]any{
		"active":    true,
		"iss":       g.issuer.URL,
		"sub":       user.Login,
		"uid":       user.ID,
		"username":  user.Login,
		"client_id": g.client.ID,
		"scope":     strings.Join(scopes, " "),
		"exp":       org.Seconds(expires),
	}
}
