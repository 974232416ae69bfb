package okta_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
)

func TestAcrValues(t *testing.T) {
	for asked, want := range map[string]struct{ acr, err string }{
		"urn:okta:loa:1fa:any":         {acr: "urn:okta:loa:1fa:any"},
		"phr urn:okta:loa:1fa:pwd":     {acr: "urn:okta:loa:1fa:pwd"},
		"unknown":                      {},
		"phr":                          {err: "unmet_authentication_requirements"},
		"urn:okta:loa:2fa:any unknown": {err: "unmet_authentication_requirements"},
		"unknown urn:okta:loa:2fa:any:ifpossible": {acr: "urn:okta:loa:2fa:any:ifpossible"},
	} {
		t.Run(asked, func(t *testing.T) {
			p := start(t, nil)
			back := p.callback(t, oauth2.SetAuthURLParam("acr_values", asked))
			if got := back.Get("error"); got != want.err {
				t.Fatalf("error %q, want %q", got, want.err)
			}
			if want.err != "" {
				return
			}
			token, err := p.exchange(t.Context(), back.Get("code"))
			if err != nil {
				t.Fatal(err)
			}
			if acr, _ := p.claims(t, token)["acr"].(string); acr != want.acr {
				t.Errorf("acr %q, want %q", acr, want.acr)
			}
		})
	}
}

func TestThinIDTokenLeavesClaimsToUserinfo(t *testing.T) {
	p := start(t, func(c *okta.Config) { c.Clients[0].ThinIDToken = true })
	token := p.tokens(t)
	if claims := p.claims(t, token); claims["email"] != nil || claims["name"] != nil {
		t.Errorf("the thin token holds %v and %v", claims["email"], claims["name"])
	}
	info, err := p.provider.UserInfo(t.Context(), oauth2.StaticTokenSource(token))
	if err != nil || info.Email != alice {
		t.Errorf("userinfo: %v, %v", info, err)
	}
}

func TestResponseModes(t *testing.T) {
	p := start(t, nil)
	p.callback(t)
	page, err := p.browser.Get(t.Context(), p.authorizeURL(oauth2.SetAuthURLParam("response_mode", "fragment")))
	if err != nil || !strings.Contains(page.Location.Fragment, "code=") || page.Location.RawQuery != "" {
		t.Errorf("fragment: %v", err)
	}
	page, err = p.browser.Get(t.Context(), p.authorizeURL(oauth2.SetAuthURLParam("response_mode", "form_post")))
	if err != nil || page.Status != http.StatusOK || !strings.Contains(page.Body, `action="`+callback+`"`) || !strings.Contains(page.Body, `name="code"`) {
		t.Errorf("form_post: %v", err)
	}
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action http://app.test;") {
		t.Errorf("policy %s", policy)
	}
}

func TestAuthorizeByPost(t *testing.T) {
	p := start(t, nil)
	target, err := url.Parse(p.authorizeURL())
	if err != nil {
		t.Fatal(err)
	}
	bare := target.Scheme + "://" + target.Host + target.Path
	for _, when := range []string{"without cookies", "with cookies"} {
		page, err := p.browser.Post(t.Context(), bare, target.Query())
		if err != nil {
			t.Fatal(err)
		}
		if page.Status != http.StatusOK || page.StateToken() == "" {
			t.Errorf("%s: status %d", when, page.Status)
		}
	}
}

func TestRedirectToSignInAsClassicEngine(t *testing.T) {
	p := start(t, func(c *okta.Config) { c.RedirectToSignIn = true })
	p.browser.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	page, err := p.browser.Get(t.Context(), p.authorizeURL())
	if err != nil {
		t.Fatal(err)
	}
	if page.Status != http.StatusFound || page.Location.Path != "/signin" {
		t.Errorf("status %d to %v", page.Status, page.Location)
	}
}
