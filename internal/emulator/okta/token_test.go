package okta_test

import (
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
)

// serve sends one request straight to a handler, as a local caller.
func serve(t *testing.T, h http.Handler, method, target string, form url.Values, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(form.Encode()))
	req.RemoteAddr = "127.0.0.1:4711"
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for pair := range slices.Chunk(headers, 2) {
		req.Header.Add(pair[0], pair[1])
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec
}

func basicAuth(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
}

// retrieveError is what x/oauth2 made of a refusal.
func retrieveError(t *testing.T, err error) *oauth2.RetrieveError {
	t.Helper()
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		t.Fatalf("error %v", err)
	}
	return refused
}

func TestClientAuthentication(t *testing.T) {
	p := start(t, nil)
	post := url.Values{"client_id": {clientID}, "client_secret": {secret}}
	for name, test := range map[string]struct {
		form   url.Values
		header string
		status int
		want   string
	}{
		"none":         {url.Values{}, "", 401, "No client credentials found."},
		"id alone":     {url.Values{"client_id": {clientID}}, "", 401, "No client credentials found."},
		"wrong post":   {url.Values{"client_id": {clientID}, "client_secret": {"x"}}, "", 401, "The client secret supplied for a confidential client is invalid."},
		"wrong basic":  {url.Values{}, basicAuth(clientID, "x"), 401, "The client secret supplied for a confidential client is invalid."},
		"unknown":      {url.Values{}, basicAuth("0oaNOBODY", "x"), 401, "Invalid value for 'client_id' parameter."},
		"other scheme": {url.Values{}, "Bearer abc", 401, "No client credentials found."},
		"two ids":      {url.Values{"client_id": {"0oaOTHER"}}, basicAuth(clientID, secret), 401, "No client credentials found."},
		"both at once": {post, basicAuth(clientID, secret), 400, "Can't supply multiple client credentials. Use one of the following: "},
		"basic":        {url.Values{}, basicAuth(clientID, secret), 400, textGrantType},
		"post":         {post, "", 400, textGrantType},
	} {
		t.Run(name, func(t *testing.T) {
			form := url.Values{"redirect_uri": {callback}}
			maps.Copy(form, test.form)
			headers := []string{}
			if test.header != "" {
				headers = []string{"Authorization", test.header}
			}
			rec := serve(t, p.Server, http.MethodPost, "/oauth2/default/v1/token", form, headers...)
			if rec.Code != test.status || !strings.Contains(rec.Body.String(), test.want) {
				t.Errorf("%d %s, want %d %s", rec.Code, rec.Body, test.status, test.want)
			}
			if rec.Header().Get("Cache-Control") != "no-cache, no-store" {
				t.Error("the answer may be cached")
			}
			if challenge := rec.Header().Get("WWW-Authenticate"); (challenge != "") != (test.status == 401 && test.header != "") {
				t.Errorf("WWW-Authenticate %q", challenge)
			}
		})
	}
}

const textGrantType = "must have a 'grant_type' parameter"

func TestSecretInTheURLIsNotRead(t *testing.T) {
	p := start(t, nil)
	target := "/oauth2/default/v1/token?" + url.Values{"client_id": {clientID}, "client_secret": {secret}}.Encode()
	if rec := serve(t, p.Server, http.MethodPost, target, url.Values{"grant_type": {"authorization_code"}}); rec.Code != http.StatusUnauthorized {
		t.Errorf("status %d", rec.Code)
	}
}

func TestTokenEndpointTakesFormsOnly(t *testing.T) {
	p := start(t, nil)
	for method, status := range map[string]int{http.MethodPost: 400, http.MethodGet: 405} {
		rec := serve(t, p.Server, method, "/oauth2/default/v1/token", nil, "Content-Type", "application/json", "Authorization", basicAuth(clientID, secret))
		if rec.Code != status {
			t.Errorf("%s: status %d, want %d", method, rec.Code, status)
		}
	}
	rec := serve(t, p.Server, http.MethodPost, "/oauth2/default/v1/token", url.Values{"grant_type": {"password"}}, "Authorization", basicAuth(clientID, secret))
	if !strings.Contains(rec.Body.String(), "unsupported_grant_type") {
		t.Errorf("password grant: %s", rec.Body)
	}
}

