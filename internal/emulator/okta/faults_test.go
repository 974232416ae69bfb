package okta_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/oktatest"
)

func (p *rp) set(t *testing.T, f okta.Fault) {
	t.Helper()
	if err := p.Fault(f); err != nil {
		t.Fatal(err)
	}
}

// What go-oidc refuses by itself.
func TestTokenFaultsThatAVerifierRefuses(t *testing.T) {
	for name, want := range map[string]string{
		okta.FaultWrongIssuer:    "different provider",
		okta.FaultWrongAudience:  "expected audience",
		okta.FaultExpiredIDToken: "expired",
		okta.FaultWrongKid:       "failed to verify signature",
		okta.FaultBadSignature:   "failed to verify signature",
		okta.FaultAlgNone:        "algorithm",
		okta.FaultAlgHS256:       "algorithm",
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, nil)
			p.set(t, okta.Fault{Name: name, Times: 1})
			if _, err := p.verify(t.Context(), p.tokens(t)); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q", err, want)
			}
			p.claims(t, p.tokens(t)) // it fired once
		})
	}
}

// What a relying party must look at itself: the token is otherwise good.
func TestTokenFaultsThatTheClaimsShow(t *testing.T) {
	now := time.Now()
	for name, shown := range map[string]func(claims map[string]any) bool{
		okta.FaultWrongNonce:      func(c map[string]any) bool { return c["nonce"] != "n-1" && c["nonce"] != nil },
		okta.FaultMissingNonce:    func(c map[string]any) bool { return c["nonce"] == nil },
		okta.FaultTwoAudiences:    func(c map[string]any) bool { return len(c["aud"].([]any)) == 2 && c["azp"] != clientID },
		okta.FaultWrongSubject:    func(c map[string]any) bool { return c["sub"] != aliceID },
		okta.FaultFutureIDToken:   func(c map[string]any) bool { return c["iat"].(float64) > float64(now.Add(50*time.Minute).Unix()) },
		okta.FaultOldAuthTime:     func(c map[string]any) bool { return c["auth_time"].(float64) < float64(now.Add(-23*time.Hour).Unix()) },
		okta.FaultMissingAuthTime: func(c map[string]any) bool { return c["auth_time"] == nil },
		okta.FaultMissingEmail:    func(c map[string]any) bool { return c["email"] == nil && c["name"] != nil },
		okta.FaultThinIDToken:     func(c map[string]any) bool { return c["email"] == nil && c["name"] == nil },
		okta.FaultManyGroups:      func(c map[string]any) bool { return len(c["groups"].([]any)) == 150 },
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, nil)
			p.oauth.Scopes = append(p.oauth.Scopes, "groups")
			p.set(t, okta.Fault{Name: name})
			if claims := p.claims(t, p.tokens(t)); !shown(claims) {
				t.Errorf("claims %v", claims)
			}
		})
	}
}

func TestWrongAtHash(t *testing.T) {
	p := start(t, nil)
	p.set(t, okta.Fault{Name: okta.FaultWrongAtHash})
	token := p.tokens(t)
	idToken, err := p.verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if idToken.VerifyAccessToken(token.AccessToken) == nil {
		t.Error("the hash holds")
	}
}

func TestTokenEndpointFaults(t *testing.T) {
	p := start(t, nil)
	p.set(t, okta.Fault{Name: okta.FaultMissingIDToken, Times: 1})
	if token := p.tokens(t); token.Extra("id_token") != nil {
		t.Error("there is an ID token")
	}
	p.set(t, okta.Fault{Name: okta.FaultTokenGarbage, Times: 1})
	if _, err := p.exchange(t.Context(), p.callback(t).Get("code")); err == nil {
		t.Error("garbage was taken")
	}
}

func TestUserinfoFaults(t *testing.T) {
	p := start(t, nil)
	token := oauth2.StaticTokenSource(p.tokens(t))
	p.set(t, okta.Fault{Name: okta.FaultUserinfoOtherSub, Times: 1})
	if info, err := p.provider.UserInfo(t.Context(), token); err != nil || info.Subject == aliceID {
		t.Errorf("%v, %v", info, err)
	}
	p.set(t, okta.Fault{Name: okta.FaultMissingEmail, Times: 1})
	if info, err := p.provider.UserInfo(t.Context(), token); err != nil || info.Email != "" {
		t.Errorf("%v, %v", info, err)
	}
	p.set(t, okta.Fault{Name: okta.FaultUserinfoGarbage, Times: 1})
	if _, err := p.provider.UserInfo(t.Context(), token); err == nil {
		t.Error("garbage was taken")
	}
}

func TestCallbackFaults(t *testing.T) {
	for name, shown := range map[string]func(url.Values) bool{
		okta.FaultCallbackWrongState:  func(q url.Values) bool { return q.Get("state") != "state-1" && q.Get("state") != "" },
		okta.FaultCallbackNoState:     func(q url.Values) bool { return !q.Has("state") && q.Has("code") },
		okta.FaultCallbackNoCode:      func(q url.Values) bool { return !q.Has("code") && q.Has("state") },
		okta.FaultCallbackWrongIssuer: func(q url.Values) bool { return q.Has("iss") && q.Has("code") },
		okta.FaultAuthorizeError: func(q url.Values) bool {
			return q.Get("error") == "server_error" && q.Get("state") == "state-1"
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, nil)
			p.set(t, okta.Fault{Name: name, Times: 1})
			if back := p.callback(t); !shown(back) {
				t.Errorf("callback %v", back)
			}
			if back := p.callback(t); !back.Has("code") || back.Get("state") != "state-1" {
				t.Errorf("the next callback %v", back)
			}
		})
	}
	p := start(t, nil)
	p.set(t, okta.Fault{Name: okta.FaultAuthorizeError, Error: "access_denied", ErrorDescription: "<b>& ünï"})
	if back := p.callback(t); back.Get("error") != "access_denied" || back.Get("error_description") != "<b>& ünï" {
		t.Errorf("callback %v", back)
	}
}

