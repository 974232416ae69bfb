package okta_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/oktatest"
)

const (
	callback  = "http://app.test/passkeys/callback"
	signedOut = "http://app.test/passkeys/signed-out"
	clientID  = "0oaAPP0000000000APP0"
	secret    = "s3cret+/=&%"
	aliceID   = "00uALICE0000000ALIC0"
	alice     = "alice@acme.test"
	password  = "correct horse"
)

// rp is a relying party on go-oidc and x/oauth2, with a browser.
type rp struct {
	*okta.Server
	provider *oidc.Provider
	oauth    oauth2.Config
	browser  *oktatest.Browser
	verifier string
}

// start runs an emulator with alice and one client, which edit may change.
func start(t *testing.T, edit func(*okta.Config)) *rp {
	t.Helper()
	config := okta.Config{
		Clients: []okta.Client{{
			ID: clientID, Secret: secret, Name: "Legacy App",
			RedirectURIs: []string{callback}, PostLogoutRedirectURIs: []string{signedOut},
		}},
		Users: []okta.User{{
			ID: aliceID, Login: alice, Email: alice, EmailVerified: true,
			FirstName: "Alice", LastName: "Liddell", Password: password, Groups: []string{"app-admins"},
		}, {
			Login: "bob@acme.test", Email: "bob@acme.test", Password: "battery staple",
		}},
	}
	if edit != nil {
		edit(&config)
	}
	server := oktatest.Start(t, config)
	return connect(t, server, server.Issuer())
}

func connect(t *testing.T, server *okta.Server, issuer string) *rp {
	t.Helper()
	provider, err := oidc.NewProvider(t.Context(), issuer)
	if err != nil {
		t.Fatal(err)
	}
	endpoint := provider.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	return &rp{
		Server:   server,
		provider: provider,
		oauth: oauth2.Config{
			ClientID: clientID, ClientSecret: secret, Endpoint: endpoint,
			RedirectURL: callback, Scopes: []string{"openid", "profile", "email"},
		},
		browser:  oktatest.NewBrowser(server),
		verifier: oauth2.GenerateVerifier(),
	}
}

func (p *rp) authorizeURL(options ...oauth2.AuthCodeOption) string {
	options = append([]oauth2.AuthCodeOption{oauth2.S256ChallengeOption(p.verifier), oidc.Nonce("n-1")}, options...)
	return p.oauth.AuthCodeURL("state-1", options...)
}

// callback signs alice in and returns the parameters of the callback.
func (p *rp) callback(t *testing.T, options ...oauth2.AuthCodeOption) url.Values {
	t.Helper()
	return p.callbackAs(t, alice, password, options...)
}

func (p *rp) callbackAs(t *testing.T, login, pass string, options ...oauth2.AuthCodeOption) url.Values {
	t.Helper()
	back, err := p.browser.SignIn(t.Context(), p.authorizeURL(options...), login, pass)
	if err != nil {
		t.Fatal(err)
	}
	if got, _, _ := strings.Cut(back.String(), "?"); got != callback {
		t.Fatalf("went to %s, want %s", got, callback)
	}
	return back.Query()
}

func (p *rp) exchange(ctx context.Context, code string) (*oauth2.Token, error) {
	return p.oauth.Exchange(ctx, code, oauth2.VerifierOption(p.verifier))
}

