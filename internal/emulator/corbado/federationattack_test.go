package corbado

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

func TestAttackLoginHint(t *testing.T) {
	const refusedAs = "login_required"
	tests := map[string]struct {
		hint func(p *party) string
		want string
	}{
		"missing": {func(*party) string { return "" }, refusedAs},
		"replayed": {func(p *party) string {
			data := p.login(p.keys)
			p.authorize(data)
			return data
		}, refusedAs},
		"replayed after a check by the Backend API": {func(p *party) string {
			data := p.login(p.keys)
			p.verifyData(data, alice)
			return data
		}, refusedAs},
		"expired": {func(p *party) string {
			data := p.login(p.keys)
			p.srv.Advance(signedDataLifetime)
			return data
		}, refusedAs},
		"garbled":        {func(p *party) string { return p.login(p.keys)[3:] }, "invalid_request"},
		"e-mail address": {func(*party) string { return "alice@acme.test" }, "invalid_request"},
		"foreign key": {func(p *party) string {
			return p.forge(func() (signingKey, error) { return newSigningKey(p.srv.generate) }, func(*signedData) {})
		}, refusedAs},
		"foreign project": {func(p *party) string {
			return p.forge(p.srv.key, func(c *signedData) { c.Issuer = "pro-999" })
		}, refusedAs},
		"no jti": {func(p *party) string {
			return p.forge(p.srv.key, func(c *signedData) { c.ID = "" })
		}, refusedAs},
		"not valid yet": {func(p *party) string {
			return p.forge(p.srv.key, func(c *signedData) { c.NotBefore += 60 })
		}, refusedAs},
		"deleted passkey": {func(p *party) string {
			return p.forge(p.srv.key, func(c *signedData) { c.Credential = "cre-1" })
		}, refusedAs},
		"changed user": {func(p *party) string {
			parts := strings.Split(p.login(p.keys), ".")
			claims, _ := base64.RawURLEncoding.DecodeString(parts[1])
			parts[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(claims), "usr-", "usr-9", 1)))
			return strings.Join(parts, ".")
		}, refusedAs},
		"algorithm none": {func(p *party) string {
			parts := strings.Split(p.login(p.keys), ".")
			return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + "."
		}, "invalid_request"},
		"ID token of ours": {func(p *party) string {
			token, err := p.redeemCode(p.code())
			if err != nil {
				p.t.Fatal(err)
			}
			return token.Extra("id_token").(string)
		}, refusedAs},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := newParty(t)
			answer, status := p.authorize(tt.hint(p))
			if status != http.StatusFound || answer.Get("error") != tt.want || answer.Has("code") {
				t.Errorf("%d %v", status, answer)
			}
		})
	}
}

// forge signs data as for a good login of alice, after edit has changed it.
func (p *party) forge(key func() (signingKey, error), edit func(*signedData)) string {
	p.t.Helper()
	u, _ := p.srv.users.find(alice)
	now := p.srv.Now().Unix()
	c := signedData{
		Issuer: testProject, Subject: u.id, IssuedAt: now, NotBefore: now, Expires: now + 300,
		ID: "forged", Credential: p.keys.id,
	}
	edit(&c)
	k, err := key()
	if err != nil {
		p.t.Fatal(err)
	}
	raw, err := k.sign(c)
	if err != nil {
		p.t.Fatal(err)
	}
	return raw
}

// A forged hint is good but for the one thing that a test changes.
func TestForgeMakesGoodHints(t *testing.T) {
	p := newParty(t)
	if answer, _ := p.authorize(p.forge(p.srv.key, func(*signedData) {})); answer.Get("code") == "" {
		t.Errorf("%v", answer)
	}
}

