package management

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/federation"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/signin"
)

// checkIdentityProvider checks an OpenID Connect identity provider (Okta:
// Identity Providers API).
func (m *API) checkIdentityProvider(o managed) *apiError {
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
func (m *API) checkRule(o managed) *apiError {
	if text(o, "name") == "" || text(o, "type") != "IDP_DISCOVERY" {
		return invalid("type", "only identity provider routing rules are emulated")
	}
	providers := inner(o, "actions", "idp", "providers")
	if len(providers) == 0 || len(providers) > 10 {
		return invalid("providers", "1 to 10 providers are needed")
	}
	for _, provider := range providers {
		if text(provider, "type") != "OKTA" && !m.has("idps", text(provider, "id")) {
			return invalid("providers", "unknown identity provider")
		}
	}
	for _, app := range inner(o, "conditions", "app", "include") {
		if text(app, "type") == "APP" && !m.has("apps", text(app, "id")) {
			return invalid("app", "unknown app")
		}
	}
	return nil
}

func (m *API) has(path, id string) bool {
	return slices.ContainsFunc(m.objects[path], func(o managed) bool { return o["id"] == id })
}

// providerChanged makes the object an identity provider of the emulator.
func (m *API) providerChanged(o managed) *apiError {
	trust, _ := at(o, "policy", "trustClaims").(bool)
	p := federation.IdentityProvider{
		ID: text(o, "id"), Name: text(o, "name"), Issuer: text(o, "protocol", "issuer", "url"),
		AuthorizationEndpoint: text(o, "protocol", "endpoints", "authorization", "url"),
		TokenEndpoint:         text(o, "protocol", "endpoints", "token", "url"),
		JWKSURI:               text(o, "protocol", "endpoints", "jwks", "url"),
		ClientID:              text(o, "protocol", "credentials", "client", "client_id"),
		ClientSecret:          text(o, "protocol", "credentials", "client", "client_secret"),
		Scopes:                texts(o, "protocol", "scopes"),
		UserNameTemplate:      text(o, "policy", "subject", "userNameTemplate", "template"),
		SubjectFilter:         text(o, "policy", "subject", "filter"),
		MatchType:             text(o, "policy", "subject", "matchType"),
		MatchAttribute:        text(o, "policy", "subject", "matchAttribute"),
		LinkDisabled:          text(o, "policy", "accountLink", "action") == "DISABLED",
		TrustClaims:           trust,
		Inactive:              text(o, "status") == "INACTIVE",
	}
	err := m.federation.SetIdentityProvider(p)
	if errors.Is(err, federation.ErrNoIdentityProvider) {
		_, err = m.federation.AddIdentityProvider(p)
	}
	if err != nil {
		return invalid("protocol", err.Error())
	}
	return nil
}

// ruleChanged takes the rules over, the latest in the place of its former self.
// As at Okta a lower priority comes first.
func (m *API) ruleChanged(latest managed) *apiError {
	var all []managed
	for path, list := range m.objects {
		if strings.HasPrefix(path, "policies/") {
			all = append(all, list...)
		}
	}
	for i, o := range all {
		if o["id"] == latest["id"] {
			all[i] = latest
		}
	}
	slices.SortStableFunc(all, func(a, b managed) int {
		first, _ := a["priority"].(float64)
		second, _ := b["priority"].(float64)
		return cmp.Compare(first, second)
	})
	var rules []federation.RoutingRule
	for _, o := range all {
		rule := federation.RoutingRule{WithoutOkta: true}
		for _, app := range inner(o, "conditions", "app", "include") {
			rule.Clients = append(rule.Clients, text(app, "id"))
		}
		for _, p := range inner(o, "actions", "idp", "providers") {
			if text(p, "type") == "OKTA" {
				rule.WithoutOkta = false
			} else {
				rule.Providers = append(rule.Providers, text(p, "id"))
			}
		}
		if text(o, "status") != "INACTIVE" {
			rules = append(rules, rule)
		}
	}
	if err := m.federation.SetRoutingRules(rules...); err != nil {
		return invalid("providers", err.Error())
	}
	return nil
}

// pagePublished shows the page to users.
func (m *API) pagePublished(o managed) *apiError {
	err := m.signIn.SetSignInPage(signin.SignInPage{
		Template:   text(o, "pageContent"),
		Generation: text(o, "widgetCustomizations", "widgetGeneration"),
		PolicyMode: text(o, "contentSecurityPolicySetting", "mode"),
		Sources:    texts(o, "contentSecurityPolicySetting", "srcList"),
	})
	if err != nil {
		return invalid("pageContent", err.Error())
	}
	return nil
}

// inner lists the objects of an array inside an object.
func inner(o managed, path ...string) []managed {
	list, _ := at(o, path...).([]any)
	var all []managed
	for _, v := range list {
		one, _ := v.(map[string]any)
		all = append(all, one)
	}
	return all
}
