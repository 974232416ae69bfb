package okta_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
)

// changed returns the authorize URL with parameters replaced, or removed when
// the value is "-".
func (p *rp) changed(t *testing.T, pairs ...string) string {
	t.Helper()
	u, err := url.Parse(p.authorizeURL())
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	for pair := range slices.Chunk(pairs, 2) {
		query.Set(pair[0], pair[1])
		if pair[1] == "-" {
			query.Del(pair[0])
		}
	}
	u.RawQuery = query.Encode()
	return u.String()
}

func TestAuthorizeErrorsAtTheRedirectURI(t *testing.T) {
	for name, test := range map[string]struct {
		change            []string
		code, description string
	}{
		"no state":            {[]string{"state", "-"}, "invalid_request", "The authentication request has an invalid 'state' parameter."},
		"state with slash":    {[]string{"state", "a/b"}, "invalid_request", "The authentication request has an invalid 'state' parameter."},
		"no PKCE":             {[]string{"code_challenge", "-", "code_challenge_method", "-"}, "invalid_request", "PKCE code challenge is required by the application."},
		"PKCE plain":          {[]string{"code_challenge_method", "plain"}, "invalid_request", ""},
		"PKCE without method": {[]string{"code_challenge_method", "-"}, "invalid_request", ""},
		"PKCE too short":      {[]string{"code_challenge", "abc"}, "invalid_request", ""},
		"no scope":            {[]string{"scope", "-"}, "invalid_scope", ""},
		"scope not openid":    {[]string{"scope", "profile"}, "invalid_scope", ""},
		"unknown scope":       {[]string{"scope", "openid payroll"}, "invalid_scope", "One or more scopes are not configured for the authorization server resource."},
		"implicit":            {[]string{"response_type", "id_token"}, "unsupported_response_type", ""},
		"bad prompt":          {[]string{"prompt", "select_account"}, "invalid_request", ""},
		"prompt none login":   {[]string{"prompt", "none login"}, "invalid_request", ""},
		"bad max_age":         {[]string{"max_age", "-1"}, "invalid_request", ""},
		"response mode":       {[]string{"response_mode", "okta_post_message"}, "invalid_request", ""},
		"request object":      {[]string{"request", "e30.e30."}, "request_not_supported", ""},
		"not logged in":       {[]string{"prompt", "none"}, "login_required", "The client specified not to prompt, but the user is not logged in."},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, nil)
			page, err := p.browser.Get(t.Context(), p.changed(t, test.change...))
			if err != nil {
				t.Fatal(err)
			}
			if page.Location == nil || !strings.HasPrefix(page.Location.String(), callback+"?") {
				t.Fatalf("status %d to %v", page.Status, page.Location)
			}
			got := page.Location.Query()
			if got.Get("error") != test.code || got.Has("code") {
				t.Errorf("error %q, want %q", got.Get("error"), test.code)
			}
			if test.description != "" && got.Get("error_description") != test.description {
				t.Errorf("description %q, want %q", got.Get("error_description"), test.description)
			}
			if wantState := !strings.Contains(name, "state"); wantState != (got.Get("state") == "state-1") {
				t.Errorf("state %q", got.Get("state"))
			}
		})
	}
}

