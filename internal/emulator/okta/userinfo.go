package okta

import (
	"net/http"
	"slices"
	"strings"
)

// serveUserinfo is the userinfo endpoint (OpenID Connect Core 5.3; Okta:
// OpenID Connect & OAuth 2.0 API, /userinfo).
func (s *Server) serveUserinfo(iss *issuer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache, no-store")
		scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		t, ok := s.grants.liveAccess(value)
		if !strings.EqualFold(scheme, "Bearer") || !ok || t.grant.issuer != iss {
			s.refuseUserinfo(w, iss, http.StatusUnauthorized, "invalid_token", "The access token is invalid.")
			return
		}
		user, ok := s.users.find(t.grant.userID)
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
		if s.fault(FaultUserinfoOtherSub) {
			claims["sub"] = s.users.newID()
		}
		s.events.add(Event{Name: EventUserinfoServed, Client: t.grant.client.ID, User: user.ID, Issuer: iss.url})
		if s.fault(FaultUserinfoGarbage) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte("<html>not JSON</html>"))
			return
		}
		writeJSON(w, http.StatusOK, claims)
	}
}

func (s *Server) refuseUserinfo(w http.ResponseWriter, iss *issuer, status int, code, description string) {
	s.events.add(Event{Name: EventUserinfoRefused, Issuer: iss.url, Code: code, Detail: description})
	w.Header().Set("WWW-Authenticate", `Bearer authorization_uri="`+iss.endpoint("authorize")+`", realm="`+iss.url+
		`", scope="openid", error="`+code+`", error_description="`+description+`"`)
	w.WriteHeader(status)
}
