package okta_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/oktatest"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/keys"
)

// Every ID token that must not sign anybody in.
func TestForgedIDTokenIsRefused(t *testing.T) {
	now := time.Now().Unix()
	for name, test := range map[string]struct {
		edit func(map[string]any)
		sign func(map[string]any) string
		want string
	}{
		"another issuer":       {edit: func(c map[string]any) { c["iss"] = "https://evil.example" }, want: "iss"},
		"another audience":     {edit: func(c map[string]any) { c["aud"] = "somebody-else" }, want: "aud"},
		"another party":        {edit: func(c map[string]any) { c["aud"], c["azp"] = []string{idpClient, "evil"}, "evil" }, want: "azp"},
		"two audiences no azp": {edit: func(c map[string]any) { c["aud"] = []string{idpClient, "evil"} }, want: "azp"},
		"replayed nonce":       {edit: func(c map[string]any) { c["nonce"] = "another sign-in's" }, want: "nonce"},
		"no nonce":             {edit: func(c map[string]any) { delete(c, "nonce") }, want: "nonce"},
		"expired":              {edit: func(c map[string]any) { c["exp"] = now - 121 }, want: "expired"},
		"no expiry":            {edit: func(c map[string]any) { delete(c, "exp") }, want: "expired"},
		"from the future":      {edit: func(c map[string]any) { c["iat"] = now + 300 }, want: "future"},
		"no subject":           {edit: func(c map[string]any) { delete(c, "sub") }, want: "no sub"},
		"alg none": {sign: func(c map[string]any) string {
			payload, _ := json.Marshal(c)
			enc := base64.RawURLEncoding
			return enc.EncodeToString([]byte(`{"alg":"none"}`)) + "." + enc.EncodeToString(payload) + "."
		}, want: "algorithm"},
		"HMAC with the client secret": {sign: func(c map[string]any) string {
			return signClaims(jose.HS256, jose.JSONWebKey{Key: []byte(idpSecret + strings.Repeat("x", 32)), KeyID: "k1"}, c)
		}, want: "algorithm"},
		"stranger's key": {sign: func(c map[string]any) string {
			return signClaims(jose.RS256, jose.JSONWebKey{Key: keys.RSA("a stranger's"), KeyID: "k1"}, c)
		}, want: "no published key"},
		"unknown kid": {sign: func(c map[string]any) string {
			return signClaims(jose.RS256, jose.JSONWebKey{Key: testKey(), KeyID: "k2"}, c)
		}, want: "no published key"},
		"garbage":      {sign: func(map[string]any) string { return "garbage" }, want: "not a JWS"},
		"amr no list":  {edit: func(c map[string]any) { c["amr"] = "pwd" }, want: "cannot be read"},
		"no such user": {edit: func(c map[string]any) { c["email"] = "nobody@acme.test" }, want: "no user"},
		"no e-mail":    {edit: func(c map[string]any) { delete(c, "email") }, want: "lacks the claim"},
	} {
		t.Run(name, func(t *testing.T) {
			f := federate(t, nil)
			f.up.edit, f.up.sign = test.edit, test.sign
			f.mustFail(t, f.roundTrip(t))
			if got := f.reason(); !strings.Contains(got, test.want) {
				t.Errorf("reason %q, want %q", got, test.want)
			}
			if links := f.Links(idpID); len(links) != 0 {
				t.Errorf("a failed sign-in left the link %v", links)
			}
		})
	}
}

func TestClockSkewIsTolerated(t *testing.T) {
	f := federate(t, nil)
	f.up.edit = func(c map[string]any) { c["exp"], c["iat"] = time.Now().Unix()-100, time.Now().Unix()+100 }
	f.claimsOf(t, f.roundTrip(t))
}

func TestTrustedClaimsWithoutAMRFail(t *testing.T) {
	for name, amr := range map[string]any{"none": nil, "empty": []string{}, "unknown values": []string{"webauthn", "fido2"}} {
		t.Run(name, func(t *testing.T) {
			f := federate(t, func(p *okta.IdentityProvider) { p.TrustClaims = true })
			f.up.edit = func(c map[string]any) { c["amr"] = amr }
			f.mustFail(t, f.roundTrip(t))
		})
	}
}

func TestForeignFromURIIsRefused(t *testing.T) {
	f := federate(t, nil)
	for _, from := range []string{
		"https://evil.example/", "//evil.example/", "///evil.example", `/\evil.example`, `\\evil.example`, "javascript:alert(1)",
		f.OrgIssuer() + ".evil.example/", f.OrgIssuer() + "@evil.example/", f.OrgIssuer() + "//evil.example/", "/\t/evil.example", "/%09/evil.example",
		"http:evil.example", "evil.example", "/a\r\nSet-Cookie: x=y", " https://evil.example", "/%5c/evil.example", "https:/\\evil.example",
	} {
		page := f.leave(t, url.Values{"fromURI": {from}})
		if page.Status != http.StatusBadRequest || page.Location != nil || f.up.asked != nil {
			t.Errorf("%q: status %d, location %v", from, page.Status, page.Location)
		}
	}
}

// Login CSRF: the attacker's answer of the provider in the victim's browser.
func TestCallbackOfAnotherBrowserIsRefused(t *testing.T) {
	f := federate(t, nil)
	f.leave(t, url.Values{"stateToken": {f.openSignIn(t).StateToken()}})
	own := f.browser
	f.browser = oktatest.NewBrowser(f.Server)
	f.openSignIn(t)
	if page := f.back(t, url.Values{"code": {idpCode}}); page.Status != http.StatusBadRequest || f.up.calls != 0 {
		t.Errorf("status %d, %d token calls", page.Status, f.up.calls)
	}
	f.browser = own
	f.claimsOf(t, f.back(t, url.Values{"code": {idpCode}})) // the owner's is not used up
}

