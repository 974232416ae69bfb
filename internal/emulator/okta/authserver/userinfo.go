package authserver

import (
	"net/http"
	"slices"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
)

// serveUserinfo is the userinfo endpoint (OpenID Connect Core 5.3; Okta:
// OpenID Connect & OAuth 2.0 API, /userinfo).
func (s *Servers) serveUserinfo(iss *Issuer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache, no-store")
		scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		t, ok := s.grants.liveAccess(value)
		if !strings.EqualFold(scheme, "Bearer") || !ok || t.grant.issuer != iss {
			s.refuseUserinfo(w, iss, http.StatusUnauthorized, "invalid_token", "The access token is invalid.")
			return
		}
		user, ok := s.org.User(t.grant.userID)
		if !ok || user.Disabled {
			s.refuseUserinfo(w, iss, http.StatusUnauthorized, "invalid_token", "The access token is invalid.")
			return
		}
		if !slices.Contains(t.scopes, "openid") {
			s.refuseUserinfo(w, iss, http.StatusForbidden, "insufficient_scope", "The access token must provide access to at least one of these scopes - profile, email, address or phone")
			return
		}
		claims := map[string]any{"sub": user.ID}
		iss.addUser(claims, user, t.scopes, inUserinfo)
		if s.org.Fires(org.FaultUserinfoOtherSub) {
			claims["sub"] = s.org.NewUserID()
		}
		s.org.Note(org.Event{Name: org.EventUserinfoServed, Client: t.grant.client.ID, User: user.ID, Issuer: iss.URL})
		if s.org.Fires(org.FaultUserinfoGarbage) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte("<html>not JSON</html>"))
			return
		}
		org.WriteJSON(w, http.StatusOK, claims)
	}
}

func (s *Servers) refuseUserinfo(w http.ResponseWriter, iss *Issuer, status int, code, description string) {
	s.org.Note(org.Event{Name: org.EventUserinfoRefused, Issuer: iss.URL, Code: code, Detail: description})
	w.Header().Set("WWW-Authenticate", `Bearer authorization_uri="`+iss.endpoint("authorize")+`", realm="`+iss.URL+
		`", scope="openid", error="`+code+`", error_description="`+description+`"`)
	w.WriteHeader(status)
}
