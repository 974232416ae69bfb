package okta_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/oktatest"
)

func (p *rp) openSignIn(t *testing.T, options ...oauth2.AuthCodeOption) *oktatest.Page {
	t.Helper()
	page, err := p.browser.Get(t.Context(), p.authorizeURL(options...))
	if err != nil {
		t.Fatal(err)
	}
	if page.StateToken() == "" {
		t.Fatalf("no form: status %d", page.Status)
	}
	return page
}

func TestSignInPageIsUsableAndLabelled(t *testing.T) {
	p := start(t, nil)
	page := p.openSignIn(t, oauth2.SetAuthURLParam("login_hint", alice))
	for _, want := range []string{
		"Okta emulator &ndash; demo only", "Connecting to <strong>Legacy App</strong>", `value="` + alice + `"`,
		`<label for="identifier">Username</label>`, `autocomplete="username"`, "autofocus", ">Next</button>",
	} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the user name page lacks %s", want)
		}
	}
	page, err := p.browser.Identify(t.Context(), page, alice)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<label for="passcode">Password</label>`, `name="credentials.passcode"`, `autocomplete="current-password"`,
		"autofocus", ">Verify</button>", ">Back to sign in</a>",
	} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the password page lacks %s", want)
		}
	}
	for _, never := range []string{"<script", "style=\"", password, secret} {
		if strings.Contains(page.Body, never) {
			t.Errorf("the page holds %s", never)
		}
	}
}

func TestSignInPageHeaders(t *testing.T) {
	p := start(t, nil)
	page := p.openSignIn(t)
	policy := page.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self' http://app.test"} {
		if !strings.Contains(policy, want) {
			t.Errorf("policy %q lacks %q", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "script-src") {
		t.Errorf("policy %q allows scripts", policy)
	}
	for name, want := range map[string]string{
		"Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff",
		"Cache-Control": "no-cache, no-store",
	} {
		if got := page.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	again := p.openSignIn(t)
	if again.Header.Get("Content-Security-Policy") == policy {
		t.Error("two pages share a nonce")
	}
}

func TestCookieAttributes(t *testing.T) {
	for public, secure := range map[string]bool{"": false, "https://login.acme.test": true} {
		p := start(t, nil)
		handler := p.Server
		if public != "" {
			var err error
			handler, err = okta.New(okta.Config{PublicURL: public, Clients: []okta.Client{{ID: clientID, RedirectURIs: []string{callback}}}})
			if err != nil {
				t.Fatal(err)
			}
		}
		target, err := url.Parse(p.authorizeURL())
		if err != nil {
			t.Fatal(err)
		}
		res := serve(t, handler, http.MethodGet, target.RequestURI(), nil)
		cookies := res.Result().Cookies()
		if len(cookies) != 1 || cookies[0].Name != "dt" {
			t.Fatalf("cookies %v", cookies)
		}
		if c := cookies[0]; !c.HttpOnly || c.Secure != secure || c.SameSite != http.SameSiteLaxMode || c.Domain != "" {
			t.Errorf("cookie %+v", c)
		}
	}
}

func TestWrongPasswordStaysOnThePage(t *testing.T) {
	p := start(t, nil)
	for name, test := range map[string]struct{ login, password string }{
		"wrong password":     {alice, "wrong"},
		"unknown user":       {"nobody@acme.test", password},
		"user id as login":   {aliceID, password},
		"another's password": {alice, "battery staple"},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := p.browser.Identify(t.Context(), p.openSignIn(t), test.login)
			if err != nil {
				t.Fatal(err)
			}
			if page.Alert() != "" {
				t.Errorf("the user name alone gave %q", page.Alert())
			}
			if page, err = p.browser.Verify(t.Context(), page, test.password); err != nil {
				t.Fatal(err)
			}
			if page.Location != nil || page.Alert() != "Unable to sign in" {
				t.Fatalf("status %d, alert %q", page.Status, page.Alert())
			}
			if strings.Contains(page.URL.String()+page.Body, test.password) {
				t.Error("the password came back")
			}
		})
	}
	if err := p.DisableUser(alice); err != nil {
		t.Fatal(err)
	}
	if _, err := p.browser.SignIn(t.Context(), p.authorizeURL(), alice, password); err == nil {
		t.Error("a disabled user signed in")
	}
	if err := p.EnableUser(alice); err != nil {
		t.Fatal(err)
	}
	p.callback(t)
}

func TestBlankFieldsAndBackToSignIn(t *testing.T) {
	p := start(t, nil)
	const blank = "This field cannot be left blank"
	page, err := p.browser.Identify(t.Context(), p.openSignIn(t), "  ")
	if err != nil || page.Alert() != blank || !strings.Contains(page.Body, `aria-describedby="identifier-error"`) {
		t.Errorf("blank user name: %v", err)
	}
	if page, err = p.browser.Identify(t.Context(), page, alice); err != nil {
		t.Fatal(err)
	}
	if page, err = p.browser.Verify(t.Context(), page, ""); err != nil || page.Alert() != blank {
		t.Errorf("blank password: %v", err)
	}
	back := p.OrgIssuer() + "/signin?" + url.Values{"stateToken": {page.StateToken()}, "step": {"identify"}}.Encode()
	if page, err = p.browser.Get(t.Context(), back); err != nil || !strings.Contains(page.Body, ">Next</button>") || page.Alert() != "" {
		t.Errorf("back to sign in: %v", err)
	}
	// The password step cannot be reached without a user name.
	if page, err = p.browser.Verify(t.Context(), page, password); err != nil || page.Location != nil {
		t.Errorf("skipped the user name: %v", err)
	}
}

// An attacker who starts a sign-in and lures another browser into finishing it
// would get that user's session, or give them their own.
func TestLoginCSRFWithAForeignStateToken(t *testing.T) {
	p := start(t, nil)
	page := p.openSignIn(t)
	page, err := p.browser.Identify(t.Context(), page, alice)
	if err != nil {
		t.Fatal(err)
	}
	stranger := oktatest.NewBrowser(p.Server)
	for name, got := range map[string]func() (*oktatest.Page, error){
		"verify":   func() (*oktatest.Page, error) { return stranger.Verify(t.Context(), page, password) },
		"identify": func() (*oktatest.Page, error) { return stranger.Identify(t.Context(), page, alice) },
		"show":     func() (*oktatest.Page, error) { return stranger.Get(t.Context(), page.URL.String()) },
		"finish": func() (*oktatest.Page, error) {
			return stranger.Get(t.Context(), strings.Replace(page.URL.String(), "/signin", "/login/token/redirect", 1))
		},
	} {
		answer, err := got()
		if err != nil {
			t.Fatal(err)
		}
		if answer.Status != http.StatusBadRequest || strings.Contains(answer.Body, "authorize?") {
			t.Errorf("%s: status %d", name, answer.Status)
		}
	}
	if answer, err := p.browser.Verify(t.Context(), page, password); err != nil || answer.Location == nil {
		t.Errorf("the owner could not go on: %v", err)
	}
}

func TestFinishingWithoutAPasswordStartsAgain(t *testing.T) {
	p := start(t, nil)
	page := p.openSignIn(t)
	finish := p.OrgIssuer() + "/login/token/redirect?" + url.Values{"stateToken": {page.StateToken()}}.Encode()
	answer, err := p.browser.Get(t.Context(), finish)
	if err != nil || answer.Location != nil || answer.StateToken() == "" {
		t.Errorf("no new form: %v", err)
	}
}

func TestExpiredSignInPageOffersARestart(t *testing.T) {
	p := start(t, nil)
	page := p.openSignIn(t)
	p.Advance(time.Hour)
	answer, err := p.browser.Identify(t.Context(), page, alice)
	if err != nil {
		t.Fatal(err)
	}
	if answer.Status != http.StatusBadRequest || !strings.Contains(answer.Body, `<a href="/oauth2/default/v1/authorize?`) {
		t.Errorf("status %d: %s", answer.Status, answer.Body)
	}
}