func TestCallbackWorksOnce(t *testing.T) {
	f := federate(t, nil)
	f.claimsOf(t, f.roundTrip(t))
	if page := f.back(t, url.Values{"code": {idpCode}}); page.Status != http.StatusBadRequest || f.up.calls != 1 {
		t.Errorf("status %d, %d token calls", page.Status, f.up.calls)
	}
}

func TestCallbackWithUnknownStateIsRefused(t *testing.T) {
	f := federate(t, nil)
	f.openSignIn(t)
	for _, state := range []string{"", "x"} {
		page := f.back(t, url.Values{"code": {idpCode}, "state": {state}})
		if page.Status != http.StatusBadRequest || f.up.calls != 0 {
			t.Errorf("state %q: status %d", state, page.Status)
		}
	}
}

func TestProviderFailuresShowOktasError(t *testing.T) {
	for name, test := range map[string]struct {
		prepare func(*federated)
		answer  url.Values
	}{
		"error answer":            {answer: url.Values{"error": {"login_required"}, "error_description": {"<script>x</script>"}}},
		"no code":                 {answer: url.Values{}},
		"wrong code":              {answer: url.Values{"code": {"stolen"}}},
		"another issuer (mix-up)": {answer: url.Values{"code": {idpCode}, "iss": {"https://evil.example"}}},
		"no ID token":             {prepare: func(f *federated) { f.up.noToken = true }, answer: url.Values{"code": {idpCode}}},
		"verifier of another":     {prepare: func(f *federated) { f.up.asked.Set("code_challenge", "x") }, answer: url.Values{"code": {idpCode}}},
		"provider down":           {prepare: func(f *federated) { f.up.web.Close() }, answer: url.Values{"code": {idpCode}}},
		"fault": {prepare: func(f *federated) {
			_ = f.Fault(okta.Fault{Name: okta.FaultIDPFailure, Times: 1})
		}, answer: url.Values{"code": {idpCode}}},
	} {
		t.Run(name, func(t *testing.T) {
			f := federate(t, nil)
			f.leave(t, url.Values{"stateToken": {f.openSignIn(t).StateToken()}})
			if test.prepare != nil {
				test.prepare(f)
			}
			f.mustFail(t, f.back(t, test.answer))
		})
	}
}

func TestFailureAfterFromURIShowsTheSignInPage(t *testing.T) {
	f := federate(t, nil)
	f.leave(t, url.Values{"fromURI": {f.authorizeURL()}})
	f.mustFail(t, f.back(t, url.Values{"error": {"access_denied"}}))
}

func TestDiscoveryOfAnotherIssuerIsRefused(t *testing.T) {
	f := federate(t, nil)
	f.up.metadata["issuer"] = "https://evil.example"
	page := f.openSignIn(t)
	f.mustFail(t, f.leave(t, url.Values{"stateToken": {page.StateToken()}}))
}

func TestInactiveProviderIsNotOfferedAndRefuses(t *testing.T) {
	f := federate(t, nil)
	idp, _ := f.IdentityProvider(idpID)
	idp.Inactive = true
	if err := f.SetIdentityProvider(idp); err != nil {
		t.Fatal(err)
	}
	page := f.openSignIn(t)
	if strings.Contains(page.Body, "Corbado") {
		t.Error("an inactive provider is offered")
	}
	if page = f.leave(t, url.Values{"stateToken": {page.StateToken()}}); page.Status != http.StatusNotFound {
		t.Errorf("status %d", page.Status)
	}
}

func TestExpiredSignInOffersARestart(t *testing.T) {
	f := federate(t, nil)
	page := f.openSignIn(t)
	f.leave(t, url.Values{"stateToken": {page.StateToken()}})
	f.Advance(2 * time.Hour)
	page = f.leave(t, url.Values{"stateToken": {page.StateToken()}})
	if page.Status != http.StatusBadRequest || !strings.Contains(page.Body, ">Back to sign in</a>") {
		t.Errorf("status %d: %s", page.Status, page.Body)
	}
}

// Okta's widget leads from an expired sign-in to the org's home page.
func TestHomeOffersTheLastSignInAgain(t *testing.T) {
	f := federate(t, nil)
	f.openSignIn(t)
	f.Advance(2 * time.Hour)
	for browser, want := range map[*oktatest.Browser]bool{f.browser: true, oktatest.NewBrowser(f.Server): false} {
		page, err := browser.Get(t.Context(), f.OrgIssuer()+"/")
		if err != nil || strings.Contains(page.Body, ">Sign in to Legacy App</a>") != want {
			t.Errorf("want a link %t: %v in %s", want, err, page.Body)
		}
	}
}

func TestFaultDropsTheLoginHint(t *testing.T) {
	f := federate(t, nil)
	f.set(t, okta.Fault{Name: okta.FaultDropLoginHint})
	f.leave(t, url.Values{"stateToken": {f.openSignIn(t).StateToken()}, "login_hint": {signedHint}})
	if f.up.asked.Has("login_hint") {
		t.Error("the hint was passed on")
	}
}

// The signed passkey data is a credential: it must not reach the event log.
func TestFederationEventsHoldNoSecrets(t *testing.T) {
	f := federate(t, nil)
	f.claimsOf(t, f.roundTrip(t))
	log, err := json.Marshal(f.Events())
	if err != nil {
		t.Fatal(err)
	}
	for _, never := range []string{"eyJ.a", idpSecret, idpCode, f.up.asked.Get("state"), f.up.asked.Get("nonce"), alice} {
		if strings.Contains(string(log), never) {
			t.Errorf("the events hold %q", never)
		}
	}
}
