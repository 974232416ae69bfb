package okta_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/oktatest"
)

func (p *rp) logoutURL(pairs ...string) string {
	query := url.Values{}
	for pair := range slices.Chunk(pairs, 2) {
		query.Set(pair[0], pair[1])
	}
	return p.Issuer() + "/v1/logout?" + query.Encode()
}

func idTokenOf(token *oauth2.Token) string {
	raw, _ := token.Extra("id_token").(string)
	return raw
}

func (p *rp) signedIn(t *testing.T) bool {
	t.Helper()
	page, err := p.browser.Get(t.Context(), p.authorizeURL(oauth2.SetAuthURLParam("prompt", "none")))
	if err != nil {
		t.Fatal(err)
	}
	return page.Location.Query().Get("code") != ""
}

func TestLogoutEndsTheSessionAndReturns(t *testing.T) {
	for name, prepare := range map[string]func(*testing.T, *rp){
		"fresh hint":   func(*testing.T, *rp) {},
		"expired hint": func(_ *testing.T, p *rp) { p.Advance(90 * time.Minute) },
		"rotated key": func(t *testing.T, p *rp) {
			t.Helper()
			if err := p.RotateKeys(false); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, nil)
			hint := idTokenOf(p.tokens(t))
			prepare(t, p)
			if !p.signedIn(t) {
				t.Fatal("not signed in")
			}
			page, err := p.browser.Get(t.Context(), p.logoutURL("id_token_hint", hint, "post_logout_redirect_uri", signedOut, "state", "s2"))
			if err != nil {
				t.Fatal(err)
			}
			if page.Location == nil || page.Location.String() != signedOut+"?state=s2" {
				t.Errorf("went to %v", page.Location)
			}
			if p.signedIn(t) {
				t.Error("the session lives on")
			}
		})
	}
}

func TestLogoutByPostWithoutARedirect(t *testing.T) {
	p := start(t, nil)
	page, err := p.browser.Post(t.Context(), p.Issuer()+"/v1/logout", url.Values{"id_token_hint": {idTokenOf(p.tokens(t))}})
	if err != nil || page.Status != http.StatusOK || !strings.Contains(page.Body, "You have signed out") {
		t.Errorf("signed-out page: %v", err)
	}
	if p.signedIn(t) {
		t.Error("the session lives on")
	}
}

// A cross-site form post brings no Lax cookie; the hint still names the session.
func TestLogoutWithoutTheCookie(t *testing.T) {
	p := start(t, nil)
	hint := idTokenOf(p.tokens(t))
	if _, err := oktatest.NewBrowser(p.Server).Post(t.Context(), p.Issuer()+"/v1/logout", url.Values{"id_token_hint": {hint}}); err != nil {
		t.Fatal(err)
	}
	if p.signedIn(t) {
		t.Error("the session lives on")
	}
}

func TestLogoutIsRefused(t *testing.T) {
	p := start(t, nil)
	token := p.tokens(t)
	hint := idTokenOf(token)
	other := oktatest.NewBrowser(p.Server)
	mine := p.browser
	p.browser = other
	bobs := idTokenOf(func() *oauth2.Token {
		token, err := p.exchange(t.Context(), p.callbackAs(t, "bob@acme.test", "battery staple").Get("code"))
		if err != nil {
			t.Fatal(err)
		}
		return token
	}())
	p.browser = mine
	head, _, _ := strings.Cut(hint, ".")
	for name, target := range map[string]string{
		"no hint":            p.logoutURL("post_logout_redirect_uri", signedOut),
		"garbage":            p.logoutURL("id_token_hint", "abc"),
		"alg none":           p.logoutURL("id_token_hint", "eyJhbGciOiJub25lIn0."+strings.Split(hint, ".")[1]+"."),
		"cut signature":      p.logoutURL("id_token_hint", head+"."+strings.Split(hint, ".")[1]+"."),
		"access token":       p.logoutURL("id_token_hint", token.AccessToken),
		"another user's":     p.logoutURL("id_token_hint", bobs),
		"unregistered URI":   p.logoutURL("id_token_hint", hint, "post_logout_redirect_uri", "http://evil.test/"),
		"URI in other case":  p.logoutURL("id_token_hint", hint, "post_logout_redirect_uri", strings.Replace(signedOut, "app", "APP", 1)),
		"login redirect URI": p.logoutURL("id_token_hint", hint, "post_logout_redirect_uri", callback),
		"the other issuer's": strings.Replace(p.logoutURL("id_token_hint", hint), "/default", "", 1),
	} {
		t.Run(name, func(t *testing.T) {
			page, err := p.browser.Get(t.Context(), target)
			if err != nil {
				t.Fatal(err)
			}
			if page.Status != http.StatusBadRequest || page.Location != nil || strings.Contains(page.Body, "evil.test") {
				t.Errorf("status %d to %v", page.Status, page.Location)
			}
			if !p.signedIn(t) {
				t.Error("signed out all the same")
			}
		})
	}
}
