package caddymodule

import (
	"context"
	"fmt"
	"net/url"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"golang.org/x/oauth2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/login"
	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
)

// Okta is the OpenID Connect application, at Okta or at Auth0, by which users sign
// in.
type Okta struct {
	// The issuer exactly as Okta writes it, like
	// `https://login.example.com/oauth2/default`. Required. Okta's has no
	// trailing slash, Auth0's has one.
	Issuer string `json:"issuer,omitempty"`
	// The application's client ID. Required.
	ClientID string `json:"client_id,omitempty"`
	// The application's client secret, as a placeholder. Required.
	ClientSecret string `json:"client_secret,omitempty"`
	// Scopes to ask for. Default: `openid profile email`. Add `groups` for group
	// names, which the authorization server must offer.
	Scopes []string `json:"scopes,omitempty"`
	// How the client secret is sent to the token endpoint: `client_secret_basic`
	// (default) or `client_secret_post`.
	ClientAuth string `json:"client_auth,omitempty"`
	// The id, like `0oa1a2b3c4d5e6f7g8h9`, of the identity provider at Okta that
	// stands for Corbado. A session with this `idp` claim was signed in by passkey.
	// `{http.auth.user.passkey}` and the claim `passkey` of an `identity` block are
	// then `true`. Default: none, and no session is marked.
	PasskeyIDP string `json:"passkey_idp,omitempty"`
	// Who signs Okta's Universal Logout, if it is neither the issuer nor the org on
	// the issuer's own host. An org with a custom domain may sign as
	// `https://example.okta.com`. A refusal in the log names the issuer that a
	// request came with. Default: the org that `issuer` belongs to.
	UniversalLogoutIssuer string `json:"universal_logout_issuer,omitempty"`
}

func (o *Okta) settings() settings {
	return settings{
		"issuer":        text(&o.Issuer),
		"client_id":     text(&o.ClientID),
		"client_secret": text(&o.ClientSecret),
		"scopes":        texts(&o.Scopes),
		"passkey_idp":   text(&o.PasskeyIDP),

		"universal_logout_issuer": text(&o.UniversalLogoutIssuer),
		"client_auth": func(d *caddyfile.Dispenser) error {
			if err := text(&o.ClientAuth)(d); err != nil {
				return err
			}
			if _, ok := authStyles[o.ClientAuth]; !ok {
				return d.Errf("client_auth '%s' is unknown; use client_secret_basic or client_secret_post", o.ClientAuth)
			}
			return nil
		},
	}
}

// missing names a required setting that is not there.
func (o *Okta) missing() string {
	switch {
	case o.Issuer == "":
		return "okta needs issuer, like https://login.example.com/oauth2/default"
	case o.ClientID == "":
		return "okta needs client_id, from the application's page in Okta's admin console"
	case o.ClientSecret == "":
		return "okta needs client_secret, like {file./run/secrets/okta_client_secret}"
	}
	return ""
}

// authStyles names the client authentication methods of OpenID Connect Core 1.0
// section 9 that are offered.
var authStyles = map[string]oauth2.AuthStyle{
	"":                    oauth2.AuthStyleInHeader,
	"client_secret_basic": oauth2.AuthStyleInHeader,
	"client_secret_post":  oauth2.AuthStyleInParams,
}

// resolve returns how users sign in, and who signs Universal Logout.
func (o *Okta) resolve(ctx context.Context, rv resolver) (v oktaValues, err error) {
	style, ok := authStyles[o.ClientAuth]
	if !ok {
		return v, fmt.Errorf("okta client_auth '%s' is unknown; use client_secret_basic or client_secret_post", o.ClientAuth)
	}
	v.login.AuthStyle = style
	if v.issuer, err = rv.issuer(ctx, "okta issuer", o.Issuer); err != nil {
		return v, err
	}
	if v.login.ClientID, err = rv.text("okta client_id", o.ClientID); err != nil {
		return v, err
	}
	if v.login.ClientSecret, err = rv.secret(ctx, "okta client_secret", o.ClientSecret); err != nil {
		return v, err
	}
	if v.login.Scopes, err = rv.texts("okta scopes", o.Scopes); err != nil {
		return v, err
	}
	if len(v.login.Scopes) == 0 {
		v.login.Scopes = []string{"openid", "profile", "email"}
	}
	if v.login.PasskeyIDP, err = rv.text("okta passkey_idp", o.PasskeyIDP); err != nil {
		return v, err
	}
	configured, err := rv.text("okta universal_logout_issuer", o.UniversalLogoutIssuer)
	if err != nil {
		return v, err
	}
	v.universalLogout, err = universalLogoutIssuer(v.issuer, configured)
	return v, err
}

// oktaValues are the resolved settings of an Okta block.
type oktaValues struct {
	issuer string
	// universalLogout is who signs Universal Logout where it is not the issuer, or "".
	universalLogout string
	// login is what the block says of sign-in, and no more.
	login login.Config
}

// universalLogoutIssuer is who signs Universal Logout: as configured, or the org that the
// issuer belongs to. It is "" where that is the issuer itself.
func universalLogoutIssuer(issuer, configured string) (string, error) {
	if configured == "" {
		configured = provider.OrgIssuer(issuer)
	}
	if configured == "" || configured == issuer {
		return "", nil
	}
	u, err := url.Parse(configured)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !origin.IsLoopbackHost(u.Host)) {
		return "", fmt.Errorf("okta universal_logout_issuer %q is not an https URL like https://example.okta.com", configured)
	}
	return configured, nil
}
