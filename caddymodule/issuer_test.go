package caddymodule

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
)

// TestAnIssuerThatCanNeverWork is refused when the configuration is loaded, with
// the reason.
func TestAnIssuerThatCanNeverWork(t *testing.T) {
	w := newWorld(t)
	for issuer, reason := range map[string]string{
		"http://login.example.com":                                   "https",
		"http://login.example.com/oauth2/default":                    "https",
		"login.example.com":                                          "https",
		"ftp://login.example.com":                                    "https",
		"https://":                                                   "https",
		"https://login.example.com/oauth2/default?x=1":               "query",
		"https://login.example.com/oauth2/default#x":                 "query",
		"https://user:pass@login.example.com":                        "query",
		"https://login.example.com/.well-known/openid-configuration": ".well-known",
	} {
		for name, config := range map[string]string{
			"okta":   strings.Replace(w.caddyfile(""), "issuer "+w.okta.Issuer(), "issuer "+issuer, 1),
			"bearer": w.caddyfile("bearer {\n\t\t\tissuer " + issuer + "\n\t\t\taudience api://orders\n\t\t}"),
		} {
			err := load(t, config)
			if err == nil || !strings.Contains(err.Error(), name+" issuer") || !strings.Contains(err.Error(), reason) {
				t.Errorf("%s issuer %s: %v, want an error with %q", name, issuer, err, reason)
			}
			if err != nil && strings.Contains(err.Error(), "pass@") {
				t.Errorf("the error holds a password: %v", err)
			}
		}
	}
}

// TestAuth0sIssuerWithoutItsSlash is warned about, as Okta's with one: it may be
// somebody's proxy.
func TestAuth0sIssuerWithoutItsSlash(t *testing.T) {
	t.Parallel()
	for issuer, warning := range map[string]string{
		"https://acme.eu.auth0.com": "try=https://acme.eu.auth0.com/", "https://ACME.Auth0.com": "end in a slash",
		"https://acme.okta.com/": "try=https://acme.okta.com", "https://acme.okta.com/oauth2/default/": "no trailing slash",
		"https://acme.eu.auth0.com/": "", "https://acme.okta.com": "", "https://login.example.com": "", "https://login.example.com/": "",
		"https://notauth0.com": "", "https://auth0.com.example": "",
	} {
		var log strings.Builder
		rv := resolver{repl: caddy.NewReplacer(), log: slog.New(slog.NewTextHandler(&log, nil))}
		got, err := rv.issuer(t.Context(), "okta issuer", issuer)
		if err != nil || got != issuer {
			t.Errorf("%s: %q, %v", issuer, got, err)
		}
		if !strings.Contains(log.String(), warning) || warning == "" && log.Len() > 0 {
			t.Errorf("%s: %q, want %q", issuer, log.String(), warning)
		}
	}
}
