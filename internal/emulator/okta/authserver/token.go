package authserver

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
)

// serveToken is the token endpoint (Okta: OpenID Connect & OAuth 2.0 API, /token).
func (s *Servers) serveToken(iss *Issuer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		client, ok := s.clientRequest(w, r, iss)
		if !ok {
			return
		}
		var (
			g       *grant
			refresh string
			refusal *org.OAuthError
		)
		kind := r.PostForm.Get("grant_type")
		switch kind {
		case "authorization_code":
			g, refresh, refusal = s.fromCode(client, r.PostForm)
		case "refresh_token":
			g, refresh, refusal = s.fromRefresh(client, r.PostForm)
		case "":
			refusal = org.OAuth("invalid_request", "The token request must have a 'grant_type' parameter.")
		default:
			refusal = org.OAuth("unsupported_grant_type", "The authorization grant type is not supported by the authorization server. Configured grant types: [authorization_code, refresh_token].")
		}
		if refusal == nil && g.issuer != iss {
			refusal = org.OAuth("invalid_grant", textBadCode)
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

func (s *Servers) fromCode(client *org.Client, form url.Values) (*grant, string, *org.OAuthError) {
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

func (s *Servers) fromRefresh(client *org.Client, form url.Values) (*grant, string, *org.OAuthError) {
	value := form.Get("refresh_token")
	if g, _, live := s.grants.liveRefresh(value); live {
		for scope := range strings.FieldsSeq(form.Get("scope")) {
			if !g.has(scope) {
				return nil, "", org.OAuth("invalid_scope", "The requested scopes exceed the scopes of the original request.")
			}
		}
	}
	g, next, reused := s.grants.useRefresh(value, client.ID)
	if reused {
		s.org.Note(org.Event{Name: org.EventRefreshReuseDetected, Client: client.ID, User: g.userID, Issuer: g.issuer.URL})
	}
	if g == nil || reused {
		return nil, "", org.OAuth("invalid_grant", textBadRefresh)
	}
	return g, next, nil
}

// checkUser refuses a user who was disabled or lost the app since the sign-in.
func (s *Servers) checkUser(g *grant, kind string) *org.OAuthError {
	user, ok := s.org.User(g.userID)
	if ok && !user.Disabled && user.AssignedTo(g.client.ID) {
		return nil
	}
	if kind == "refresh_token" {
		return org.OAuth("invalid_grant", textBadRefresh)
	}
	return org.OAuth("invalid_grant", textBadCode)
}

// issueTokens writes the token response. scope narrows a refresh.
func (s *Servers) issueTokens(w http.ResponseWriter, g *grant, kind, refresh, scope string) {
	scopes := g.scopes
	if kind == "refresh_token" && scope != "" {
		scopes = strings.Fields(scope)
	}
	if s.org.Fires(org.FaultTokenGarbage) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<html>not JSON</html>"))
		return
	}
	access, err := s.newAccessToken(g, scopes)
	if err != nil {
		s.org.InternalError(w, err)
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
			s.org.InternalError(w, err)
			return
		}
		if !s.org.Fires(org.FaultMissingIDToken) {
			body["id_token"] = idToken
		}
	}
	s.org.Note(org.Event{Name: org.EventTokenIssued, Client: g.client.ID, User: g.userID, Issuer: g.issuer.URL, Detail: kind})
	org.WriteJSON(w, http.StatusOK, body)
}
