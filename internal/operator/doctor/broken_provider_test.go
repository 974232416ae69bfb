package doctor

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
)

func TestBrokenIssuersAreFound(t *testing.T) {
	page := func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(rw, "<!doctype html><title>Welcome</title><p>"+clientSecret)
	}
	find(t, []broken{
		{"nothing listens at the issuer", false, func(w *world) { w.Okta.Issuer = "http://" + nobody(w.t) + "/oauth2/default" }, "discovery", Error, "start what should listen there"},
		{"the issuer's name does not resolve", false, func(w *world) {
			w.Okta.Issuer = "https://login.acme.invalid/oauth2/default"
			w.Client = &http.Client{Transport: unresolved{http.DefaultTransport}}
		}, "discovery", Error, "create its DNS record"},
		{"no custom authorization server of that name", false, func(w *world) { w.Okta.Issuer = w.okta.OrgIssuer() + "/oauth2/orders" }, "discovery", Error, "write: issuer ISSUER"},
		{"a slash too many at Okta", false, func(w *world) { w.Okta.Issuer += "/" }, "discovery", Error, "write: issuer ISSUER"},
		{"no slash at Auth0", true, func(w *world) { w.Okta.Issuer = strings.TrimSuffix(w.Okta.Issuer, "/") }, "discovery", Error, "write: issuer ISSUER"},
		{"the issuer names itself by another host", false, fault(okta.FaultDiscoveryWrongIssuer), "discovery", Error, "write: issuer https://wrong-issuer.example, or change the Issuer of the app"},
		{"a web page at the issuer", false, elsewhere(page), "discovery", Error, "copy the Issuer URI"},
		{"the issuer redirects elsewhere", false, elsewhere(func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "https://acme.okta.example/x", http.StatusMovedPermanently)
		}), "discovery", Error, "issuer https://acme.okta.example"},
		{"JSON that is no metadata", false, elsewhere(func(rw http.ResponseWriter, _ *http.Request) {
			_ = json.NewEncoder(rw).Encode(map[string]string{"hello": "world"})
		}), "discovery", Error, "copy the Issuer URI"},
		{"metadata with plain endpoints", false, func(w *world) {
			elsewhere(func(rw http.ResponseWriter, r *http.Request) {
				_ = json.NewEncoder(rw).Encode(map[string]string{"issuer": "http://" + r.Host, "authorization_endpoint": "http://login.example.com/a"})
			})(w)
		}, "discovery", Error, "copy the Issuer URI"},
		{"the metadata is garbage", false, fault(okta.FaultDiscoveryGarbage), "discovery", Error, "copy the Issuer URI"},
		{"the provider is down", false, fault(okta.FaultDown), "discovery", Error, "status page"},
		{"the provider limits the rate", false, faulty(okta.Fault{Name: okta.FaultFailDiscovery, Status: 429}), "discovery", Warning, "again in a minute"},
		{"the provider has no keys to show", false, fault(okta.FaultFailKeys), "keys", Error, "status.okta.com"},
		{"the issuer hangs", false, func(w *world) { w.Patience, w.atOkta = 300*time.Millisecond, hang }, "discovery", Error, "HTTPS_PROXY"},
		{"the issuer takes connections and says nothing", false, func(w *world) {
			w.Patience, w.Okta.Issuer = 300*time.Millisecond, "http://"+deaf(w.t)
		}, "reach", Error, "HTTPS_PROXY"},
		{"plain HTTP at an https issuer", false, func(w *world) { w.Okta.Issuer = strings.Replace(w.Okta.Issuer, "http:", "https:", 1) }, "discovery", Error, "TLS port"},
		{"a certificate of an unknown authority", false, func(w *world) {
			web := httptest.NewTLSServer(w.okta)
			w.t.Cleanup(web.Close)
			web.Config.ErrorLog = nil
			w.Okta.Issuer = web.URL
		}, "discovery", Error, "trust store"},
		{"a certificate for another name", false, func(w *world) {
			web := httptest.NewTLSServer(w.okta)
			w.t.Cleanup(web.Close)
			w.Client = web.Client()
			w.Okta.Issuer = strings.Replace(web.URL, "127.0.0.1", "localhost", 1)
		}, "discovery", Error, "get a certificate that names localhost"},
		{"a certificate that ends soon", false, func(w *world) {
			web := httptest.NewTLSServer(w.okta)
			w.t.Cleanup(web.Close)
			w.Client, w.Okta.Issuer = web.Client(), web.URL
			end := web.Certificate().NotAfter
			w.Now = func() time.Time { return end.Add(-48 * time.Hour) }
		}, "reach", Warning, "renew it"},
	})
}

