package okta

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// serveToken is the token endpoint (Okta: OpenID Connect & OAuth 2.0 API, /token).
func (s *Server) serveToken(iss *issuer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		client, ok := s.clientRequest(w, r, iss)
		if !ok {
			return
		}
		var (
			g       *grant
			refresh string
			refusal *protocolError
		)
		kind := r.PostForm.Get("grant_type")
		switch kind {
		case "authorization_code":
			g, refresh, refusal = s.fromCode(client, r.PostForm)
		case "refresh_token":
			g, refresh, refusal = s.fromRefresh(client, r.PostForm)
		case "":
			refusal = &protocolError{"invalid_request", "The token request must have a 'grant_type' parameter."}
		default:
			refusal = &protocolError{"unsupported_grant_type", "The authorization grant type is not supported by the authorization server. Configured grant types: [authorization_code, refresh_token]."}
		}
		if refusal == nil && g.issuer != iss {
			refusal = &protocolError{"invalid_grant", textBadCode}
		}
		if refusal == nil {
			refusal = s.checkUser(g, kind)
		}
		if refusal != nil {
			s.refuseToken(w, client.ID, iss, refusal)
			return
		}
		s.issueTokens(w, g, kind, refresh, r.PostForm.Get("scope"))
	}
}

func (s *Server) fromCode(client *Client, form url.Values) (*grant, string, *protocolError) {
	g, refusal := s.grants.redeemCode(form.Get("code"), client.ID, form.Get("redirect_uri"), form.Get("code_verifier"))
	if refusal != nil {
		return nil, "", refusal
	}
	refresh := ""
	if g.has("offline_access") {
		refresh = s.grants.issueRefresh(g)
	}
	return g, refresh, nil
}

func (s *Server) fromRefresh(client *Client, form url.Values) (*grant, string, *protocolError) {
	value := form.Get("refresh_token")
	if g, _, live := s.grants.liveRefresh(value); live {
		for scope := range strings.FieldsSeq(form.Get("scope")) {
			if !g.has(scope) {
				return nil, "", &protocolError{"invalid_scope", "The requested scopes exceed the scopes of the original request."}
			}
		}
	}
	g, next, reused := s.grants.useRefresh(value, client.ID)
	if reused {
		s.events.add(Event{Name: EventRefreshReuseDetected, Client: client.ID, User: g.userID, Issuer: g.issuer.url})
	}
	if g == nil || reused {
		return nil, "", &protocolError{"invalid_grant", textBadRefresh}
	}
	return g, next, nil
}

// checkUser refuses a user who was disabled or lost the app since the sign-in.
func (s *Server) checkUser(g *grant, kind string) *protocolError {
	user, ok := s.users.find(g.userID)
	if ok && !user.Disabled && user.assignedTo(g.client.ID) {
		return nil
	}
	if kind == "refresh_token" {
		return &protocolError{"invalid_grant", textBadRefresh}
	}
	return &protocolError{"invalid_grant", textBadCode}
}

// issueTokens writes the token response. scope narrows a refresh.
func (s *Server) issueTokens(w http.ResponseWriter, g *grant, kind, refresh, scope string) {
	scopes := g.scopes
	if kind == "refresh_token" && scope != "" {
		scopes = strings.Fields(scope)
	}
	if s.fault(FaultTokenGarbage) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<html>not JSON</html>"))
		return
	}
	access, err := s.newAccessToken(g, scopes)
	if err != nil {
		s.internalError(w, err)
		return
	}
	body := map[string]any{
		"token_type":   "Bearer",
		"expires_in":   int(tokenAge.Seconds()),
		"access_token": access,
		"scope":        strings.Join(scopes, " "),
	}
	if refresh != "" {
		body["refresh_token"] = refresh
	}
	if slices.Contains(scopes, "openid") {
		idToken, err := s.newIDToken(g, scopes, access, kind)
		if err != nil {
			s.internalError(w, err)
			return
		}
		if !s.fault(FaultMissingIDToken) {
			body["id_token"] = idToken
		}
	}
	s.events.add(Event{Name: EventTokenIssued, Client: g.client.ID, User: g.userID, Issuer: g.issuer.url, Detail: kind})
	writeJSON(w, http.StatusOK, body)
}
