package okta_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/oktatest"
)

// idxAnswer is what the tests look at.
type idxAnswer struct {
	Status      int
	StateHandle string `json:"stateHandle"`
	Remediation struct {
		Value []struct {
			Name string `json:"name"`
			Href string `json:"href"`
			IDP  struct{ ID, Name string }
		} `json:"value"`
	} `json:"remediation"`
	Success  struct{ Href string } `json:"success"`
	Messages struct {
		Value []struct {
			Message string
			I18n    struct{ Key string }
		} `json:"value"`
	} `json:"messages"`
}

func (a *idxAnswer) names() string {
	names := []string{}
	for _, r := range a.Remediation.Value {
		names = append(names, r.Name)
	}
	return strings.Join(names, " ")
}

func (a *idxAnswer) key() string {
	if len(a.Messages.Value) == 0 {
		return ""
	}
	return a.Messages.Value[0].I18n.Key
}

func (p *rp) idx(t *testing.T, path, contentType string, body map[string]any) *idxAnswer {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.OrgIssuer()+"/idp/idx/"+path, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	res, err := p.browser.Client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	answer := &idxAnswer{Status: res.StatusCode}
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, answer); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	return answer
}

const ion = "application/ion+json; okta-version=1.0.0"

func TestIDXSignInByPassword(t *testing.T) {
	f := federate(t, nil)
	token := f.openSignIn(t).StateToken()
	got := f.idx(t, "introspect", ion, map[string]any{"stateToken": token})
	if got.Status != http.StatusOK || got.names() != "identify redirect-idp" || got.StateHandle != token {
		t.Fatalf("introspect: %+v", got)
	}
	if idp := got.Remediation.Value[1]; idp.IDP.ID != idpID || idp.Href != f.OrgIssuer()+"/sso/idps/"+idpID+"?"+stateQuery(token) {
		t.Errorf("redirect-idp: %+v", idp)
	}
	handle := map[string]any{"stateHandle": token}
	if got = f.idx(t, "identify", ion, handle); got.Status != http.StatusBadRequest || got.names() != "identify redirect-idp" {
		t.Errorf("no identifier: %+v", got)
	}
	if got = f.idx(t, "identify", ion, map[string]any{"stateHandle": token, "identifier": alice}); got.names() != "challenge-authenticator" {
		t.Fatalf("identify: %+v", got)
	}
	if got = f.idx(t, "cancel", ion, handle); got.names() != "identify redirect-idp" {
		t.Errorf("cancel: %+v", got)
	}
	f.idx(t, "identify", ion, map[string]any{"stateHandle": token, "identifier": alice})
	answer := func(passcode string) *idxAnswer {
		return f.idx(t, "challenge/answer", ion, map[string]any{"stateHandle": token, "credentials": map[string]any{"passcode": passcode}})
	}
	if got = answer("wrong"); got.Status != http.StatusUnauthorized || got.key() != "errors.E0000004" || got.names() != "challenge-authenticator" {
		t.Errorf("wrong password: %+v", got)
	}
	got = answer(password)
	if got.Success.Href != f.OrgIssuer()+"/login/token/redirect?"+stateQuery(token) {
		t.Fatalf("success: %+v", got)
	}
	page, err := f.browser.Get(t.Context(), got.Success.Href)
	if err != nil {
		t.Fatal(err)
	}
	if claims := f.claimsOf(t, page); claims["sub"] != aliceID || claims["idp"] != f.OrgID() {
		t.Errorf("claims %v", claims)
	}
}

// An unknown user must look like a known one until the password is wrong.
func TestIDXDoesNotTellWhoExists(t *testing.T) {
	p := start(t, nil)
	seen := map[string]bool{}
	for _, who := range []string{alice, "nobody@acme.test"} {
		token := p.openSignIn(t).StateToken()
		a := p.idx(t, "identify", ion, map[string]any{"stateHandle": token, "identifier": who})
		b := p.idx(t, "challenge/answer", ion, map[string]any{"stateHandle": token, "credentials": map[string]any{"passcode": "x"}})
		seen[a.names()+a.key()+b.names()+b.key()] = true
	}
	if len(seen) != 1 {
		t.Errorf("answers differ: %v", seen)
	}
}

// A page of another site can send no JSON content type without a preflight.
func TestIDXRefusesAFormOfAnotherSite(t *testing.T) {
	p := start(t, nil)
	token := p.openSignIn(t).StateToken()
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", ""} {
		if got := p.idx(t, "identify", kind, map[string]any{"stateHandle": token, "identifier": alice}); got.Status != http.StatusUnsupportedMediaType {
			t.Errorf("%q: status %d", kind, got.Status)
		}
	}
}

func TestIDXStateOfAnotherBrowserOrTimeIsExpired(t *testing.T) {
	p := start(t, nil)
	token := p.openSignIn(t).StateToken()
	own := p.browser
	p.browser = oktatest.NewBrowser(p.Server)
	expired := func(why string) {
		t.Helper()
		got := p.idx(t, "introspect", ion, map[string]any{"stateToken": token})
		if got.Status != http.StatusUnauthorized || got.key() != "idx.session.expired" {
			t.Errorf("%s: %+v", why, got)
		}
	}
	expired("another browser")
	p.browser = own
	p.set(t, okta.Fault{Name: okta.FaultIDXExpired, Times: 1})
	expired("fault")
	p.Advance(2 * time.Hour)
	expired("time")
}

func TestIDXShowsTheProvidersFailure(t *testing.T) {
	f := federate(t, nil)
	token := f.openSignIn(t).StateToken()
	f.leave(t, url.Values{"stateToken": {token}})
	f.back(t, url.Values{"error": {"login_required"}})
	if got := f.idx(t, "introspect", ion, map[string]any{"stateToken": token}); got.key() != "idx.identity.provider.auth.error" || got.names() != "identify redirect-idp" {
		t.Errorf("introspect: %+v", got)
	}
}

func stateQuery(token string) string { return url.Values{"stateToken": {token}}.Encode() }
