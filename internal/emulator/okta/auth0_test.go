package okta_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/oktatest"
)

const auth0Back, auth0Out = "https://app.acme.test/callback", "https://app.acme.test/out"

// tenant is an Auth0-shaped issuer and a client of it.
type tenant struct {
	t        *testing.T
	server   *okta.Server
	provider *oidc.Provider
	client   oauth2.Config
	web      *oktatest.Browser
}

func newTenant(t *testing.T, a okta.Auth0) *tenant {
	t.Helper()
	server := oktatest.Start(t, okta.Config{
		Auth0:   &a,
		Clients: []okta.Client{{ID: "client-1", Secret: "s3cret", RedirectURIs: []string{auth0Back}, PostLogoutRedirectURIs: []string{auth0Out}}},
		Users:   []okta.User{{Login: "alice", Email: "alice@acme.test", FirstName: "Alice", Password: "correct horse", Groups: []string{"g"}}},
	})
	provider, err := oidc.NewProvider(t.Context(), server.Issuer())
	if err != nil {
		t.Fatal(err)
	}
	return &tenant{t, server, provider, oauth2.Config{
		ClientID: "client-1", ClientSecret: "s3cret", Endpoint: provider.Endpoint(), RedirectURL: auth0Back,
		Scopes: []string{"openid", "profile", "email", "groups", "read:anything"},
	}, oktatest.NewBrowser(server)}
}

func (o *tenant) signIn(options ...oauth2.AuthCodeOption) (*oauth2.Token, map[string]any) {
	o.t.Helper()
	verifier := oauth2.GenerateVerifier()
	options = append(options, oidc.Nonce("n"), oauth2.S256ChallengeOption(verifier))
	back, err := o.web.SignIn(o.t.Context(), o.client.AuthCodeURL("state", options...), "alice", "correct horse")
	if err != nil {
		o.t.Fatal(err)
	}
	token, err := o.client.Exchange(o.t.Context(), back.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		o.t.Fatal(err, back)
	}
	raw, _ := token.Extra("id_token").(string)
	verified, err := o.provider.Verifier(&oidc.Config{ClientID: "client-1"}).Verify(o.t.Context(), raw)
	if err != nil {
		o.t.Fatal(err)
	}
	claims := map[string]any{}
	if err := verified.Claims(&claims); err != nil {
		o.t.Fatal(err)
	}
	return token, claims
}

func TestAuth0Tenant(t *testing.T) {
	t.Parallel()
	const roles = "https://acme.example/roles"
	o := newTenant(t, okta.Auth0{
		MultiFactor:    true,
		Action:         func(u okta.User) map[string]any { return map[string]any{roles: u.Groups, "sub": "evil", "groups": "x"} },
		UserinfoAction: func(okta.User) map[string]any { return map[string]any{"https://acme.example/from": "userinfo"} },
	})
	public := strings.TrimSuffix(o.server.Issuer(), "/")
	if public == o.server.Issuer() || o.client.Endpoint.AuthURL != public+"/authorize" || o.client.Endpoint.TokenURL != public+"/oauth/token" {
		t.Errorf("issuer %s, endpoints %+v", o.server.Issuer(), o.client.Endpoint)
	}
	token, claims := o.signIn()
	var names []string
	for name := range claims {
		names = append(names, name)
	}
	slices.Sort(names)
	want := []string{
		"acr", "amr", "aud", "email", "email_verified", "exp", "given_name", roles, "iat", "iss", "name", "nickname", "nonce", "sid", "sub", "updated_at",
	}
	if !slices.Equal(names, want) {
		t.Errorf("claims %q", names)
	}
	sub, _ := claims["sub"].(string)
	if !regexp.MustCompile(`^auth0\|[0-9a-f]{24}$`).MatchString(sub) || claims["iss"] != o.server.Issuer() || strings.Count(token.AccessToken, ".") > 1 {
		t.Errorf("sub %q, access token %q", sub, token.AccessToken)
	}
	info, err := o.provider.UserInfo(t.Context(), oauth2.StaticTokenSource(token))
	if err != nil {
		t.Fatal(err)
	}
	var more map[string]any
	if err := info.Claims(&more); err != nil || info.Subject != sub || more["https://acme.example/from"] != "userinfo" || more[roles] != nil {
		t.Errorf("userinfo %v %v", more, err)
	}
	if _, claims := o.signIn(oauth2.SetAuthURLParam("max_age", "600")); claims["auth_time"] == nil {
		t.Error("no auth_time although max_age was asked for")
	}
}

