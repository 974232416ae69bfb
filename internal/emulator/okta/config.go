package okta

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/authserver"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
)

// Config is what an emulator is started with.
type Config struct {
	// PublicURL is the origin that browsers and clients use, for example
	// http://login.acme.localhost:8080. It is the org issuer as it stands, so it
	// has no path and no trailing slash. Every URL that the emulator hands out
	// is built from it and never from the Host header.
	PublicURL string
	// OrgName is shown on the sign-in page. Default: "Acme".
	OrgName string
	Clients []Client
	Users   []User
	// IdentityProviders may sign users in; RoutingRules say for which apps the
	// sign-in page offers them.
	IdentityProviders []IdentityProvider
	RoutingRules      []RoutingRule
	// SignInPage is the customised sign-in page. Default: the emulator's own.
	SignInPage SignInPage
	// WidgetFiles is the dist folder of the npm package
	// @okta/okta-signin-widget, version 7, for a customised page: os.DirFS of
	// it serves Okta's real widget. Default: the emulator's small stand-in.
	WidgetFiles fs.FS
	// HTTPClient calls identity providers. Default: 15 s in all, no redirects,
	// names under localhost are loopback.
	HTTPClient *http.Client
	// RedirectToSignIn makes /authorize answer 302 to the sign-in page, as
	// Okta's Classic engine does. By default the page is the 200 answer of
	// /authorize itself, as in the Identity Engine.
	RedirectToSignIn bool
	// Auth0 makes the emulator an Auth0 tenant instead of an Okta org. Default:
	// an Okta org.
	Auth0 *Auth0
	// NewKey makes the RSA keys of the authorization servers, of 2048 bits or more.
	// Default: a new one each time. Tests lend theirs, since each costs up to half
	// a second.
	NewKey func() (*rsa.PrivateKey, error)
	// Log receives one record an event. Default: discard.
	Log *slog.Logger
	// Now is the clock that Advance is added to. Default: time.Now.
	Now func() time.Time
}

func (c *Config) fill() error {
	u, err := url.Parse(c.PublicURL)
	if err != nil {
		return fmt.Errorf("okta emulator: public URL: %w", err)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("okta emulator: public URL %q: want http(s)://host[:port]", c.PublicURL)
	}
	if c.PublicURL != u.Scheme+"://"+u.Host {
		return fmt.Errorf("okta emulator: public URL %q: want no path, query or trailing slash: an Okta issuer has none", c.PublicURL)
	}
	if c.Auth0 != nil && (len(c.IdentityProviders) > 0 || len(c.RoutingRules) > 0 || c.SignInPage.Template != "" || c.WidgetFiles != nil) {
		return errors.New("okta emulator: an Auth0 tenant has no identity providers, routing rules or sign-in page of Okta's")
	}
	if c.OrgName == "" {
		c.OrgName = "Acme"
	}
	if c.HTTPClient == nil {
		c.HTTPClient = org.NewHTTPClient()
	}
	if c.NewKey == nil {
		c.NewKey = func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return nil
}

func (c *Config) settings() org.Settings {
	newUserID := func() string { return org.NewID("00u") }
	if c.Auth0 != nil {
		newUserID = authserver.NewAuth0UserID
	}
	return org.Settings{
		PublicURL: c.PublicURL, Name: c.OrgName, HTTPClient: c.HTTPClient, NewKey: c.NewKey, NewUserID: newUserID, Log: c.Log, Now: c.Now,
	}
}