// Nothing is sent to an address that was not registered, not even an error.
func TestAttackWrongRedirectURI(t *testing.T) {
	for name, to := range map[string]string{
		"foreign": "https://evil.example/", "longer": partyCallback + "/../x", "with a query": partyCallback + "?a=b",
		"of another client": "https://other.example/callback", "none": "",
	} {
		p := newParty(t)
		p.oauth.RedirectURL = to
		if answer, status := p.authorize(p.login(p.keys)); status != http.StatusBadRequest || answer != nil {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
}

func TestAuthorizeKeepsTheQueryOfARedirectURI(t *testing.T) {
	p := newParty(t)
	p.oauth.RedirectURL += "?x=1"
	if answer, _ := p.authorize(p.login(p.keys)); answer.Get("x") != "1" || answer.Get("code") == "" {
		t.Errorf("%v", answer)
	}
}

func TestAuthorizeRefusesARequestThatIsNotOne(t *testing.T) {
	p := newParty(t)
	for name, tt := range map[string]struct{ field, value, want string }{
		"implicit flow":     {"response_type", "id_token", "unsupported_response_type"},
		"fragment answer":   {"response_mode", "fragment", "invalid_request"},
		"scope not openid":  {"scope", "email", "invalid_scope"},
		"plain PKCE":        {"code_challenge_method", "plain", "invalid_request"},
		"challenge garbled": {"code_challenge", "short", "invalid_request"},
	} {
		answer, _ := p.authorize(p.login(p.keys), oauth2.SetAuthURLParam(tt.field, tt.value))
		if answer.Get("error") != tt.want || answer.Has("code") {
			t.Errorf("%s: %v", name, answer)
		}
	}
}

func TestAttackReplayedCode(t *testing.T) {
	p := newParty(t)
	code := p.code()
	token, err := p.redeemCode(code)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.redeemCode(code); err == nil {
		t.Fatal("the code works twice")
	}
	if _, err := p.provider.UserInfo(p.ctx, oauth2.StaticTokenSource(token)); err == nil {
		t.Error("the first access token still works")
	}
}

func TestAttackCode(t *testing.T) {
	tests := map[string]func(p *party, code *string){
		"PKCE mismatch":    func(p *party, _ *string) { p.verifier = oauth2.GenerateVerifier() },
		"expired":          func(p *party, _ *string) { p.srv.Advance(codeLifetime) },
		"wrong redirect":   func(p *party, _ *string) { p.oauth.RedirectURL = partyCallback + "?x=1" },
		"stolen by client": func(p *party, _ *string) { p.oauth.ClientID, p.oauth.ClientSecret = otherID, "other" },
		"wrong secret":     func(p *party, _ *string) { p.oauth.ClientSecret = "wrong" },
		"unknown client":   func(p *party, _ *string) { p.oauth.ClientID, p.oauth.ClientSecret = "nobody", "" },
		"guessed":          func(_ *party, code *string) { *code = "guessed" },
		"empty":            func(_ *party, code *string) { *code = "" },
	}
	for name, edit := range tests {
		t.Run(name, func(t *testing.T) {
			p := newParty(t)
			code := p.code()
			edit(p, &code)
			if token, err := p.redeemCode(code); err == nil {
				t.Errorf("got %v", token)
			}
		})
	}
}

func TestAttackPKCEDowngrade(t *testing.T) {
	p := newParty(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.oauth.AuthCodeURL("s", oidc.Nonce("n"),
		oauth2.SetAuthURLParam("login_hint", p.login(p.keys))), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := p.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	to, err := res.Location()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.redeemCode(to.Query().Get("code")); err == nil {
		t.Error("a verifier is taken where no challenge was sent")
	}
}

func TestTokenRefusesTwoWaysToAuthenticate(t *testing.T) {
	p := newParty(t)
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {p.code()}, "redirect_uri": {partyCallback},
		"code_verifier": {p.verifier}, "client_id": {partyID}, "client_secret": {partySecret},
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.oauth.Endpoint.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(url.QueryEscape(partyID), url.QueryEscape(partySecret))
	res, err := p.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusBadRequest || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d", res.StatusCode)
	}
}

func TestFederationLeavesNoSecretInTheJournal(t *testing.T) {
	p := newParty(t)
	data := p.login(p.keys)
	answer, _ := p.authorize(data)
	token, err := p.redeemCode(answer.Get("code"))
	if err != nil {
		t.Fatal(err)
	}
	p.authorize(data)
	for _, secret := range []string{data, answer.Get("code"), token.AccessToken, partySecret} {
		if strings.Contains(p.log.String(), secret) {
			t.Errorf("the log holds %s", secret)
		}
	}
}
