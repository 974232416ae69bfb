package okta

import "slices"

// checkIdentityProvider checks an OpenID Connect identity provider (Okta:
// Identity Providers API).
func (m *managementAPI) checkIdentityProvider(o managed) *managementError {
	if text(o, "type") != "OIDC" || text(o, "protocol", "type") != "OIDC" {
		return invalid("type", "only OIDC providers are emulated")
	}
	for _, path := range [][]string{
		{"name"},
		{"protocol", "issuer", "url"},
		{"protocol", "endpoints", "authorization", "url"},
		{"protocol", "endpoints", "token", "url"},
		{"protocol", "endpoints", "jwks", "url"},
		{"protocol", "credentials", "client", "client_id"},
		{"policy", "subject", "userNameTemplate", "template"},
		{"policy", "subject", "matchType"},
	} {
		if text(o, path...) == "" {
			return invalid(path[len(path)-1], "The field cannot be left blank")
		}
	}
	if !slices.Contains(texts(o, "protocol", "scopes"), "openid") {
		return invalid("scopes", "'openid' is needed")
	}
	return nil
}

// checkRule checks a routing rule: the providers and apps that it names must be
// there (Okta: Policies API, "IDP_DISCOVERY" rules).
func (m *managementAPI) checkRule(o managed) *managementError {
	if text(o, "name") == "" || text(o, "type") != "IDP_DISCOVERY" {
		return invalid("type", "only identity provider routing rules are emulated")
	}
	providers, _ := at(o, "actions", "idp", "providers").([]any)
	if len(providers) == 0 || len(providers) > 10 {
		return invalid("providers", "1 to 10 providers are needed")
	}
	for _, p := range providers {
		provider, _ := p.(map[string]any)
		if text(provider, "type") != "OKTA" && !m.has("idps", text(provider, "id")) {
			return invalid("providers", "unknown identity provider")
		}
	}
	apps, _ := at(o, "conditions", "app", "include").([]any)
	for _, a := range apps {
		if app, _ := a.(map[string]any); text(app, "type") == "APP" && !m.has("apps", text(app, "id")) {
			return invalid("app", "unknown app")
		}
	}
	return nil
}

func (m *managementAPI) has(path, id string) bool {
	return slices.ContainsFunc(m.objects[path], func(o managed) bool { return o["id"] == id })
}
