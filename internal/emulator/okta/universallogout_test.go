package okta_test

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
)

// receiver is an app's endpoint that keeps what it was sent.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	tokens []string
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	rc := new(receiver)
	rc.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		rc.mu.Lock()
		rc.bodies = append(rc.bodies, string(body))
		rc.tokens = append(rc.tokens, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		rc.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(rc.Close)
	return rc
}

// opened verifies a token with an issuer's published keys.
func opened(t *testing.T, issuer, raw string) (header map[jose.HeaderKey]any, claims map[string]any) {
	t.Helper()
	provider, err := oidc.NewProvider(t.Context(), issuer)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&doc); err != nil {
		t.Fatal(err)
	}
	payload, err := oidc.NewRemoteKeySet(t.Context(), doc.Keys).VerifySignature(t.Context(), raw)
	if err != nil {
		t.Fatalf("%s did not sign it: %v", issuer, err)
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	jws, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	return jws.Signatures[0].Protected.ExtraHeaders, claims
}

func TestUniversalLogoutIsWhatOktaDocuments(t *testing.T) {
	p := start(t, nil)
	app := newReceiver(t)
	for _, tc := range []struct {
		form okta.UniversalLogout
		iss  string
		body string
	}{
		{okta.UniversalLogout{}, p.OrgIssuer(), `{"sub_id":{"email":"alice@acme.test","format":"email"}}`},
		{okta.UniversalLogout{Format: "iss_sub"}, p.OrgIssuer(), `{"sub_id":{"format":"iss_sub","iss":"` + p.OrgIssuer() + `","sub":"` + aliceID + `"}}`},
		{okta.UniversalLogout{Custom: true}, p.Issuer(), `{"sub_id":{"email":"alice@acme.test","format":"email"}}`},
	} {
		tc.form.User, tc.form.Client, tc.form.URL = alice, clientID, app.URL+"/universal-logout"
		status, err := p.SendUniversalLogout(t.Context(), tc.form)
		if err != nil || status != http.StatusNoContent {
			t.Fatalf("%+v: %d %v", tc.form, status, err)
		}
		header, claims := opened(t, tc.iss, app.tokens[len(app.tokens)-1])
		if header["typ"] != "global-token-revocation+jwt" || claims["iss"] != tc.iss || claims["sub"] != clientID ||
			claims["aud"] != tc.form.URL || claims["jti"] == "" || claims["exp"].(float64)-claims["nbf"].(float64) != 600 {
			t.Errorf("header %v, claims %v", header, claims)
		}
		if got := app.bodies[len(app.bodies)-1]; got != tc.body {
			t.Errorf("body %s, want %s", got, tc.body)
		}
	}
	for _, flaw := range []string{
		okta.FlawWrongType, okta.FlawWrongIssuer, okta.FlawWrongAudience, okta.FlawWrongClient, okta.FlawExpired, okta.FlawFuture,
		okta.FlawForeignKey, okta.FlawUnknownKey, okta.FlawAlgNone, okta.FlawNoToken, okta.FlawUnknownFormat, okta.FlawReplayed,
	} {
		if _, err := p.SendUniversalLogout(t.Context(), okta.UniversalLogout{User: alice, Client: clientID, URL: app.URL, Flaw: flaw}); err != nil {
			t.Errorf("%s: %v", flaw, err)
		}
	}
	if n := len(app.tokens); app.tokens[n-1] != app.tokens[n-2] {
		t.Error("the replayed request was not the same twice")
	}
	for name, u := range map[string]okta.UniversalLogout{
		"nobody":         {User: "mallory", URL: app.URL},
		"unknown flaw":   {User: alice, URL: app.URL, Flaw: "x"},
		"unknown format": {User: alice, URL: app.URL, Format: "opaque"},
		"no address":     {User: alice},
		"app down":       {User: alice, URL: "http://127.0.0.1:1/"},
	} {
		if _, err := p.SendUniversalLogout(t.Context(), u); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestControlsSendSignOuts(t *testing.T) {
	p := start(t, nil)
	app := newReceiver(t)
	p.tokens(t)
	rec := p.control(t, http.MethodPost, "universal-logout", `{"user":"`+alice+`","client":"`+clientID+`","url":"`+app.URL+`"}`)
	if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), `"status":204`) {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	rec = p.control(t, http.MethodPost, "backchannel-logout", `{"client":"`+clientID+`","user":"`+alice+`","sid":"s1","url":"`+app.URL+`"}`)
	if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), `"status":204`) {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	rec = p.control(t, http.MethodGet, "users/"+aliceID+"/sessions", "")
	if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), p.SessionID(alice)) || p.SessionID(alice) == "" {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	for path, body := range map[string]string{"universal-logout": `{"user":"mallory"}`, "backchannel-logout": `{"client":"x"}`} {
		if rec := p.control(t, http.MethodPost, path, body); rec.Code != http.StatusNotFound && rec.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", path, rec.Code)
		}
		if rec := p.control(t, http.MethodPost, path, body, "RemoteAddr", "192.0.2.7:4711"); rec.Code != http.StatusForbidden {
			t.Errorf("%s from afar: %d", path, rec.Code)
		}
	}
}