func TestSessionFixationByAnOldCookie(t *testing.T) {
	p := start(t, nil)
	p.callback(t)
	at, err := url.Parse(p.OrgIssuer())
	if err != nil {
		t.Fatal(err)
	}
	before := cookieValue(p.browser.Client.Jar.Cookies(at), "idx")
	thief := oktatest.NewBrowser(p.Server)
	thief.Client.Jar.SetCookies(at, []*http.Cookie{{Name: "idx", Value: before}}) //nolint:gosec // G124: what a thief would send
	p.callback(t, oauth2.SetAuthURLParam("prompt", "login"))
	if after := cookieValue(p.browser.Client.Jar.Cookies(at), "idx"); after == before || after == "" {
		t.Error("the session cookie did not change at sign-in")
	}
	page, err := thief.Get(t.Context(), p.authorizeURL())
	if err != nil || page.Location != nil {
		t.Errorf("the old session lives on: %v", err)
	}
}

func TestMarkupInTheUserNameIsEscaped(t *testing.T) {
	p := start(t, nil)
	const hostile = `"><script>alert(1)</script>`
	page, err := p.browser.Identify(t.Context(), p.openSignIn(t, oauth2.SetAuthURLParam("login_hint", hostile)), hostile)
	if err != nil || strings.Contains(page.Body, "<script") {
		t.Errorf("unescaped: %v", err)
	}
}

func TestHomePageNamesTheIssuers(t *testing.T) {
	p := start(t, nil)
	page, err := p.browser.Get(t.Context(), p.OrgIssuer()+"/")
	if err != nil || page.Status != http.StatusOK || !strings.Contains(page.Body, p.Issuer()) {
		t.Errorf("home: %v", err)
	}
}

func cookieValue(cookies []*http.Cookie, name string) string {
	for _, c := range cookies {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}
