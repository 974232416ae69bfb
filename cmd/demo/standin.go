package main

import (
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/corbado"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/corbado/cdn"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/operator/signinpage"
)

// newOkta makes the stand-in for Okta: with Corbado as an identity provider that
// the app's users may sign in at, and a sign-in page that offers it first.
func (p *process) newOkta(o options) (*okta.Server, error) {
	var page okta.SignInPage
	if !o.plainSignIn {
		var err error
		if page, err = p.signInPage(o.generation); err != nil {
			return nil, err
		}
	}
	var widget fs.FS
	if o.widget != "" {
		widget = os.DirFS(o.widget)
	}
	return okta.New(okta.Config{
		PublicURL: p.place.Login,
		Clients: []okta.Client{{
			ID: clientID, Secret: p.secrets.client, Name: "Acme Orders",
			RedirectURIs:           []string{p.place.App + "/passkeys/callback"},
			PostLogoutRedirectURIs: []string{p.place.App + "/passkeys/signed-out"},
		}},
		Users: []okta.User{alice.user(), bob.user()},
		IdentityProviders: []okta.IdentityProvider{{
			ID: passkeyIDP, Name: passkeyIDPName, Issuer: p.place.Corbado,
			ClientID: idpClientID, ClientSecret: p.secrets.idp, TrustClaims: true,
		}},
		RoutingRules: []okta.RoutingRule{{Clients: []string{clientID}, Providers: []string{passkeyIDP}}},
		SignInPage:   page,
		WidgetFiles:  widget,
		Log:          slog.New(standInLog{source: "okta", to: p.journal}),
	})
}

// signInPage is the page that "passkey-sidecar okta signin-page" prints, as an
// administrator of Okta would publish it, for that generation of the widget.
func (p *process) signInPage(generation string) (okta.SignInPage, error) {
	c := signinpage.Config{
		Generation: signinpage.Both, IDPID: passkeyIDP, IDPName: passkeyIDPName,
		ProjectID: projectID, FrontendAPI: p.place.Corbado,
		ScriptURL: p.place.Script(), StyleURL: p.place.Style(),
		AppIDs: []string{clientID},
	}
	page := okta.SignInPage{PolicyMode: okta.PolicyEnforced, Generation: strings.ToUpper(generation)}
	var err error
	if page.Template, err = signinpage.Render(c); err != nil {
		return page, err
	}
	page.Sources, err = signinpage.Sources(c)
	return page, err
}

// newCorbado makes the stand-in for Corbado, where Okta is a client.
func (p *process) newCorbado(callback string) (*corbado.Server, error) {
	return corbado.New(corbado.Config{
		PublicURL: p.place.Corbado, ProjectID: projectID, APISecret: p.secrets.api,
		RPID: rpID, RPName: "Acme", RPOrigins: []string{p.place.App, p.place.Login}, CDN: cdn.FS(),
		OIDCClients: []corbado.OIDCClient{{ID: idpClientID, Secret: p.secrets.idp, RedirectURIs: []string{callback}}},
		Log:         slog.New(standInLog{source: "corbado", to: p.journal}),
	})
}
