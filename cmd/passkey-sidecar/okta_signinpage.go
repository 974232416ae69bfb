package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/passkey-sidecar/passkey-sidecar/internal/corbado"
	"github.com/passkey-sidecar/passkey-sidecar/internal/operator/signinpage"
)

// signinPageFlags are what the user typed.
type signinPageFlags struct {
	page    signinpage.Config
	config  string
	apiJSON bool
	check   bool
}

func init() { oktaCommands = append(oktaCommands, signinPageCommand) }

const signinPageHelp = `
Prints a complete sign-in page for Okta: Customizations > Brands > your brand >
Pages > Sign-in page > Configure > Code editor. Okta allows that only for brands
with a custom domain. Okta Identity Engine and version 7 of the widget are
supported. If a page goes wrong, https://<org>.okta.com/login/default still shows
Okta's own.

The page shows Corbado's login component before Okta's form. If Corbado's script
is blocked, slow or broken, or the component gives up, Okta's form is there. The
signed result goes to Okta's /sso/idps/<idp-id>, which takes it to Corbado's OIDC
server.

Okta's page has a Content-Security-Policy. Add the origins that --check prints
under "Trusted external resources", or take --api-json, which holds them.

--generation says which widget the page is made for, in Okta "Use third
generation". A page for both runs on either; --api-json then asks for the second,
which is Okta's default.

--handoff says how Okta comes back to the app's request:
  from-uri     Okta runs the request again afterwards. This is the only form that
               Corbado's guide shows.
  state-token  Okta goes on with the transaction that it has, as the widget's own
               buttons do. The page must then be younger than an hour.
  auto         from-uri, but state-token where the request cannot run twice: with
               prompt, max_age, request or request_uri, or sent as a form.

Neither has been tried here against the live services.

--script names another script of Corbado's than the published "latest", which
changes without asking; with --sri the browser refuses any other content. With
--script and no --style the page loads no style sheet.

--app-id limits the passkey to apps by their client id. Okta shows one page for
all apps of a brand.

--config reads the project, the Frontend API, the script and the style from the
passkeys directive of a Caddyfile, or of Caddy's JSON where the name ends in
.json. Flags win. Placeholders like {env.CORBADO_PROJECT_ID} are resolved; no
secret is read.`

func signinPageCommand() *cobra.Command {
	var f signinPageFlags
	cmd := &cobra.Command{
		Use:   "signin-page --idp-id 0oa… (--project-id pro-… | --config Caddyfile)",
		Short: "Prints the sign-in page with Corbado's passkey for Okta's page editor",
		Long:  signinPageHelp,
		Example: `  passkey-sidecar okta signin-page --idp-id 0oatsgxte1zfxW3gI697 --config Caddyfile > page.html
  passkey-sidecar okta signin-page --idp-id 0oatsgxte1zfxW3gI697 --project-id pro-1234567890 --api-json
  passkey-sidecar okta signin-page --idp-id 0oatsgxte1zfxW3gI697 --config Caddyfile --check`,
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.page.IDPID, "idp-id", "", "Okta's id of the identity provider for Corbado (required)")
	flags.StringVar(&f.page.IDPName, "idp-name", "", "that provider's name in Okta, to find its button on the third generation")
	flags.StringArrayVar(&f.page.AppIDs, "app-id", nil, "client id of an app that gets the passkey; repeatable (default all)")
	f.register(flags)
	flags.BoolVar(&f.apiJSON, "api-json", false, "print the body of PUT /api/v1/brands/{brandId}/pages/sign-in/customized")
	flags.BoolVar(&f.check, "check", false, "check the ids and URLs by their shape, print the origins, and no page")
	return cmd
}

// register adds the flags that describe the page whoever makes it.
func (f *signinPageFlags) register(flags *pflag.FlagSet) {
	p := &f.page
	flags.StringVar(&p.Generation, "generation", signinpage.Both, "generation of Okta's widget: g2, g3 or both")
	flags.StringVar(&p.HandOff, "handoff", signinpage.Auto, "how Okta comes back: state-token, from-uri or auto")
	flags.StringVar(&p.ProjectID, "project-id", "", "Corbado's project, like pro-1234567890")
	flags.StringVar(&p.FrontendAPI, "frontend-api", "", "host suffix of Corbado's Frontend API, or the URL of a custom domain (default "+corbado.DefaultFrontendAPI+")")
	flags.StringVar(&p.ScriptURL, "script", "", "URL of Corbado's script (default "+corbado.DefaultScript+")")
	flags.StringVar(&p.StyleURL, "style", "", "URL of Corbado's style sheet (default: the published one, beside the published script)")
	flags.StringVar(&p.SRI, "sri", "", "Subresource Integrity of the script, like sha384-…")
	flags.StringVarP(&f.config, "config", "c", "", "Caddyfile, or Caddy's JSON, to take Corbado's settings from")
}

// pageConfig is what the flags and the configuration say together.
func (f *signinPageFlags) pageConfig() (signinpage.Config, error) {
	c := f.page
	if f.config != "" {
		found, err := readCorbado(f.config)
		if err != nil {
			return c, err
		}
		found.fill(&c)
	}
	return c, nil
}

func (f *signinPageFlags) run(out, notes io.Writer) error {
	c, err := f.pageConfig()
	if err != nil {
		return err
	}
	sources, err := signinpage.Sources(c)
	if err != nil {
		return err
	}
	if c.ScriptURL == "" || !signinpage.Pinned(c.ScriptURL) {
		fmt.Fprintln(notes, "note: the script's URL names no version, so it changes without asking; name one with --script, and its hash with --sri")
	}
	if c.IDPName == "" && c.Generation != signinpage.G2 {
		fmt.Fprintln(notes, "note: without --idp-name the third generation keeps the provider's own button, which cannot sign anybody in")
	}
	switch {
	case f.check:
		fmt.Fprintln(out, "The ids have the right shapes. Trusted external resources:")
		for _, source := range sources {
			fmt.Fprintln(out, " ", source)
		}
		return nil
	case f.apiJSON:
		body, err := signinpage.APIBody(c)
		if err != nil {
			return err
		}
		_, err = out.Write(body)
		return err
	}
	html, err := signinpage.Render(c)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, html)
	return err
}
