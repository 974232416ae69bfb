package corbado

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
)

const (
	partyID       = "okta-at-corbado"
	partySecret   = "s3cret/+%: of the party" //nolint:gosec // G101: made up for the tests
	partyCallback = "http://login.acme.localhost:8080/oauth2/v1/authorize/callback"
	otherID       = "another-party"
)

// party is a relying party of the emulator's OpenID provider: go-oidc and
// x/oauth2, which reach the emulator at its public URL.
type party struct {
	*desk
	oauth    oauth2.Config
	provider *oidc.Provider
	ctx      context.Context //nolint:containedctx // what oauth2 takes its HTTP client from
	http     *http.Client
	verifier string
	keys     *keyring
}

func newParty(t *testing.T) *party {
	t.Helper()
	d := newDeskOf(t, func(c *Config) {
		c.OIDCClients = []OIDCClient{
			{ID: partyID, Secret: partySecret, RedirectURIs: []string{partyCallback, partyCallback + "?x=1"}},
			{ID: otherID, Secret: "other", RedirectURIs: []string{"https://other.example/callback"}},
		}
	})
	at, err := url.Parse(d.url)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, at.Host)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	p := &party{desk: d, verifier: oauth2.GenerateVerifier(), http: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	p.ctx = oidc.ClientContext(t.Context(), p.http)
	if p.provider, err = oidc.NewProvider(p.ctx, testURL); err != nil {
		t.Fatal(err)
	}
	p.oauth = oauth2.Config{
		ClientID: partyID, ClientSecret: partySecret, Endpoint: p.provider.Endpoint(),
		RedirectURL: partyCallback, Scopes: []string{"openid", "email"},
	}
	p.oauth.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	p.keys = d.enroll(alice)
	return p
}

// authorize opens the authorize endpoint with hint, and returns what came back
// to the redirect URI, or nothing and the status if nobody was sent there.
func (p *party) authorize(hint string, more ...oauth2.AuthCodeOption) (answer url.Values, status int) {
	p.t.Helper()
	more = append([]oauth2.AuthCodeOption{
		oauth2.S256ChallengeOption(p.verifier), oidc.Nonce("n-1"), oauth2.SetAuthURLParam("login_hint", hint),
	}, more...)
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.oauth.AuthCodeURL("st ate&1", more...), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	res, err := p.http.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	_ = res.Body.Close()
	to, err := res.Location()
	if err != nil {
		return nil, res.StatusCode
	}
	if to.Host != "login.acme.localhost:8080" || to.Query().Get("state") != "st ate&1" {
		p.t.Fatalf("sent to %s", to)
	}
	return to.Query(), res.StatusCode
}

// code signs alice in and returns the code.
func (p *party) code() string {
	p.t.Helper()
	answer, _ := p.authorize(p.login(p.keys))
	if answer.Get("code") == "" {
		p.t.Fatalf("no code: %v", answer)
	}
	return answer.Get("code")
}

func (p *party) redeemCode(code string) (*oauth2.Token, error) {
	p.t.Helper()
	return p.oauth.Exchange(p.ctx, code, oauth2.VerifierOption(p.verifier))
}

// verify checks an ID token as a relying party does, at the emulator's time.
func (p *party) verify(token *oauth2.Token) (*oidc.IDToken, error) {
	p.t.Helper()
	raw, _ := token.Extra("id_token").(string)
	return p.provider.Verifier(&oidc.Config{ClientID: partyID, Now: p.srv.Now}).Verify(p.ctx, raw)
}

func TestFederation(t *testing.T) {
	for name, style := range map[string]oauth2.AuthStyle{
		"client_secret_basic": oauth2.AuthStyleInHeader, "client_secret_post": oauth2.AuthStyleInParams,
	} {
		t.Run(name, func(t *testing.T) {
			p := newParty(t)
			p.oauth.Endpoint.AuthStyle = style
			data := p.login(p.keys)
			p.srv.Advance(20 * time.Second)
			answer, _ := p.authorize(data)
			token, err := p.redeemCode(answer.Get("code"))
			if err != nil {
				t.Fatal(err)
			}
			id, err := p.verify(token)
			if err != nil {
				t.Fatal(err)
			}
			var claims map[string]any
			if err := id.Claims(&claims); err != nil {
				t.Fatal(err)
			}
			now, u := p.srv.Now(), p.srv.Users()[0]
			if diff := cmp.Diff(map[string]any{
				"iss": testURL, "sub": u.ID, "aud": partyID, "nonce": "n-1",
				"exp": float64(now.Add(idTokenLifetime).Unix()), "iat": float64(now.Unix()),
				"auth_time": float64(now.Add(-20 * time.Second).Unix()), "amr": []any{"pop", "hwk", "mfa"},
				"email": alice + "@acme.test", "email_verified": true,
			}, claims); diff != "" {
				t.Error(diff)
			}
			info, err := p.provider.UserInfo(p.ctx, oauth2.StaticTokenSource(token))
			if err != nil || info.Subject != u.ID || info.Email != alice+"@acme.test" || !info.EmailVerified {
				t.Errorf("userinfo: %v %+v", err, info)
			}
			p.srv.Advance(accessLifetime)
			if info, err := p.provider.UserInfo(p.ctx, oauth2.StaticTokenSource(token)); err == nil {
				t.Errorf("userinfo for an expired token: %+v", info)
			}
		})
	}
}

