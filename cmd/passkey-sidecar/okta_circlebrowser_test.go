package main

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"testing"

	"github.com/descope/virtualwebauthn"
)

// circleBrowser keeps cookies, and does what the scripts on the pages do.
type circleBrowser struct {
	*circle
	*http.Client
}

type circlePage struct {
	*http.Response
	body string
}

func (c *circle) browser() *circleBrowser {
	c.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return &circleBrowser{c, &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		r.Header.Del("Referer") // Go's client makes it of the URL that redirected, no browser does
		return nil
	}}}
}

func (b *circleBrowser) get(target string, headers ...string) circlePage {
	b.t.Helper()
	return b.send(http.MethodGet, target, "", "", headers...)
}

// ask posts JSON from a page of origin and reads the answer.
func (b *circleBrowser) ask(origin, target, kind string, in any, headers ...string) map[string]any {
	b.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		b.t.Fatal(err)
	}
	page := b.send(http.MethodPost, target, kind, string(body), append(headers, "Accept", kind, "Origin", origin, "Sec-Fetch-Site", "same-origin")...)
	var got map[string]any
	if err := json.Unmarshal([]byte(page.body), &got); err != nil || page.StatusCode != http.StatusOK {
		b.t.Fatalf("%s: %s %s", target, page.Status, page.body)
	}
	return got
}

var widgetState = regexp.MustCompile(`"stateToken":("[^"]+")`)

// state is the sign-in that Okta's page gives to its widget.
func (b *circleBrowser) state(page circlePage) string {
	b.t.Helper()
	m := widgetState.FindStringSubmatch(page.body)
	if m == nil {
		b.t.Fatalf("no sign-in at %s: %s %s", page.Request.URL, page.Status, page.body)
	}
	var state string
	if err := json.Unmarshal([]byte(m[1]), &state); err != nil {
		b.t.Fatal(err)
	}
	return state
}

// password signs alice in with it, as Okta's widget does.
func (b *circleBrowser) password(page circlePage) circlePage {
	b.t.Helper()
	const ion = "application/ion+json; okta-version=1.0.0"
	org, state := b.okta.OrgIssuer(), b.state(page)
	b.ask(org, org+"/idp/idx/identify", ion, map[string]any{"stateHandle": state, "identifier": "alice@acme.test"})
	got := b.ask(org, org+"/idp/idx/challenge/answer", ion, map[string]any{"stateHandle": state, "credentials": map[string]any{"passcode": circlePassword}})
	success, _ := got["success"].(map[string]any)
	href, _ := success["href"].(string)
	if href == "" {
		b.t.Fatalf("Okta does not sign in: %v", got)
	}
	return b.get(href)
}

// handOff takes Corbado's word to Okta, as the script on the sign-in page does.
func (b *circleBrowser) handOff(page circlePage, idp, signed string) circlePage {
	b.t.Helper()
	query := url.Values{"stateToken": {b.state(page)}, "login_hint": {signed}}
	return b.get(b.okta.OrgIssuer() + "/sso/idps/" + idp + "?" + query.Encode())
}

// connect calls Corbado's Frontend API from a page of origin.
func (b *circleBrowser) connect(origin, process, path string, in map[string]any) map[string]any {
	b.t.Helper()
	headers := []string{"X-Corbado-ProjectID", circleProject}
	if process != "" {
		headers = append(headers, "X-Corbado-Process-ID", process)
	}
	return b.ask(origin, b.cloud+"/v2/connect/"+path, "application/json", in, headers...)
}

// passkeyDevice holds alice's passkey.
type passkeyDevice struct {
	device virtualwebauthn.Authenticator
	key    virtualwebauthn.Credential
}

func relyingParty(origin string) virtualwebauthn.RelyingParty {
	return virtualwebauthn.RelyingParty{ID: "localhost", Name: "localhost", Origin: origin}
}

var fresh = map[string]any{"clientInformation": map[string]any{}, "flags": map[string]any{}}

// addPasskey does what the page after a sign-in does: a connect token of the
// sidecar's, a challenge of Corbado's, an answer of the device's.
func (b *circleBrowser) addPasskey() *passkeyDevice {
	b.t.Helper()
	token := b.ask(b.site, b.site+"/passkeys/connect-token", "application/json", map[string]any{"type": "passkey-append"})
	process := text(b.t, b.connect(b.site, "", "append/init", fresh), "processID")
	start := b.connect(b.site, process, "append/start", map[string]any{"appendTokenValue": token["secret"], "loadedMs": 1})
	options, err := virtualwebauthn.ParseAttestationOptions(text(b.t, start, "attestationOptions"))
	if err != nil {
		b.t.Fatal(err)
	}
	d := &passkeyDevice{virtualwebauthn.NewAuthenticator(), newPasskey(b.t)}
	answer := virtualwebauthn.CreateAttestationResponse(relyingParty(b.site), d.device, d.key, *options)
	b.connect(b.site, process, "append/finish", map[string]any{"attestationResponse": answer})
	return d
}

// signedData signs alice in at Corbado on Okta's page and returns what Corbado
// signs for Okta.
func (b *circleBrowser) signedData(d *passkeyDevice) string {
	b.t.Helper()
	origin := b.okta.OrgIssuer()
	process := text(b.t, b.connect(origin, "", "login/init", fresh), "token")
	start := b.connect(origin, process, "login/start", map[string]any{"identifier": "alice@acme.test", "source": "text-field", "loadedMs": 1})
	options, err := virtualwebauthn.ParseAssertionOptions(text(b.t, start, "assertionOptions"))
	if err != nil {
		b.t.Fatal(err)
	}
	answer := virtualwebauthn.CreateAssertionResponse(relyingParty(origin), d.device, d.key, *options)
	return text(b.t, b.connect(origin, process, "login/finish", map[string]any{"assertionResponse": answer, "isConditionalUI": false}), "signedPasskeyData")
}

func text(t *testing.T, answer map[string]any, name string) string {
	t.Helper()
	value, _ := answer[name].(string)
	if value == "" {
		t.Fatalf("no %s in %v", name, answer)
	}
	return value
}

// newPasskey makes a key whose coordinates start with no zero byte:
// virtualwebauthn drops leading zeros, which no real authenticator does.
func newPasskey(t *testing.T) virtualwebauthn.Credential {
	t.Helper()
	for {
		c := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
		parsed, err := x509.ParsePKCS8PrivateKey(c.Key.Data)
		if err != nil {
			t.Fatal(err)
		}
		key, ok := parsed.(*ecdsa.PrivateKey)
		if !ok {
			t.Fatalf("a %T", parsed)
		}
		point, err := key.PublicKey.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if point[1] != 0 && point[33] != 0 {
			return c
		}
	}
}