// tokens signs alice in and redeems the code.
func (p *rp) tokens(t *testing.T, options ...oauth2.AuthCodeOption) *oauth2.Token {
	t.Helper()
	token, err := p.exchange(t.Context(), p.callback(t, options...).Get("code"))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (p *rp) verify(ctx context.Context, token *oauth2.Token) (*oidc.IDToken, error) {
	raw, _ := token.Extra("id_token").(string)
	return p.provider.Verifier(&oidc.Config{ClientID: clientID, Now: p.Now}).Verify(ctx, raw)
}

func (p *rp) claims(t *testing.T, token *oauth2.Token) map[string]any {
	t.Helper()
	idToken, err := p.verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if err := idToken.VerifyAccessToken(token.AccessToken); err != nil {
		t.Error(err)
	}
	claims := map[string]any{}
	if err := idToken.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestCodeFlowWithBothIssuers(t *testing.T) {
	custom := start(t, nil)
	for name, p := range map[string]*rp{
		"custom": custom,
		"org":    connect(t, custom.Server, custom.OrgIssuer()),
	} {
		t.Run(name, func(t *testing.T) {
			p.oauth.Scopes = append(p.oauth.Scopes, "groups")
			back := p.callback(t)
			if back.Get("state") != "state-1" {
				t.Errorf("state %q", back.Get("state"))
			}
			token, err := p.exchange(t.Context(), back.Get("code"))
			if err != nil {
				t.Fatal(err)
			}
			if token.TokenType != "Bearer" || token.ExpiresIn != 3600 || token.RefreshToken != "" {
				t.Errorf("token type %q, expires in %d, refresh token %t", token.TokenType, token.ExpiresIn, token.RefreshToken != "")
			}
			claims := p.claims(t, token)
			for claim, want := range map[string]any{
				"sub": aliceID, "aud": clientID, "ver": 1.0, "nonce": "n-1", "idp": p.OrgID(), "name": "Alice Liddell",
				"preferred_username": alice, "given_name": "Alice", "family_name": "Liddell", "email": alice, "email_verified": true,
			} {
				if claims[claim] != want {
					t.Errorf("claim %s is %v, want %v", claim, claims[claim], want)
				}
			}
			if jti, _ := claims["jti"].(string); !strings.HasPrefix(jti, "ID.") {
				t.Errorf("jti %q", jti)
			}
			if groups, _ := claims["groups"].([]any); len(groups) != 2 || groups[1] != "app-admins" {
				t.Errorf("groups %v", claims["groups"])
			}
			info, err := p.provider.UserInfo(t.Context(), oauth2.StaticTokenSource(token))
			if err != nil {
				t.Fatal(err)
			}
			if info.Subject != aliceID || info.Email != alice || !info.EmailVerified {
				t.Errorf("userinfo %+v", info)
			}
		})
	}
}

func TestDiscoveryNamesOktasPaths(t *testing.T) {
	p := start(t, nil)
	var doc map[string]any
	if err := p.provider.Claims(&doc); err != nil {
		t.Fatal(err)
	}
	base := p.OrgIssuer()
	for field, want := range map[string]any{
		"issuer":                 base + "/oauth2/default",
		"authorization_endpoint": base + "/oauth2/default/v1/authorize",
		"token_endpoint":         base + "/oauth2/default/v1/token",
		"end_session_endpoint":   base + "/oauth2/default/v1/logout",
		"registration_endpoint":  base + "/oauth2/v1/clients",
	} {
		if doc[field] != want {
			t.Errorf("%s is %v, want %v", field, doc[field], want)
		}
	}
	for _, absent := range []string{"backchannel_logout_supported", "frontchannel_logout_supported", "claims_parameter_supported"} {
		if _, there := doc[absent]; there {
			t.Errorf("%s is there, but not at Okta", absent)
		}
	}
}

func TestSingleSignOnAsksOnceOnly(t *testing.T) {
	p := start(t, nil)
	first := p.claims(t, p.tokens(t))
	p.Advance(10 * time.Minute)

	page, err := p.browser.Get(t.Context(), p.authorizeURL())
	if err != nil {
		t.Fatal(err)
	}
	if page.Location == nil {
		t.Fatal("the second sign-in showed a form")
	}
	token, err := p.exchange(t.Context(), page.Location.Query().Get("code"))
	if err != nil {
		t.Fatal(err)
	}
	if second := p.claims(t, token); second["auth_time"] != first["auth_time"] {
		t.Errorf("auth_time %v, want that of the sign-in, %v", second["auth_time"], first["auth_time"])
	}
}

func TestSignInIsAskedAgain(t *testing.T) {
	for name, test := range map[string]struct {
		option  oauth2.AuthCodeOption
		advance time.Duration
	}{
		"prompt login":      {oauth2.SetAuthURLParam("prompt", "login"), 0},
		"max_age 0":         {oauth2.SetAuthURLParam("max_age", "0"), 0},
		"max_age exceeded":  {oauth2.SetAuthURLParam("max_age", "60"), 61 * time.Second},
		"session idle 2 h":  {oauth2.SetAuthURLParam("display", "page"), 2 * time.Hour},
		"user was disabled": {oauth2.SetAuthURLParam("display", "page"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, nil)
			p.callback(t)
			p.Advance(test.advance)
			if name == "user was disabled" {
				if err := p.DisableUser(alice); err != nil {
					t.Fatal(err)
				}
			}
			page, err := p.browser.Get(t.Context(), p.authorizeURL(test.option))
			if err != nil {
				t.Fatal(err)
			}
			if page.Status != http.StatusOK || page.StateToken() == "" {
				t.Fatalf("status %d, no form", page.Status)
			}
			none, err := p.browser.Get(t.Context(), p.authorizeURL(oauth2.SetAuthURLParam("prompt", "none")))
			if err != nil {
				t.Fatal(err)
			}
			signedInStill := name != "session idle 2 h" && name != "user was disabled"
			if got := none.Location.Query().Get("code") != ""; got != signedInStill {
				t.Errorf("prompt=none gave a code: %t, want %t", got, signedInStill)
			}
		})
	}
}

func TestFreshSignInMovesAuthTime(t *testing.T) {
	p := start(t, nil)
	first := p.claims(t, p.tokens(t))
	p.Advance(time.Minute)
	second := p.claims(t, p.tokens(t, oauth2.SetAuthURLParam("prompt", "login")))
	if got, before := second["auth_time"].(float64), first["auth_time"].(float64); got < before+60 {
		t.Errorf("auth_time %v after %v", got, before)
	}
}

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
