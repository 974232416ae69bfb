package okta

import (
	"net/http"
	"strings"
)

// issuer is one authorization server of the org.
type issuer struct {
	// url is the iss of its tokens, without a trailing slash.
	url string
	// base is the path that its endpoints stand under.
	base   string
	public string
	// custom tells a custom authorization server from the org's own.
	custom bool
	keys   *keyring
}

func (i *issuer) endpoint(name string) string { return i.public + i.base + "/" + name }

// path is the issuer's own path on the host: empty for the org.
func (i *issuer) path() string { return strings.TrimPrefix(i.url, i.public) }

func (i *issuer) scopes() []string {
	return []string{"openid", "email", "profile", "address", "phone", "offline_access", "groups"}
}

// serveDiscovery is OpenID Connect Discovery with the fields of Okta's answer
// (Okta: OpenID Connect & OAuth 2.0 API, /.well-known/openid-configuration).
// It advertises only what this emulator does, plus the registration endpoint,
// which Okta lists always.
func (s *Server) serveDiscovery(iss *issuer) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		doc := discoveryDocument(iss)
		if s.fault(FaultDiscoveryWrongIssuer) {
			doc["issuer"] = "https://wrong-issuer.example"
		}
		if s.fault(FaultDiscoveryNoLogout) {
			delete(doc, "end_session_endpoint")
		}
		s.events.add(Event{Name: EventDiscoveryServed, Issuer: iss.url})
		w.Header().Set("Cache-Control", "max-age=86400, must-revalidate")
		if s.fault(FaultDiscoveryGarbage) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte("<html>not JSON</html>"))
			return
		}
		writeJSON(w, http.StatusOK, doc)
	}
}

func discoveryDocument(iss *issuer) map[string]any {
	auth := []string{"client_secret_basic", "client_secret_post", "none"}
	return map[string]any{
		"issuer":                                        iss.url,
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
		"scopes_supported":                              iss.scopes(),
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
