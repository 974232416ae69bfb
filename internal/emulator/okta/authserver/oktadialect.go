package authserver

import (
	"fmt"
	"slices"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
)

// oktaDialect is an Okta authorization server, the org's own or a custom one.
type oktaDialect struct {
	org *org.Org
	// base is the path that its endpoints stand under.
	base string
}

func (d *oktaDialect) path(endpoint string) string { return d.base + "/" + endpoint }

// scopes: Okta refuses a request for any other.
func (d *oktaDialect) scopes() ([]string, bool) {
	return []string{"openid", "email", "profile", "address", "phone", "offline_access", "groups"}, true
}

// metadata has the fields of Okta's answer (Okta: OpenID Connect & OAuth 2.0
// API, /.well-known/openid-configuration), with the registration endpoint,
// which Okta lists always.
func (d *oktaDialect) metadata(iss *Issuer) map[string]any {
	scopes, _ := d.scopes()
	auth := []string{"client_secret_basic", "client_secret_post", "none"}
	return map[string]any{
		"issuer":                                        iss.URL,
		"authorization_endpoint":                        iss.endpoint("authorize"),
		"token_endpoint":                                iss.endpoint("token"),
		"userinfo_endpoint":                             iss.endpoint("userinfo"),
		"registration_endpoint":                         iss.public + "/oauth2/v1/clients",
		"jwks_uri":                                      iss.endpoint("keys"),
		"end_session_endpoint":                          iss.endpoint("logout"),
		"introspection_endpoint":                        iss.endpoint("introspect"),
		"revocation_endpoint":                           iss.endpoint("revoke"),
		"response_types_supported":                      []string{"code"},
		"response_modes_supported":                      []string{"query", "fragment", "form_post"},
		"grant_types_supported":                         []string{"authorization_code", "refresh_token"},
		"subject_types_supported":                       []string{"public"},
		"id_token_signing_alg_values_supported":         []string{"RS256"},
		"scopes_supported":                              scopes,
		"code_challenge_methods_supported":              []string{"S256"},
		"token_endpoint_auth_methods_supported":         auth,
		"introspection_endpoint_auth_methods_supported": auth,
		"revocation_endpoint_auth_methods_supported":    auth,
		"request_parameter_supported":                   false,
		"claims_supported": []string{
			"iss", "ver", "sub", "aud", "iat", "exp", "jti", "auth_time", "amr", "idp", "nonce", "name",
			"nickname", "preferred_username", "given_name", "middle_name", "family_name", "email",
			"email_verified", "profile", "zoneinfo", "locale", "address", "phone_number", "picture",
			"website", "gender", "birthdate", "updated_at", "at_hash", "c_hash",
		},
	}
}

// addSignIn adds Okta's claims (Okta: OpenID Connect & OAuth 2.0 API, "ID token
// claims").
func (d *oktaDialect) addSignIn(claims map[string]any, g *grant, access string) string {
	mark := "ID." + org.RandomToken()
	claims["ver"] = 1
	claims["jti"] = mark
	claims["amr"] = g.amr
	claims["idp"] = g.idp
	claims["auth_time"] = org.Seconds(g.authTime)
	claims["at_hash"] = halfHash(access)
	if g.acr != "" {
		claims["acr"] = g.acr
	}
	return mark
}

func (d *oktaDialect) addUser(claims map[string]any, user org.User, scopes []string, _ place) {
	set := func(name, value string) {
		if value != "" {
			claims[name] = value
		}
	}
	if slices.Contains(scopes, "profile") {
		set("name", user.Name())
		set("preferred_username", user.Login)
		set("given_name", user.FirstName)
		set("family_name", user.LastName)
		claims["locale"] = "en_US"
		claims["zoneinfo"] = "America/Los_Angeles"
		claims["updated_at"] = org.Seconds(user.UpdatedAt)
	}
	if slices.Contains(scopes, "email") && user.Email != "" && !d.org.Fires(org.FaultMissingEmail) {
		claims["email"] = user.Email
		claims["email_verified"] = user.EmailVerified
	}
	if slices.Contains(scopes, "groups") {
		groups := slices.Concat([]string{"Everyone"}, user.Groups)
		if d.org.Fires(org.FaultManyGroups) {
			for i := len(groups); i < 150; i++ {
				groups = append(groups, fmt.Sprintf("app-department-with-a-long-name-%03d", i))
			}
		}
		claims["groups"] = groups
	}
}
