package doctor

import (
	"net/http"
	"strings"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
)

func TestWrongCredentialsAreFound(t *testing.T) {
	inHeader := func(r *http.Request) bool { return r.Header.Get("Authorization") != "" }
	refreshes := func(r *http.Request) bool { return r.FormValue("grant_type") == "refresh_token" }
	const kind = "application/json"
	find(t, []broken{
		{"the secret is wrong", false, func(w *world) { w.Okta.ClientSecret = secret.New(clientSecret + "x") }, "credential", Error, "copy the client secret again"},
		{"the secret is wrong at Auth0", true, tokens(401, kind, `{"error":"access_denied","error_description":"Unauthorized"}`, nil), "credential", Error, "copy the client secret again"},
		{"the token endpoint knows no such client", false, func(w *world) { w.Okta.ClientID = "0oa1nobody" }, "credential", Error, "copy the Client ID"},
		{
			"the app takes its secret in the form", false, tokens(401, kind, `{"error":"invalid_client","error_description":"Client authentication failed."}`, inHeader), "credential", Error,
			"client_auth client_secret_post",
		},
		{"the app demands DPoP", false, tokens(400, kind, `{"error":"use_dpop_nonce"}`, nil), "credential", Error, "switch off"},
		{"the app may not redeem codes", false, tokens(400, kind, `{"error":"unauthorized_client"}`, nil), "credential", Error, "Authorization Code"},
		{"a web page at the token endpoint", false, tokens(200, "text/html", "<html>"+clientSecret, nil), "credential", Error, "proxy on the way"},
		{"the token endpoint is out of order", false, fault(okta.FaultFailToken), "credential", Error, "status.okta.com"},
		{"the token endpoint takes anything", false, tokens(200, kind, `{"access_token":"x"}`, nil), "credential", Error, "this is none"},
		{"the token endpoint echoes the secret", false, tokens(400, kind, `{"error":"what","error_description":"secret `+clientSecret+`"}`, nil), "credential", Unproven, "sign in once"},
		{"refresh is not allowed", false, func(w *world) {
			w.Okta.Scopes = append(w.Okta.Scopes, "offline_access")
			tokens(400, kind, `{"error":"unauthorized_client"}`, refreshes)(w)
		}, "refresh", Error, "Refresh Token"},
	})
}

func TestWrongIDTokensAreFound(t *testing.T) {
	token := func(alg string, changes map[string]any) func(*world) {
		return func(w *world) { w.IDToken = w.forge(alg, changes) }
	}
	many := make([]string, 400)
	for i := range many {
		many[i] = "app-department-with-a-long-name-" + strings.Repeat("x", i%7)
	}
	find(t, []broken{
		{"no token in the file", false, func(w *world) { w.IDToken = "hello " + clientSecret }, "id token", Error, "the token alone"},
		{"a token of another issuer", false, token("RS256", map[string]any{"iss": "https://acme.okta.com"}), "id token", Error, "write issuer as the token does"},
		{"a token for another client", false, token("RS256", map[string]any{"aud": "0oa2other"}), "id token", Error, "correct client_id"},
		{"ID tokens signed with the secret", true, token("HS256", nil), "id token", Error, "RS256"},
		{"no groups in the ID token", false, token("RS256", map[string]any{"groups": nil}), "id token", Warning, "add a groups claim"},
		{"too many groups", false, func(w *world) {
			names := make([]string, 150)
			for i := range names {
				names[i] = "app-department-with-a-long-name-" + strings.Repeat("x", i)
			}
			w.IDToken = w.forge("RS256", map[string]any{"groups": names})
		}, "id token", Warning, "groups app-*"},
		{"no auth_time", false, token("RS256", map[string]any{"auth_time": nil}), "id token", Warning, "auth_time"},
		{"an address without proof", false, func(w *world) {
			w.NeedsVerifiedEmail = true
			w.IDToken = w.forge("RS256", map[string]any{"email_verified": false})
		}, "id token", Warning, "email_verified"},
		{"large claims", false, func(w *world) {
			w.Claims = []string{"https://acme.example/a", "https://acme.example/b", "https://acme.example/c"}
			w.IDToken = w.forge("RS256", map[string]any{"https://acme.example/a": many[:40], "https://acme.example/b": many[:40], "https://acme.example/c": many[:40]})
		}, "id token", Warning, ""},
		{"a key that is not published", false, func(w *world) {
			real := w.browserToken()
			if err := w.okta.RotateKeys(false); err != nil {
				w.t.Fatal(err)
			}
			w.IDToken = real
		}, "id token", Warning, "get a fresh token"},
		{"no sub", false, token("RS256", map[string]any{"sub": ""}), "id token", Error, "get an ID token"},
	})
}