func TestWrongClocksAreFound(t *testing.T) {
	off := func(d time.Duration) func(*world) {
		return func(w *world) { w.Now = func() time.Time { return time.Now().Add(d) } }
	}
	find(t, []broken{
		{"the clock is five minutes ahead", false, off(5 * time.Minute), "clock", Error, "chrony"},
		{"the clock is an hour behind", true, off(-time.Hour), "clock", Error, "chrony"},
		{"the clock drifts", false, off(40 * time.Second), "clock", Warning, "chrony"},
	})
}

func TestBrokenAppsAtTheProviderAreFound(t *testing.T) {
	without := func(change func(*okta.Client)) func(*world) {
		return func(w *world) {
			c, _ := w.okta.Client(clientID)
			changed := *c
			change(&changed)
			w.okta.ReplaceClient(changed)
		}
	}
	refuse := func(code, description string) func(*world) {
		return faulty(okta.Fault{Name: okta.FaultAuthorizeError, Error: code, ErrorDescription: description})
	}
	const register = "exactly: SITE/passkeys/callback"
	find(t, []broken{
		{"the redirect URI is not registered", false, without(func(c *okta.Client) { c.RedirectURIs = []string{"https://app.example.com/callback"} }), "sign-in", Error, register},
		{"the redirect URI is not registered at Auth0", true, without(func(c *okta.Client) { c.RedirectURIs = nil }), "sign-in", Error, register},
		{
			"only one of two redirect URIs is registered", false, func(w *world) { w.PublicURLs = append(w.PublicURLs, "https://orders.example.com") }, "sign-in", Error,
			"exactly: https://orders.example.com/passkeys/callback",
		},
		{"no such client", false, func(w *world) { w.Okta.ClientID = "0oa1nobody" }, "sign-in", Error, "copy the Client ID"},
		{"a scope that the server does not have", false, func(w *world) { w.Okta.Scopes = append(w.Okta.Scopes, "orders.read") }, "scopes", Error, "add the scope orders.read"},
		{"groups at Auth0", true, func(w *world) { w.Okta.Scopes = append(w.Okta.Scopes, "groups") }, "scopes", Warning, "with an Action"},
		{"the app does without PKCE", false, without(func(c *okta.Client) { c.PKCEOptional = true }), "pkce", Warning, "Require PKCE"},
		{"no access policy for the app", false, refuse("access_denied", "Policy evaluation failed for this request."), "sign-in", Error, "access policy"},
		{"the code flow is not allowed", false, refuse("unauthorized_client", "The client is not authorized to use the provided grant type."), "sign-in", Error, "Authorization Code"},
		{"the authorization endpoint is out of order", false, fault(okta.FaultFailAuthorize), "sign-in", Error, "status.okta.com"},
		{"sign-in fails at the provider", false, refuse("server_error", "Something went wrong."), "sign-in", Error, "status.okta.com"},
		{"the authorization endpoint hangs", false, func(w *world) {
			w.Patience = 500 * time.Millisecond
			w.atOkta = func(rw http.ResponseWriter, r *http.Request) bool {
				return strings.HasSuffix(r.URL.Path, "/authorize") && hang(rw, r)
			}
		}, "sign-in", Error, "HTTPS_PROXY"},
		{"the metadata names no sign-out", false, fault(okta.FaultDiscoveryNoLogout), "sign-out", Warning, "RP-Initiated Logout"},
	})
}
