package signin

import (
	"net/url"
	"strings"
)

// idxState is a sign-in in the form of the Identity Engine's API: what the
// user may do next is its remediation.
func (s *SignIn) idxState(t Transaction) map[string]any {
	a := t.Request
	state := map[string]any{
		"version":     "1.0.0",
		"stateHandle": t.StateToken,
		"expiresAt":   idxTime(t.created.Add(Age)),
		"intent":      "LOGIN",
		"app":         appObject(a.Client),
		"authentication": map[string]any{"type": "object", "value": map[string]any{
			"protocol": "OAUTH2.0",
			"issuer":   map[string]any{"name": s.org.Name, "uri": a.Issuer.URL},
			"request": map[string]any{
				"client_id": a.Client.ID, "redirect_uri": a.RedirectURI, "response_type": "code", "scope": strings.Join(a.Scopes, " "),
			},
		}},
	}
	if t.step == stepDone {
		// No rel here: the widget takes what has one for a form to send.
		state["success"] = map[string]any{
			"name": "success-redirect", "href": s.org.PublicURL + tokenRedirectURL(t.StateToken),
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

func (s *SignIn) addIdentifyStep(state map[string]any, t Transaction) {
	offers := []any{}
	way := s.ways(t.Request.Client.ID)
	if way.Okta {
		name := map[string]any{"name": "identifier", "label": "Username", "required": true}
		if t.Identifier != "" {
			name["value"] = t.Identifier
		}
		offers = append(offers, s.idxForm("identify", "identify",
			blank(name, t.fieldMessage),
			map[string]any{"name": "rememberMe", "type": "boolean", "label": "Remember this device"},
			stateHandle(t)))
	}
	for _, p := range way.Providers {
		offers = append(offers, map[string]any{
			"name": "redirect-idp", "type": "OIDC", "method": "GET",
			"idp":  map[string]any{"id": p.ID, "name": p.Name},
			"href": s.org.PublicURL + ssoURL(p.ID, t.StateToken),
		})
	}
	state["remediation"] = map[string]any{"type": "array", "value": offers}
}

func (s *SignIn) addPasswordStep(state map[string]any, t Transaction) {
	password := map[string]any{
		"type": "password", "key": "okta_password", "id": "lae" + t.Request.Client.ID, "displayName": "Password",
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
	state["user"] = map[string]any{"type": "object", "value": map[string]any{"identifier": t.Identifier}}
}

// idxForm is one remediation that is sent back as JSON.
func (s *SignIn) idxForm(name, path string, fields ...map[string]any) map[string]any {
	return map[string]any{
		"rel": []string{"create-form"}, "name": name, "href": s.org.PublicURL + "/idp/idx/" + path, "method": "POST",
		"produces": ionType, "accepts": "application/json; okta-version=1.0.0", "value": fields,
	}
}

func stateHandle(t Transaction) map[string]any {
	return map[string]any{"name": "stateHandle", "required": true, "value": t.StateToken, "visible": false, "mutable": false}
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