func TestDiscoveryFaults(t *testing.T) {
	p := start(t, nil)
	for name, want := range map[string]string{
		okta.FaultDiscoveryWrongIssuer: "did not match",
		okta.FaultDiscoveryGarbage:     "decode",
		okta.FaultFailDiscovery:        "500",
	} {
		p.set(t, okta.Fault{Name: name, Times: 1})
		if _, err := oidc.NewProvider(t.Context(), p.Issuer()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", name, err, want)
		}
	}
	p.set(t, okta.Fault{Name: okta.FaultDiscoveryNoLogout, Times: 1})
	var doc struct {
		Logout string `json:"end_session_endpoint"`
	}
	if err := connect(t, p.Server, p.Issuer()).provider.Claims(&doc); err != nil || doc.Logout != "" {
		t.Errorf("logout %q, %v", doc.Logout, err)
	}
}

func TestFailingEndpoints(t *testing.T) {
	p := start(t, nil)
	for endpoint, method := range map[string]string{
		"keys": "GET", "authorize": "GET", "token": "POST", "userinfo": "GET", "logout": "GET", "revoke": "POST",
	} {
		target := "/oauth2/default/v1/" + endpoint
		p.set(t, okta.Fault{Name: "fail_" + endpoint, Times: 2, Status: 502})
		for range 2 {
			if rec := serve(t, p.Server, method, target, nil); rec.Code != 502 {
				t.Errorf("%s: status %d", endpoint, rec.Code)
			}
		}
		if rec := serve(t, p.Server, method, target, nil); rec.Code >= 500 {
			t.Errorf("%s: status %d after the fault", endpoint, rec.Code)
		}
	}
}

func TestRateLimitHeaders(t *testing.T) {
	p := start(t, nil)
	p.set(t, okta.Fault{Name: okta.FaultFailToken, Times: 1, Status: 429})
	_, err := p.exchange(t.Context(), "x")
	res := retrieveError(t, err).Response
	reset, parseErr := strconv.ParseInt(res.Header.Get("X-Rate-Limit-Reset"), 10, 64)
	if parseErr != nil || time.Unix(reset, 0).Before(p.Now()) || res.Header.Get("X-Rate-Limit-Remaining") != "0" {
		t.Errorf("headers %v", res.Header)
	}
	var body struct {
		Code string `json:"errorCode"`
	}
	if err := json.Unmarshal(retrieveError(t, err).Body, &body); err != nil || body.Code != "E0000047" {
		t.Errorf("body %s", retrieveError(t, err).Body)
	}
}

func TestDownUntilCleared(t *testing.T) {
	p := start(t, nil)
	p.set(t, okta.Fault{Name: okta.FaultDown})
	for _, path := range []string{"/", "/signin", "/oauth2/default/.well-known/openid-configuration", "/oauth2/v1/keys"} {
		if rec := serve(t, p.Server, http.MethodGet, path, nil); rec.Code != 503 {
			t.Errorf("%s: status %d", path, rec.Code)
		}
	}
	if list := p.Faults(); len(list) != 1 || list[0].Name != okta.FaultDown {
		t.Errorf("faults %v", list)
	}
	p.ClearFaults(okta.FaultDown)
	if _, err := oidc.NewProvider(t.Context(), p.Issuer()); err != nil {
		t.Error(err)
	}
}

func TestSlowEndpointWaitsAndGivesUpWithItsClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, err := okta.New(okta.Config{PublicURL: "http://login.test"})
		if err != nil {
			t.Fatal(err)
		}
		for delay, want := range map[time.Duration]time.Duration{0: 2 * time.Second, time.Minute: time.Minute} {
			if err := server.Fault(okta.Fault{Name: okta.FaultSlowDiscovery, Times: 1, Delay: delay}); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			if rec := serve(t, server, http.MethodGet, "/.well-known/openid-configuration", nil); rec.Code != 200 || time.Since(began) != want {
				t.Errorf("status %d after %s, want 200 after %s", rec.Code, time.Since(began), want)
			}
		}
	})
	p := start(t, nil)
	p.set(t, okta.Fault{Name: okta.FaultSlowToken, Delay: time.Hour})
	code := p.callback(t).Get("code")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _ = p.AwaitEvent(ctx, 0, okta.EventFaultFired)
		cancel()
	}()
	if _, err := p.exchange(ctx, code); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestUnknownFaultsAreNamed(t *testing.T) {
	p := start(t, nil)
	for _, f := range []okta.Fault{
		{Name: "wrong_nonsense"}, {Name: okta.FaultDown, Times: -1}, {Name: okta.FaultDown, Status: 200}, {Name: okta.FaultDown, Delay: -1},
	} {
		if p.Fault(f) == nil {
			t.Errorf("%+v was taken", f)
		}
	}
	for _, name := range okta.FaultNames() {
		p.set(t, okta.Fault{Name: name})
	}
}

func TestBrowserStartsAnew(t *testing.T) {
	p := start(t, nil)
	p.callback(t)
	if err := p.EndSessions(alice); err != nil {
		t.Fatal(err)
	}
	p.browser = oktatest.NewBrowser(p.Server)
	if p.signedIn(t) {
		t.Error("signed in")
	}
}