// A wrong client or redirect URI must never be answered at that URI: the
// emulator would be an open redirector and hand codes to strangers.
func TestOpenRedirectIsRefusedWithAPage(t *testing.T) {
	p := start(t, nil)
	const text = "must be a Login redirect URI in the client app settings"
	for name, test := range map[string]struct {
		change []string
		text   string
	}{
		"unknown client": {[]string{"client_id", "0oaNOBODY"}, "Invalid value for &#39;client_id&#39; parameter."},
		"no client":      {[]string{"client_id", "-"}, "Invalid value for &#39;client_id&#39; parameter."},
		"no URI":         {[]string{"redirect_uri", "-"}, text},
		"foreign host":   {[]string{"redirect_uri", "http://evil.test/passkeys/callback"}, text},
		"suffix":         {[]string{"redirect_uri", callback + "/more"}, text},
		"query added":    {[]string{"redirect_uri", callback + "?x=1"}, text},
		"userinfo":       {[]string{"redirect_uri", "http://app.test@evil.test/passkeys/callback"}, text},
		"upper case":     {[]string{"redirect_uri", strings.ToUpper(callback)}, text},
		"trailing slash": {[]string{"redirect_uri", callback + "/"}, text},
		"logout URI":     {[]string{"redirect_uri", signedOut}, text},
		"markup":         {[]string{"redirect_uri", `"><script>alert(1)</script>`}, text},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := p.browser.Get(t.Context(), p.changed(t, test.change...))
			if err != nil {
				t.Fatal(err)
			}
			if page.Status != http.StatusBadRequest || page.Location != nil || !strings.Contains(page.Body, test.text) {
				t.Errorf("status %d, body %s", page.Status, page.Body)
			}
			if strings.Contains(page.Body, "<script") || strings.Contains(page.Body, "evil.test") {
				t.Error("the page repeats what the attacker sent")
			}
		})
	}
}

func TestRepeatedParameters(t *testing.T) {
	p := start(t, nil)
	page, err := p.browser.Get(t.Context(), p.authorizeURL()+"&redirect_uri="+url.QueryEscape("http://evil.test/"))
	if err != nil || page.Status != http.StatusBadRequest {
		t.Errorf("second redirect_uri: %v", err)
	}
	page, err = p.browser.Get(t.Context(), p.authorizeURL()+"&nonce=other")
	if err != nil || page.Location == nil || page.Location.Query().Get("error") != "invalid_request" {
		t.Errorf("second nonce: %v", err)
	}
}

func TestUnassignedUserIsDenied(t *testing.T) {
	p := start(t, nil)
	if err := p.Unassign(alice, clientID); err != nil {
		t.Fatal(err)
	}
	for range 2 { // with the form, then with the session that lives on
		back := p.callback(t)
		if back.Get("error") != "access_denied" || back.Get("error_description") != "User is not assigned to the client application." {
			t.Errorf("callback %v", back)
		}
	}
	if err := p.Assign(alice, clientID); err != nil {
		t.Fatal(err)
	}
	if back := p.callback(t); back.Get("code") == "" {
		t.Errorf("callback %v", back)
	}
}

func TestRenamedUserKeepsTheSubject(t *testing.T) {
	p := start(t, nil)
	p.callback(t)
	if err := p.RenameUser(alice, "alice.l@acme.test", "al@acme.test"); err != nil {
		t.Fatal(err)
	}
	claims := p.claims(t, p.tokens(t))
	if claims["sub"] != aliceID || claims["preferred_username"] != "alice.l@acme.test" || claims["email"] != "al@acme.test" {
		t.Errorf("claims %v", claims)
	}
	if err := p.RenameUser("alice.l@acme.test", "BOB@acme.test", ""); err == nil {
		t.Error("two users share a login")
	}
}

func TestPublicClientNeedsNoSecret(t *testing.T) {
	p := start(t, func(c *okta.Config) { c.Clients[0].Secret = "" })
	p.oauth.ClientSecret = ""
	p.oauth.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	p.claims(t, p.tokens(t))
}

func TestOptionalPKCE(t *testing.T) {
	p := start(t, func(c *okta.Config) { c.Clients[0].PKCEOptional = true })
	page, err := p.browser.SignIn(t.Context(), p.changed(t, "code_challenge", "-", "code_challenge_method", "-"), alice, password)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.oauth.Exchange(t.Context(), page.Query().Get("code")); err != nil {
		t.Error(err)
	}
	// A verifier for a code without a challenge is what a downgrade looks like.
	page, err = p.browser.SignIn(t.Context(), p.changed(t, "code_challenge", "-", "code_challenge_method", "-"), alice, password)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.exchange(t.Context(), page.Query().Get("code")); err == nil {
		t.Error("a verifier without a challenge was accepted")
	}
}