func TestCodeIsBound(t *testing.T) {
	const bad = "The authorization code is invalid or has expired."
	for name, test := range map[string]struct {
		spoil func(p *rp, code *string)
		want  string
	}{
		"PKCE verifier":    {func(p *rp, _ *string) { p.verifier = oauth2.GenerateVerifier() }, "PKCE verification failed."},
		"no PKCE verifier": {func(p *rp, _ *string) { p.verifier = "" }, "PKCE verification failed."},
		"PKCE challenge":   {func(p *rp, _ *string) { p.verifier = challengeOf(p.verifier) }, "PKCE verification failed."},
		"redirect URI":     {func(p *rp, _ *string) { p.oauth.RedirectURL = signedOut }, "redirection URI used in the authorization request"},
		"client":           {func(p *rp, _ *string) { p.oauth.ClientID, p.oauth.ClientSecret = "0oaOTHER", "other" }, bad},
		"issuer": {func(p *rp, _ *string) {
			p.oauth.Endpoint.TokenURL = p.OrgIssuer() + "/oauth2/v1/token"
		}, bad},
		"300 seconds": {func(p *rp, _ *string) { p.Advance(300 * time.Second) }, bad},
		"guessed":     {func(_ *rp, code *string) { *code = "guess" }, bad},
		"user disabled": {func(p *rp, _ *string) {
			if err := p.DisableUser(alice); err != nil {
				panic(err)
			}
		}, bad},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, func(c *okta.Config) {
				c.Clients = append(c.Clients, okta.Client{ID: "0oaOTHER", Secret: "other", RedirectURIs: []string{callback}})
			})
			code := p.callback(t).Get("code")
			test.spoil(p, &code)
			_, err := p.exchange(t.Context(), code)
			refused := retrieveError(t, err)
			if refused.ErrorCode != "invalid_grant" || !strings.Contains(refused.ErrorDescription, test.want) || refused.Response.StatusCode != http.StatusBadRequest {
				t.Errorf("%v", refused)
			}
		})
	}
}

func TestCodeReplayRevokesTheTokens(t *testing.T) {
	p := start(t, nil)
	code := p.callback(t).Get("code")
	token, err := p.exchange(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.provider.UserInfo(t.Context(), oauth2.StaticTokenSource(token)); err != nil {
		t.Fatal(err)
	}
	_, err = p.exchange(t.Context(), code)
	if refused := retrieveError(t, err); refused.ErrorDescription != "The authorization code is invalid or has expired." {
		t.Errorf("%v", refused)
	}
	if _, err := p.provider.UserInfo(t.Context(), oauth2.StaticTokenSource(token)); err == nil {
		t.Error("the access token of a replayed code works")
	}
}

func TestUserinfoRefusals(t *testing.T) {
	p := start(t, nil)
	token := p.tokens(t)
	for name, header := range map[string]string{
		"no token": "", "unknown": "Bearer x", "other scheme": "Basic " + token.AccessToken,
	} {
		rec := serve(t, p.Server, http.MethodGet, "/oauth2/default/v1/userinfo", nil, "Authorization", header)
		if rec.Code != 401 || !strings.Contains(rec.Header().Get("WWW-Authenticate"), `error="invalid_token"`) {
			t.Errorf("%s: %d %v", name, rec.Code, rec.Header())
		}
	}
	rec := serve(t, p.Server, http.MethodGet, "/oauth2/v1/userinfo", nil, "Authorization", "Bearer "+token.AccessToken)
	if rec.Code != 401 {
		t.Errorf("another issuer's userinfo: %d", rec.Code)
	}
	p.Advance(time.Hour)
	rec = serve(t, p.Server, http.MethodGet, "/oauth2/default/v1/userinfo", nil, "Authorization", "Bearer "+token.AccessToken)
	if rec.Code != 401 {
		t.Errorf("after an hour: %d", rec.Code)
	}
}

func TestRevokeAndIntrospect(t *testing.T) {
	p := start(t, nil)
	p.oauth.Scopes = append(p.oauth.Scopes, "offline_access")
	token := p.tokens(t)
	call := func(endpoint, value string) string {
		rec := serve(t, p.Server, http.MethodPost, "/oauth2/default/v1/"+endpoint, url.Values{"token": {value}}, "Authorization", basicAuth(clientID, secret))
		if rec.Code != http.StatusOK {
			t.Errorf("%s: status %d", endpoint, rec.Code)
		}
		return rec.Body.String()
	}
	if got := call("introspect", token.AccessToken); !strings.Contains(got, `"active":true`) || !strings.Contains(got, `"uid":"`+aliceID+`"`) {
		t.Errorf("access token: %s", got)
	}
	if got := call("introspect", token.RefreshToken); !strings.Contains(got, `"active":true`) {
		t.Errorf("refresh token: %s", got)
	}
	if got := call("introspect", "unknown"); strings.TrimSpace(got) != `{"active":false}` {
		t.Errorf("unknown token: %s", got)
	}
	call("revoke", "unknown")
	call("revoke", token.RefreshToken)
	for name, value := range map[string]string{"refresh": token.RefreshToken, "access": token.AccessToken} {
		if got := call("introspect", value); strings.TrimSpace(got) != `{"active":false}` {
			t.Errorf("%s token after revocation: %s", name, got)
		}
	}
	if rec := serve(t, p.Server, http.MethodPost, "/oauth2/default/v1/revoke", url.Values{"token": {"x"}}); rec.Code != http.StatusUnauthorized {
		t.Errorf("revoke without client: %d", rec.Code)
	}
}

func TestAnotherClientCannotRevoke(t *testing.T) {
	p := start(t, func(c *okta.Config) { c.Clients = append(c.Clients, okta.Client{ID: "0oaOTHER", Secret: "other"}) })
	token := p.tokens(t)
	serve(t, p.Server, http.MethodPost, "/oauth2/default/v1/revoke", url.Values{"token": {token.AccessToken}}, "Authorization", basicAuth("0oaOTHER", "other"))
	if _, err := p.provider.UserInfo(t.Context(), oauth2.StaticTokenSource(token)); err != nil {
		t.Error(err)
	}
}
