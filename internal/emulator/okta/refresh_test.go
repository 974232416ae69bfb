package okta_test

import (
	"context"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
)

func startOffline(t *testing.T, rotate bool) *rp {
	t.Helper()
	p := start(t, func(c *okta.Config) { c.Clients[0].RotateRefreshTokens = rotate })
	p.oauth.Scopes = append(p.oauth.Scopes, "offline_access")
	return p
}

func (p *rp) refresh(ctx context.Context, value string) (*oauth2.Token, error) {
	return p.oauth.TokenSource(ctx, &oauth2.Token{RefreshToken: value}).Token()
}

func TestStaticRefreshTokenStays(t *testing.T) {
	p := startOffline(t, false)
	first := p.tokens(t)
	before := p.claims(t, first)
	p.Advance(50 * time.Minute)
	for range 2 {
		token, err := p.refresh(t.Context(), first.RefreshToken)
		if err != nil {
			t.Fatal(err)
		}
		if token.RefreshToken != first.RefreshToken || token.AccessToken == first.AccessToken {
			t.Error("want the same refresh token and a new access token")
		}
		claims := p.claims(t, token)
		if claims["sub"] != aliceID || claims["auth_time"] != before["auth_time"] || claims["nonce"] != nil {
			t.Errorf("claims %v", claims)
		}
	}
}

func TestRotatedRefreshTokenAndItsLeeway(t *testing.T) {
	p := startOffline(t, true)
	first := p.tokens(t)
	second, err := p.refresh(t.Context(), first.RefreshToken)
	if err != nil || second.RefreshToken == first.RefreshToken {
		t.Fatalf("no rotation: %v", err)
	}
	p.Advance(29 * time.Second)
	again, err := p.refresh(t.Context(), first.RefreshToken) // the lost answer
	if err != nil {
		t.Fatalf("within the leeway: %v", err)
	}
	if _, err := p.refresh(t.Context(), again.RefreshToken); err != nil {
		t.Errorf("the token from the leeway: %v", err)
	}
}

func TestRotationWithoutLeeway(t *testing.T) {
	p := start(t, func(c *okta.Config) { c.Clients[0].RotateRefreshTokens, c.Clients[0].RefreshLeeway = true, -1 })
	p.oauth.Scopes = append(p.oauth.Scopes, "offline_access")
	first := p.tokens(t)
	second, err := p.refresh(t.Context(), first.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.refresh(t.Context(), first.RefreshToken); err == nil {
		t.Error("the replaced token worked in the same second")
	}
	if _, err := p.refresh(t.Context(), second.RefreshToken); err == nil {
		t.Error("the newest refresh token survived the reuse")
	}
}

func TestStolenRefreshTokenEndsTheGrant(t *testing.T) {
	for name, reuse := range map[string]func(*testing.T, *rp, string){
		"after the leeway": func(_ *testing.T, p *rp, _ string) { p.Advance(31 * time.Second) },
		"twice in the leeway": func(t *testing.T, p *rp, old string) {
			t.Helper()
			if _, err := p.refresh(t.Context(), old); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := startOffline(t, true)
			first := p.tokens(t)
			second, err := p.refresh(t.Context(), first.RefreshToken)
			if err != nil {
				t.Fatal(err)
			}
			reuse(t, p, first.RefreshToken)
			_, err = p.refresh(t.Context(), first.RefreshToken)
			if refused := retrieveError(t, err); refused.ErrorCode != "invalid_grant" || refused.ErrorDescription != "The refresh token is invalid or expired." {
				t.Errorf("%v", refused)
			}
			if _, err := p.AwaitEvent(t.Context(), 0, okta.EventRefreshReuseDetected); err != nil {
				t.Error(err)
			}
			if _, err := p.refresh(t.Context(), second.RefreshToken); err == nil {
				t.Error("the newest refresh token survived")
			}
			if _, err := p.provider.UserInfo(t.Context(), oauth2.StaticTokenSource(second)); err == nil {
				t.Error("the newest access token survived")
			}
		})
	}
}

func TestRefreshFailsWhenTheUserIsGone(t *testing.T) {
	for name, lose := range map[string]func(*rp) error{
		"disabled":            func(p *rp) error { return p.DisableUser(alice) },
		"unassigned":          func(p *rp) error { return p.Unassign(alice, clientID) },
		"revoked":             func(p *rp) error { return p.RevokeTokens(alice) },
		"idle for 7 days":     func(p *rp) error { p.Advance(7 * 24 * time.Hour); return nil },
		"presented by others": func(p *rp) error { p.oauth.ClientID, p.oauth.ClientSecret = "0oaOTHER", "other"; return nil },
	} {
		t.Run(name, func(t *testing.T) {
			p := startOffline(t, false)
			if _, err := p.AddClient(okta.Client{ID: "0oaOTHER", Secret: "other"}); err != nil {
				t.Fatal(err)
			}
			token := p.tokens(t)
			if err := lose(p); err != nil {
				t.Fatal(err)
			}
			_, err := p.refresh(t.Context(), token.RefreshToken)
			if refused := retrieveError(t, err); refused.ErrorCode != "invalid_grant" {
				t.Errorf("%v", refused)
			}
		})
	}
}
