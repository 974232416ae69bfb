package authserver

import (
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"slices"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
)

// Auth0 is a tenant of Auth0 (Okta Customer Identity Cloud) with the emulator's
// users, clients, sessions and faults. What differs from an org is what apps
// see: an issuer with a trailing slash, Auth0's paths, a pipe in the sub, claims
// that an Action adds, no groups, no idp, two addresses to sign out. The sign-in
// page is the emulator's own and stands in for Universal Login; texts of errors
// are Okta's, and so is that /oidc/logout wants a hint.
//
// Sources: Auth0's Authentication API, "ID Token Structure", "OpenID Connect
// Scopes", "Create Custom Claims" and "Log Users Out of Auth0 with OIDC
// Endpoint".
type Auth0 struct {
	// Action plays a post-login Action. Its claims are added to the ID token, as
	// by api.idToken.setCustomClaim, and UserinfoAction's to userinfo. Standard
	// claims and those that Auth0 keeps to itself stay as they are.
	Action         func(org.User) map[string]any
	UserinfoAction func(org.User) map[string]any
	// MultiFactor makes every sign-in one with a second factor.
	MultiFactor bool
	// NoLogoutMetadata leaves the sign-out address out of the metadata, as at
	// tenants made before 14 November 2023.
	NoLogoutMetadata bool
}

// multiFactorACR is the acr after a second factor (OpenID PAPE 1.0 section 4).
const multiFactorACR = "http://schemas.openid.net/pape/policies/2007/06/multi-factor"

func (a *Auth0) path(endpoint string) string {
	return map[string]string{ //nolint:gosec // paths, no credentials
		"authorize": "/authorize", "token": "/oauth/token", "userinfo": "/userinfo", "keys": "/.well-known/jwks.json",
		"logout": "/oidc/logout", "revoke": "/oauth/revoke",
	}[endpoint]
}

// scopes: Auth0 leaves out what it does not know, groups among it.
func (a *Auth0) scopes() ([]string, bool) {
	return []string{"openid", "profile", "email", "address", "phone", "offline_access"}, false
}

func (a *Auth0) metadata(iss *Issuer) map[string]any {
	scopes, _ := a.scopes()
	doc := map[string]any{
		"issuer":                                iss.URL,
		"authorization_endpoint":                iss.endpoint("authorize"),
		"token_endpoint":                        iss.endpoint("token"),
		"userinfo_endpoint":                     iss.endpoint("userinfo"),
		"jwks_uri":                              iss.endpoint("keys"),
		"revocation_endpoint":                   iss.endpoint("revoke"),
		"end_session_endpoint":                  iss.endpoint("logout"),
		"scopes_supported":                      scopes,
		"response_types_supported":              []string{"code"},
		"response_modes_supported":              []string{"query", "fragment", "form_post"},
		"subject_types_supported":               []string{"public"},
		"code_challenge_methods_supported":      []string{"S256"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
		// Auth0 lists HS256 too: an app may be set to it. This one is not.
		"id_token_signing_alg_values_supported": []string{"HS256", "RS256"},
		"request_parameter_supported":           false,
		"request_uri_parameter_supported":       false,
		"claims_supported": []string{
			"aud", "auth_time", "created_at", "email", "email_verified", "exp", "family_name", "given_name", "iat", "identities",
			"iss", "name", "nickname", "phone_number", "picture", "sub",
		},
	}
	if a.NoLogoutMetadata {
		delete(doc, "end_session_endpoint")
	}
	return doc
}

func (a *Auth0) addSignIn(claims map[string]any, g *grant, _ string) string {
	mark := org.SID(g.sessionID) // as its logout tokens have it
	claims["sid"] = mark
	if g.aged {
		claims["auth_time"] = org.Seconds(g.authTime)
	}
	if a.MultiFactor {
		claims["amr"], claims["acr"] = []string{"mfa"}, multiFactorACR
	}
	return mark
}

func (a *Auth0) addUser(claims map[string]any, user org.User, scopes []string, in place) {
	if slices.Contains(scopes, "profile") {
		claims["name"], claims["nickname"] = user.Name(), user.Login
		claims["updated_at"] = user.UpdatedAt.UTC().Format(time.RFC3339Nano) // a text, against OpenID Connect Core 5.1
		if user.FirstName != "" {
			claims["given_name"] = user.FirstName
		}
		if user.LastName != "" {
			claims["family_name"] = user.LastName
		}
	}
	if slices.Contains(scopes, "email") && user.Email != "" {
		claims["email"], claims["email_verified"] = user.Email, user.EmailVerified
	}
	action := a.Action
	if in == inUserinfo {
		action = a.UserinfoAction
	}
	if action == nil {
		return
	}
	for name, value := range action(user) {
		if !auth0Keeps(name) {
			claims[name] = value
		}
	}
}

// auth0Keeps reports whether an Action cannot set a claim: only those named by a
// URI of the customer's are free without a doubt.
func auth0Keeps(name string) bool {
	u, err := url.Parse(name)
	return err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == ""
}

// NewAuth0UserID makes the id of a user of the database connection.
func NewAuth0UserID() string {
	b := make([]byte, 12)
	_, _ = rand.Read(b) // never fails
	return "auth0|" + hex.EncodeToString(b)
}