var frame = regexp.MustCompile(`<iframe hidden src="([^"]+)"`)

// TestSingleLogoutTellsTheOtherApps signs in at two apps and out at one.
func TestSingleLogoutTellsTheOtherApps(t *testing.T) {
	app := newReceiver(t)
	const otherID = "0oaOTHER00000000OTH0"
	p := start(t, func(c *okta.Config) {
		c.Clients[0].SingleLogout = okta.SingleLogout{
			FrontchannelURI: "http://app.test/passkeys/frontchannel-logout", SessionRequired: true, BackchannelURI: app.URL + "/backchannel",
		}
		c.Clients = append(c.Clients, okta.Client{ID: otherID, Secret: secret, RedirectURIs: []string{callback}, PostLogoutRedirectURIs: []string{signedOut}})
	})
	first := idTokenOf(p.tokens(t))
	p.oauth.ClientID = otherID
	second := idTokenOf(p.tokens(t))
	_, claims := opened(t, p.Issuer(), first)
	sid, _ := claims["sid"].(string)
	if sid == "" || sid != p.SessionID(alice) {
		t.Fatalf("sid is %q", sid)
	}
	if _, other := opened(t, p.Issuer(), second); other["sid"] != nil {
		t.Error("an app that does not take part is told the sid")
	}
	page, err := p.browser.Get(t.Context(), p.logoutURL("id_token_hint", second, "post_logout_redirect_uri", signedOut, "state", "s2"))
	if err != nil {
		t.Fatal(err)
	}
	frames := frame.FindAllStringSubmatch(page.Body, -1)
	if len(frames) != 1 || !strings.Contains(page.Body, html.EscapeString(signedOut+"?state=s2")) {
		t.Fatalf("page: %s", page.Body)
	}
	u, err := url.Parse(html.UnescapeString(frames[0][1]))
	if err != nil || u.Path != "/passkeys/frontchannel-logout" || u.Query().Get("iss") != p.Issuer() || u.Query().Get("sid") != sid {
		t.Errorf("frame %v", u)
	}
	if len(app.bodies) != 1 {
		t.Fatalf("%d logout tokens", len(app.bodies))
	}
	form, err := url.ParseQuery(app.bodies[0])
	if err != nil {
		t.Fatal(err)
	}
	header, claims := opened(t, p.Issuer(), form.Get("logout_token"))
	if header["typ"] != "logout+jwt" || claims["sid"] != sid || claims["aud"] != clientID || claims["events"] == nil || claims["nonce"] != nil {
		t.Errorf("header %v, claims %v", header, claims)
	}
	if p.signedIn(t) {
		t.Error("the session lives on")
	}
}

func TestSingleLogoutIsCheckedAtTheApp(t *testing.T) {
	p := start(t, nil)
	for _, uri := range []string{"/relative", "http://app.test/#fragment"} {
		for _, l := range []okta.SingleLogout{{FrontchannelURI: uri}, {BackchannelURI: uri}} {
			if _, err := p.AddClient(okta.Client{SingleLogout: l}); err == nil {
				t.Errorf("%+v was accepted", l)
			}
		}
	}
}
