package caddymodule

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
)

// checkIssuer refuses an issuer that can never work, when the configuration is
// loaded and not at the first sign-in: OpenID Connect Discovery 1.0 section 3
// wants https, a host, and neither query nor fragment. Plain http is for stand-ins
// on this machine.
func checkIssuer(setting, issuer string) error {
	u, err := url.Parse(issuer)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("%s is not an https URL; write it like https://login.example.com/oauth2/default", setting)
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(issuer, "#"):
		return fmt.Errorf("%s holds a user, query or fragment, which no issuer has; write it like https://login.example.com/oauth2/default", setting)
	case u.Scheme == "http" && !origin.IsLoopbackHost(u.Host):
		return fmt.Errorf("%s %q is plain http, by which anybody on the way could sign in as anybody; "+
			"use https (http is allowed only for loopback hosts: localhost, *.localhost, 127.0.0.0/8, ::1)", setting, issuer)
	case strings.Contains(u.Path, "/.well-known/"):
		return fmt.Errorf("%s %q is the address of the issuer's metadata; write what stands before /.well-known/", setting, issuer)
	}
	return nil
}

// Those who sign by these names, by the ends of their hosts. Custom domains cannot
// be recognized.
var (
	auth0Hosts = []string{".auth0.com"}
	oktaHosts  = []string{".okta.com", ".oktapreview.com", ".okta-emea.com", ".okta-gov.com", ".okta.mil"}
)

// warnOfSlash warns of an issuer whose last slash is one too many, or one too few:
// it is part of the name, and sign-in fails without.
func warnOfSlash(ctx context.Context, log *slog.Logger, setting, issuer string) {
	u, err := url.Parse(issuer)
	if err != nil {
		return
	}
	host := strings.ToLower(u.Hostname())
	ends := func(suffixes []string) bool {
		for _, suffix := range suffixes {
			if strings.HasSuffix(host, suffix) {
				return true
			}
		}
		return false
	}
	switch slash := strings.HasSuffix(issuer, "/"); {
	case ends(auth0Hosts) && !slash:
		log.WarnContext(ctx, "Auth0's issuers end in a slash, which this one lacks; sign-in will fail unless Auth0 names itself so",
			slog.String("setting", setting), slog.String("issuer", issuer), slog.String("try", issuer+"/"))
	case ends(oktaHosts) && slash:
		log.WarnContext(ctx, "Okta's issuers have no trailing slash, as this one has; sign-in will fail unless Okta names itself so",
			slog.String("setting", setting), slog.String("issuer", issuer), slog.String("try", strings.TrimRight(issuer, "/")))
	}
}
