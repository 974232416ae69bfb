package okta

import (
	"net/url"
	"strings"
)

// idxState is a sign-in in the form of the Identity Engine's API: what the
// user may do next is its remediation.
func (s *Server) idxState(t transaction) map[string]any {
	a := t.request
	state := map[string]any{
		"version":     "1.0.0",
		"stateHandle": t.stateToken,
		"expiresAt":   idxTime(t.created.Add(transactionAge)),
		"intent":      "LOGIN",
		"app":         appObject(a.client),
		"authentication": map[string]any{"type": "object", "value": map[string]any{
			"protocol": "OAUTH2.0",
			"issuer":   map[string]any{"name": s.config.OrgName, "uri": a.issuer.url},
			"request": map[string]any{
				"client_id": a.client.ID, "redirect_uri": a.redirectURI, "response_type": "code", "scope": strings.Join(a.scopes, " "),
			},
		}},
	}
	if t.step == stepDone {
		// No rel here: the widget takes what has one for a form to send.
		state["success"] = map[string]any{
			"name": "success-redirect", "href": s.config.PublicURL + tokenRedirectURL(t.stateToken),
		}
		return state
	}
	state["cancel"] = s.idxForm("cancel", "cancel", stateHandle(t))
	if t.message != "" {
		state["messages"] = idxMessages(t.messageKey, t.message)
	}
	if t.step == stepPassword {
		s.addPasswordStep(state, t)
	} else {
		s.addIdentifyStep(state, t)
	}
	return state
}

func (s *Server) addIdentifyStep(state map[string]any, t transaction) {
	offers := []any{}
	way := s.idps.route(t.request.client.ID)
	if way.okta {
		name := map[string]any{"name": "identifier", "label": "Username", "required": true}
		if t.identifier != "" {
			name["value"] = t.identifier
		}
		offers = append(offers, s.idxForm("identify", "identify",
			blank(name, t.fieldMessage),
			map[string]any{"name": "rememberMe", "type": "boolean", "label": "Remember this device"},
			stateHandle(t)))
	}
	for _, p := range way.providers {
		offers = append(offers, map[string]any{
			"name": "redirect-idp", "type": "OIDC", "method": "GET",
			"idp":  map[string]any{"id": p.ID, "name": p.Name},
			"href": s.config.PublicURL + ssoURL(p.ID, t.stateToken),
		})
	}
	state["remediation"] = map[string]any{"type": "array", "value": offers}
}

func (s *Server) addPasswordStep(state map[string]any, t transaction) {
	password := map[string]any{
		"type": "password", "key": "okta_password", "id": "lae" + t.request.client.ID, "displayName": "Password",
		"methods": []any{map[string]any{"type": "password"}},
	}
	form := s.idxForm("challenge-authenticator", "challenge/answer",
		map[string]any{"name": "credentials", "type": "object", "required": true, "form": map[string]any{"value": []any{
			blank(map[string]any{"name": "passcode", "label": "Password", "secret": true}, t.fieldMessage),
		}}},
		stateHandle(t))
	form["relatesTo"] = []string{"$.currentAuthenticatorEnrollment"}
	state["remediation"] = map[string]any{"type": "array", "value": []any{form}}
	state["currentAuthenticatorEnrollment"] = map[string]any{"type": "object", "value": password}
	// Only the name that was typed: whether a user has it stays unknown.
	state["user"] = map[string]any{"type": "object", "value": map[string]any{"identifier": t.identifier}}
}

// idxForm is one remediation that is sent back as JSON.
func (s *Server) idxForm(name, path string, fields ...map[string]any) map[string]any {
	return map[string]any{
		"rel": []string{"create-form"}, "name": name, "href": s.config.PublicURL + "/idp/idx/" + path, "method": "POST",
		"produces": ionType, "accepts": "application/json; okta-version=1.0.0", "value": fields,
	}
}

func stateHandle(t transaction) map[string]any {
	return map[string]any{"name": "stateHandle", "required": true, "value": t.stateToken, "visible": false, "mutable": false}
}

// blank adds a field's own error.
func blank(field map[string]any, message string) map[string]any {
	if message != "" {
		field["messages"] = idxMessages(keyBlank, message)
	}
	return field
}

func ssoURL(idpID, stateToken string) string {
	return "/sso/idps/" + url.PathEscape(idpID) + "?" + url.Values{"stateToken": {stateToken}}.Encode()
}
