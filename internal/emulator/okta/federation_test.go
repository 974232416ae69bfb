package okta_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/oktatest"
)

func TestFederatedSignInByStateToken(t *testing.T) {
	f := federate(t, func(p *okta.IdentityProvider) { p.TrustClaims = true })
	page := f.openSignIn(t)
	if !strings.Contains(page.Body, ">Sign in with Corbado</a>") {
		t.Error("the page does not offer the provider")
	}
	left := f.leave(t, url.Values{"stateToken": {page.StateToken()}, "login_hint": {signedHint}})
	if got := left.Header.Get("Referrer-Policy"); got != "no-referrer" {
		t.Errorf("Referrer-Policy %q", got)
	}
	for name, want := range map[string]string{
		"client_id": idpClient, "response_type": "code", "scope": "openid email profile", "login_hint": signedHint,
		"redirect_uri": f.OrgIssuer() + "/oauth2/v1/authorize/callback", "code_challenge_method": "S256",
	} {
		if got := f.up.asked.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if f.up.asked.Get("nonce") == "" || f.up.asked.Get("state") == page.StateToken() {
		t.Error("no nonce, or the state token left the org")
	}
	claims := f.claimsOf(t, f.back(t, url.Values{"code": {idpCode}}))
	if claims["idp"] != idpID || claims["sub"] != aliceID {
		t.Errorf("idp %v, sub %v", claims["idp"], claims["sub"])
	}
	if amr, _ := json.Marshal(claims["amr"]); string(amr) != `["pop","hwk","mfa"]` {
		t.Errorf("amr %s", amr)
	}
	if links := f.Links(idpID); links[aliceSub] != aliceID {
		t.Errorf("links %v", links)
	}
}

func TestFederatedSignInByFromURI(t *testing.T) {
	for name, base := range map[string]string{"relative": "", "absolute": "own"} {
		t.Run(name, func(t *testing.T) {
			f := federate(t, nil)
			target, err := url.Parse(f.authorizeURL())
			if err != nil {
				t.Fatal(err)
			}
			from := target.RequestURI()
			if base != "" {
				from = target.String()
			}
			f.leave(t, url.Values{"fromURI": {from}, "login_hint": {signedHint}})
			claims := f.claimsOf(t, f.back(t, url.Values{"code": {idpCode}}))
			if amr, _ := json.Marshal(claims["amr"]); claims["idp"] != idpID || string(amr) != `["fed"]` {
				t.Errorf("idp %v, amr %s", claims["idp"], amr)
			}
		})
	}
}

func TestIDPParameterGoesStraightToTheProvider(t *testing.T) {
	f := federate(t, nil)
	authorize := f.authorizeURL(oauth2.SetAuthURLParam("idp", idpID), oauth2.SetAuthURLParam("login_hint", signedHint))
	page, err := f.browser.Get(t.Context(), authorize)
	if err != nil {
		t.Fatal(err)
	}
	f.note(page)
	if f.up.asked.Get("login_hint") != signedHint {
		t.Fatalf("status %d, asked %v", page.Status, f.up.asked)
	}
	if claims := f.claimsOf(t, f.back(t, url.Values{"code": {idpCode}})); claims["idp"] != idpID {
		t.Errorf("idp %v", claims["idp"])
	}
	if page, err = f.browser.Get(t.Context(), authorize); err != nil || page.Location == nil || page.Location.Query().Get("code") == "" {
		t.Error("a session does not come before the idp parameter")
	}
}

func TestUnknownIDPParameterGoesBackToTheApp(t *testing.T) {
	f := federate(t, nil)
	page, err := f.browser.Get(t.Context(), f.authorizeURL(oauth2.SetAuthURLParam("idp", "0oaNOBODY0000000IDP0")))
	if err != nil || page.Location == nil || page.Location.Query().Get("error") != "invalid_request" {
		t.Errorf("location %v, %v", page.Location, err)
	}
}

func TestRuleWithoutOktaShowsNoPageAndSendsNoHint(t *testing.T) {
	f := federate(t, nil)
	if err := f.SetRoutingRules(okta.RoutingRule{Providers: []string{idpID}, WithoutOkta: true}); err != nil {
		t.Fatal(err)
	}
	page, err := f.browser.Get(t.Context(), f.authorizeURL(oauth2.SetAuthURLParam("login_hint", alice)))
	if err != nil {
		t.Fatal(err)
	}
	f.note(page)
	if f.up.asked == nil || f.up.asked.Has("login_hint") {
		t.Errorf("asked %v", f.up.asked)
	}
}

func TestRoutingRuleOfAnotherAppDoesNotCount(t *testing.T) {
	f := federate(t, nil)
	if err := f.SetRoutingRules(okta.RoutingRule{Clients: []string{"0oaOTHER00000000APP0"}, Providers: []string{idpID}}); err != nil {
		t.Fatal(err)
	}
	if page := f.openSignIn(t); strings.Contains(page.Body, "Sign in with") {
		t.Error("the provider is offered for another app's rule")
	}
}

func TestLinkIsBySubAfterTheFirstSignIn(t *testing.T) {
	f := federate(t, nil)
	f.claimsOf(t, f.roundTrip(t))
	f.up.edit = func(c map[string]any) { c["email"] = "bob@acme.test" }
	f.browser = oktatest.NewBrowser(f.Server)
	if claims := f.claimsOf(t, f.roundTrip(t)); claims["sub"] != aliceID {
		t.Errorf("sub %v: the e-mail claim counted again", claims["sub"])
	}
	if err := f.Unlink(idpID, alice); err != nil || len(f.Links(idpID)) != 0 {
		t.Errorf("unlink: %v, %v", err, f.Links(idpID))
	}
}
