package doctor

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/corbado"
	"github.com/passkey-sidecar/passkey-sidecar/internal/operator/signinpage"
	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
)

func TestBrokenSettingsAreFound(t *testing.T) {
	find(t, []broken{
		{"no openid", false, func(w *world) { w.Okta.Scopes = []string{"profile"} }, "configuration", Error, "add openid"},
		{"the console's address", false, func(w *world) {
			w.Okta.Issuer = "https://acme-admin.okta.com/oauth2/default"
			w.Client = &http.Client{Transport: nowhere{}}
		}, "configuration", Error, "issuer https://acme.okta.com/oauth2/default"},
		{"a client ID that is none of Okta's", false, func(w *world) {
			w.Okta.Issuer, w.Okta.ClientID, w.Client = "https://acme.okta.com/oauth2/default", "orders", &http.Client{Transport: nowhere{}}
		}, "configuration", Warning, "copy the Client ID"},
		{"a sample for a secret", false, func(w *world) { w.Okta.ClientSecret = secret.New("<your-client-secret>") }, "configuration", Error, "copy the secret"},
		{"white space in the secret", false, func(w *world) { w.Okta.ClientSecret = secret.New(clientSecret + " " + clientSecret) }, "configuration", Error, "copy the secret again"},
		{"the client ID for a secret", false, func(w *world) { w.Okta.ClientSecret = secret.New(clientID) }, "configuration", Error, "copy the secret"},
		{"a short secret", false, func(w *world) { w.Okta.ClientSecret = secret.New("client-secret") }, "configuration", Warning, "whole secret"},
		{"a session key that can be guessed", false, func(w *world) { w.SessionKeys = []secret.Value{secret.New(strings.Repeat("ab", 32))} }, "configuration", Error, "passkey-sidecar keygen"},
		{"the session key is the client secret", false, func(w *world) { w.SessionKeys = []secret.Value{w.Okta.ClientSecret} }, "configuration", Error, "passkey-sidecar keygen"},
		{"one session key twice", false, func(w *world) { w.SessionKeys = append(w.SessionKeys, w.SessionKeys[0]) }, "configuration", Warning, "passkey-sidecar keygen"},
		{"access tokens of the org server", false, func(w *world) {
			w.Okta.Issuer, w.Client = "https://acme.okta.com", &http.Client{Transport: nowhere{}}
			w.BearerIssuer = w.Okta.Issuer
		}, "configuration", Error, "custom authorization server"},
		{"everybody is a trusted proxy", false, func(w *world) { w.Server.TrustedProxies = []string{"10.0.0.0/8", "0.0.0.0/0"} }, "proxies", Error, "trusted_proxies static"},
		{"TLS ends in front, and nobody is trusted", false, func(w *world) {
			w.PublicURLs = []string{"https://app.example.com"}
			w.Server, w.Client = Server{Listen: []string{":8080"}, PlainHTTP: true}, &http.Client{Transport: nowhere{}}
		}, "proxies", Warning, "trusted_proxies static private_ranges"},
	})
}

// nowhere answers nothing: names of the real world are not asked in tests.
type nowhere struct{}

func (nowhere) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
}

func corbadoFault(name string) func(*world) {
	return func(w *world) {
		w.t.Helper()
		if err := w.corbado.Fault(corbado.Fault{Name: name}); err != nil {
			w.t.Fatal(err)
		}
		if strings.HasSuffix(name, "hang") {
			w.Patience = 500 * time.Millisecond
		}
	}
}