func TestSignOutOfAuth0Tenant(t *testing.T) {
	t.Parallel()
	o := newTenant(t, okta.Auth0{})
	public := strings.TrimSuffix(o.server.Issuer(), "/")
	token, claims := o.signIn()
	hint, _ := token.Extra("id_token").(string)
	for name, target := range map[string]string{
		"/oidc/logout": public + "/oidc/logout?" + url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {auth0Out}, "client_id": {"client-1"}}.Encode(),
		"/v2/logout":   public + "/v2/logout?" + url.Values{"client_id": {"client-1"}, "returnTo": {auth0Out}}.Encode(),
	} {
		o.signIn()
		foreign := strings.Replace(target, url.QueryEscape(auth0Out), url.QueryEscape("https://evil.example/"), 1)
		if page, err := o.web.Get(t.Context(), foreign); err != nil || page.Location != nil || page.Status != http.StatusBadRequest {
			t.Errorf("%s to a foreign address: %v %+v", name, err, page)
		}
		if page, err := o.web.Get(t.Context(), target); err != nil || page.Location == nil || page.Location.String() != auth0Out {
			t.Errorf("%s: %v %+v", name, err, page)
		}
		if page, err := o.web.Get(t.Context(), o.client.AuthCodeURL("s", oauth2.S256ChallengeOption(oauth2.GenerateVerifier()))); err != nil || page.StateToken() == "" {
			t.Errorf("%s: still signed in", name)
		}
	}
	// The sid tells the session to a browser that brought no cookie.
	if claims["sid"] == nil || claims["sid"] == "" {
		t.Error("no sid")
	}
}

func TestAuth0TenantSendsLogoutTokens(t *testing.T) {
	t.Parallel()
	o, app := newTenant(t, okta.Auth0{}), newReceiver(t)
	if status, err := o.server.SendLogoutToken(t.Context(), okta.LogoutToken{Client: "client-1", URL: app.URL, User: "alice"}); err != nil || status != http.StatusNoContent {
		t.Fatal(status, err)
	}
	form, err := url.ParseQuery(app.bodies[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, claims := opened(t, o.server.Issuer(), form.Get("logout_token")); claims["iss"] != o.server.Issuer() || claims["aud"] != "client-1" {
		t.Errorf("claims %v", claims)
	}
}

func TestAuth0TenantIsNoOrg(t *testing.T) {
	t.Parallel()
	o := newTenant(t, okta.Auth0{NoLogoutMetadata: true})
	for _, path := range []string{"/oauth2/default/.well-known/openid-configuration", "/oauth2/v1/authorize", "/api/v1/apps", "/idp/idx/introspect", "/oauth2/v1/introspect"} {
		page, err := o.web.Get(t.Context(), strings.TrimSuffix(o.server.Issuer(), "/")+path)
		if err != nil || page.Status != http.StatusNotFound {
			t.Errorf("%s: %v %+v", path, err, page)
		}
	}
	var doc map[string]any
	if err := o.provider.Claims(&doc); err != nil || doc["end_session_endpoint"] != nil || doc["issuer"] != o.server.Issuer() {
		t.Errorf("%v %v", err, doc)
	}
	if _, err := okta.New(okta.Config{PublicURL: "http://a.example", Auth0: &okta.Auth0{}, WidgetFiles: os.DirFS(".")}); err == nil {
		t.Error("a tenant with Okta's widget")
	}
}

// TestAuth0TenantsFaults: what can be broken at an org can be broken here.
func TestAuth0TenantsFaults(t *testing.T) {
	t.Parallel()
	o := newTenant(t, okta.Auth0{})
	if err := o.server.Fault(okta.Fault{Name: okta.FaultWrongIssuer}); err != nil {
		t.Fatal(err)
	}
	verifier := oauth2.GenerateVerifier()
	back, err := o.web.SignIn(t.Context(), o.client.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier)), "alice", "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	token, err := o.client.Exchange(t.Context(), back.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := token.Extra("id_token").(string)
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(raw, ".")[1])
	var claims struct{ Iss string }
	if err != nil || json.Unmarshal(payload, &claims) != nil || claims.Iss == o.server.Issuer() {
		t.Errorf("iss %q %v", claims.Iss, err)
	}
}