func TestFederationWithoutScopeEmailTellsNoAddress(t *testing.T) {
	p := newParty(t)
	p.oauth.Scopes = []string{"openid"}
	token, err := p.redeemCode(p.code())
	if err != nil {
		t.Fatal(err)
	}
	id, err := p.verify(token)
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := id.Claims(&claims); err != nil || claims["email"] != nil || claims["email_verified"] != nil {
		t.Errorf("%v %v", err, claims)
	}
}

func TestFederationFaultsOfTheIDToken(t *testing.T) {
	for _, fault := range []string{FaultOIDCWrongIssuer, FaultOIDCWrongAudience, FaultOIDCExpired, FaultOIDCUnknownKey} {
		t.Run(fault, func(t *testing.T) {
			p := newParty(t)
			p.must(Fault{Name: fault, Times: 1})
			for _, good := range []bool{false, true} {
				token, err := p.redeemCode(p.code())
				if err != nil {
					t.Fatal(err)
				}
				if _, err := p.verify(token); (err == nil) != good {
					t.Errorf("good %t: %v", good, err)
				}
			}
		})
	}
}

func TestFederationFaultsOfTheClaims(t *testing.T) {
	p := newParty(t)
	for fault, wrong := range map[string]func(map[string]any) bool{
		FaultOIDCWrongNonce:      func(c map[string]any) bool { return c["nonce"] != "n-1" },
		FaultOIDCNoEmail:         func(c map[string]any) bool { return c["email"] == nil },
		FaultOIDCEmailUnverified: func(c map[string]any) bool { return c["email_verified"] == false },
	} {
		p.must(Fault{Name: fault, Times: 1})
		token, err := p.redeemCode(p.code())
		if err != nil {
			t.Fatal(err)
		}
		id, err := p.verify(token)
		if err != nil {
			t.Fatal(err)
		}
		var claims map[string]any
		if err := id.Claims(&claims); err != nil || !wrong(claims) {
			t.Errorf("%s: %v %v", fault, err, claims)
		}
	}
	for fault, want := range map[string]string{FaultOIDCLoginRequired: "login_required", FaultOIDCServerError: "server_error"} {
		p.must(Fault{Name: fault, Times: 1})
		if answer, _ := p.authorize(p.login(p.keys)); answer.Get("error") != want || answer.Has("code") {
			t.Errorf("%s: %v", fault, answer)
		}
	}
	p.must(Fault{Name: FaultOIDCInvalidGrant, Times: 1})
	if _, err := p.redeemCode(p.code()); err == nil {
		t.Error("invalid grant: got a token")
	}
}

func TestNewRefusesOIDCClientsThatCannotWork(t *testing.T) {
	good := OIDCClient{ID: "a", Secret: "b", RedirectURIs: []string{"https://a.example/cb"}}
	edits := map[string]func(*OIDCClient){
		"no id":                func(c *OIDCClient) { c.ID = "" },
		"no secret":            func(c *OIDCClient) { c.Secret = "" },
		"no redirect URI":      func(c *OIDCClient) { c.RedirectURIs = nil },
		"relative redirect":    func(c *OIDCClient) { c.RedirectURIs = []string{"/cb"} },
		"redirect with a hash": func(c *OIDCClient) { c.RedirectURIs = []string{"https://a.example/cb#x"} },
	}
	for name, edit := range edits {
		c := good
		edit(&c)
		if err := checkOIDCClients([]OIDCClient{c}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if err := checkOIDCClients([]OIDCClient{good, good}); err == nil {
		t.Error("one id twice: taken")
	}
	w := httptest.NewRecorder()
	newDesk(t).srv.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, oidcPath+"authorize", nil))
	if w.Code != http.StatusBadRequest {
		t.Errorf("without clients: %d", w.Code)
	}
}