func TestBrokenCorbadoProjectsAreFound(t *testing.T) {
	find(t, []broken{
		{"the API secret is wrong", false, func(w *world) { w.Corbado.APISecret = secret.New(apiSecret + "x") }, "corbado credential", Error, "project_id and api_secret once more"},
		{"the API secret is of another project", false, func(w *world) { w.Corbado.ProjectID = "pro-2" }, "corbado credential", Error, "both of the same project"},
		{"the API secret has no shape of one", false, func(w *world) { w.Corbado.APISecret = secret.New("hello-world") }, "corbado credential", Error, "Corbado's console"},
		{"no Backend API there", false, func(w *world) { w.Corbado.BackendAPI += "/v2" }, "corbado credential", Error, "backend_api"},
		{"the Backend API does not answer", false, func(w *world) { w.Corbado.BackendAPI = "http://" + nobody(w.t) }, "corbado credential", Error, "open the way out"},
		{"the Backend API hangs", false, corbadoFault("backend-hang"), "corbado credential", Error, "open the way out"},
		{"the Backend API drops connections", false, corbadoFault("backend-down"), "corbado credential", Error, "open the way out"},
		{"a gateway's page for the Backend API", false, corbadoFault("backend-503"), "corbado credential", Error, "status page"},
		{"the Backend API is out of order", false, corbadoFault("backend-500"), "corbado credential", Error, "status page"},
		{"half an answer of the Backend API", false, corbadoFault("backend-malformed"), "corbado credential", Error, "leave backend_api out"},
		{"Corbado limits the rate", false, corbadoFault("backend-429"), "corbado credential", Warning, "again in a minute"},
		{"the API key may not make tokens", false, func(w *world) {
			web := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusForbidden) }))
			w.t.Cleanup(web.Close)
			w.Corbado.BackendAPI = web.URL
		}, "corbado credential", Error, "connect_tokens:write"},
		{
			"the app's origin is not allowed", false, func(w *world) { w.PublicURLs = append(w.PublicURLs, "https://orders.example.com") }, "allowed origins", Error,
			"exactly: https://orders.example.com",
		},
		{"Okta's origin is not allowed", false, func(w *world) { w.Okta.PasskeyIDP = "0oa1idp" }, "allowed origins", Error, "authorized origins"},
		{"every origin is allowed, without credentials", false, func(w *world) {
			web := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.Header().Set("Access-Control-Allow-Origin", "*") }))
			w.t.Cleanup(web.Close)
			w.Corbado.FrontendAPI = web.URL
		}, "allowed origins", Error, "no wildcard"},
		{"no Frontend API of that name", false, func(w *world) {
			w.Corbado.FrontendAPI, w.Client = "frontendapi.acme.invalid", &http.Client{Transport: unresolved{http.DefaultTransport}}
		}, "allowed origins", Error, "check project_id and frontend_api"},
		{"the component is not there", false, func(w *world) { w.Corbado.Script += ".gone" }, "component", Error, "leave components out"},
		{"a page for the component", false, func(w *world) { w.Corbado.Script, w.atApp = w.app.URL, html("<html>") }, "component", Error, "leave components out"},
		{"another script for the component", false, corbadoFault(corbado.FaultCDNThrows), "component", Error, "0.2 or later"},
		{"the CDN hangs", false, corbadoFault("cdn-hang"), "component", Error, "HTTPS_PROXY"},
	})
}

func TestWrongRelyingPartiesAreFound(t *testing.T) {
	find(t, []broken{
		{
			"the relying party is another domain", false, func(w *world) {
				w.RPID, w.Client = "acme.invalid", &http.Client{Transport: unresolved{http.DefaultTransport}}
			},
			"relying party", Error, "use a host below acme.invalid",
		},
		{"Okta is outside of the relying party", false, func(w *world) { w.RPID, w.SignInPage = "localhost", true }, "relying party", Error, "related_origins"},
		{"the relying party is written as an address", false, func(w *world) { w.RPID = "https://example.com" }, "relying party", Error, "the domain alone"},
	})
}

// ours makes Okta show a page of `okta signin-page`, changed.
func ours(change func(*signinpage.Config)) func(*world) {
	return func(w *world) {
		w.t.Helper()
		c := signinpage.Config{
			IDPID: "0oa1a2b3c4d5e6f7g8h9", IDPName: "Corbado", ProjectID: "pro-1", FrontendAPI: w.Corbado.FrontendAPI, ScriptURL: w.Corbado.Script, StyleURL: w.Corbado.Style,
		}
		w.Okta.PasskeyIDP, w.SignInPage = c.IDPID, true
		change(&c)
		page, err := signinpage.Render(c)
		if err != nil {
			w.t.Fatal(err)
		}
		w.atOkta = func(rw http.ResponseWriter, r *http.Request) bool {
			return strings.HasSuffix(r.URL.Path, "/authorize") && r.FormValue("prompt") == "" && html(page)(rw, r)
		}
	}
}

func TestWrongSignInPagesAreFound(t *testing.T) {
	w := newWorld(t, nil)
	ours(func(*signinpage.Config) {})(w)
	for _, f := range w.examine() {
		if f.Check == "sign-in page" && f.Level != OK {
			t.Errorf("the right page: %+v", f)
		}
	}
	find(t, []broken{
		{"Okta's own page", false, func(w *world) { w.SignInPage = true }, "sign-in page", Error, "publish the page"},
		{"the page names another project", false, ours(func(c *signinpage.Config) { c.ProjectID = "pro-2" }), "sign-in page", Error, "make the page again"},
		{"the page names another identity provider", false, ours(func(c *signinpage.Config) { c.IDPID = "0oa9a2b3c4d5e6f7g8h9" }), "sign-in page", Error, "make the page again"},
		{"the page is for other apps", false, ours(func(c *signinpage.Config) { c.AppIDs = []string{"0oa9a2b3c4d5e6f7g8h9"} }), "sign-in page", Error, "--app-id"},
		{"the page has an old script", false, func(w *world) {
			ours(func(*signinpage.Config) {})(w)
			inner := w.atOkta
			w.atOkta = func(rw http.ResponseWriter, r *http.Request) bool {
				buffer := httptest.NewRecorder()
				if !inner(buffer, r) {
					return false
				}
				return html(strings.Replace(buffer.Body.String(), "function", "function  ", 1))(rw, r)
			}
		}, "sign-in page", Warning, "of this version"},
	})
}

func html(page string) func(http.ResponseWriter, *http.Request) bool {
	return func(rw http.ResponseWriter, _ *http.Request) bool {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(rw, page)
		return true
	}
}
