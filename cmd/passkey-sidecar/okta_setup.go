package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/passkey-sidecar/passkey-sidecar/internal/operator/oktaapi"
	"github.com/passkey-sidecar/passkey-sidecar/internal/operator/oktasetup"
	"github.com/passkey-sidecar/passkey-sidecar/internal/outbound"
	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
)

// Where secrets come from. There is no flag for one: other users of a machine
// see its command lines.
const (
	tokenVariable     = "OKTA_API_TOKEN"             //nolint:gosec // the name of a variable
	idpSecretVariable = "CORBADO_OIDC_CLIENT_SECRET" //nolint:gosec // the name of a variable
)

// generatedPage, where it is set, adds flags to the command and returns the
// maker of the sign-in page for the ids of the identity provider and the app.
// wanted reports whether the flags ask for a page.
var generatedPage func(*cobra.Command) (wanted func() bool, body func(idpID, appID string) ([]byte, error))

func init() { oktaCommands = append(oktaCommands, newOktaSetup) }

// setupFlags are the flags of `okta setup`.
type setupFlags struct {
	orgURL, scheme    string
	tokenStdin, apply bool
	app               oktasetup.App
	idp               oktasetup.IdentityProvider
	idpSecretFile     string
	routingRule       string
	brand             string
	pageFile          string
	page              oktasetup.Page
	authServer        oktasetup.AuthServer
	relatedOrigins    []string
	generated         func() bool
	body              func(idpID, appID string) ([]byte, error)
	out, errOut       io.Writer
	in                io.Reader
}

const setupLong = `
Plans the Okta side: the app that the sidecar signs in with, Corbado as an
identity provider, a routing rule with both, the sign-in page, and what a custom
authorization server needs. It prints each call as method, path and JSON, with
secrets masked, and changes nothing. With --apply it makes the calls.

It finds before it creates, changes only what differs, takes nothing away, and
can be run again after any failure.

The management API's token comes from the variable OKTA_API_TOKEN or, with
--token-stdin, from the standard input. Without a token the plan takes the org
for empty and needs no network. Corbado's client secret comes from the variable
CORBADO_OIDC_CLIENT_SECRET or from --idp-client-secret-file. No secret is ever
taken from the command line or printed.`

func newOktaSetup() *cobra.Command {
	f := &setupFlags{}
	cmd := &cobra.Command{
		Use: "setup", Short: "Plans, and with --apply makes, the app, identity provider, routing rule and page at Okta",
		Long: setupLong, Args: cobra.NoArgs, SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt)
			defer stop()
			f.out, f.errOut, f.in = cmd.OutOrStdout(), cmd.ErrOrStderr(), cmd.InOrStdin()
			return f.run(ctx)
		},
	}
	if generatedPage != nil {
		f.generated, f.body = generatedPage(cmd)
	}
	f.register(cmd)
	return cmd
}

func (f *setupFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.orgURL, "org-url", "", "the org, https://<org>.okta.com; not -admin, not the custom domain")
	flags.StringVar(&f.scheme, "token-scheme", "SSWS", "SSWS for an API token, Bearer for a service app's access token")
	flags.BoolVar(&f.tokenStdin, "token-stdin", false, "read the token from the standard input instead of "+tokenVariable)
	flags.BoolVar(&f.apply, "apply", false, "make the changes; without it they are only printed")

	flags.StringVar(&f.app.Label, "label", "", "the app's name at Okta; the app is found again by it")
	flags.StringArrayVar(&f.app.PublicURLs, "public-url", nil, "the sidecar's public_url; repeat for more")
	flags.StringVar(&f.app.BasePath, "base-path", "/passkeys", "the sidecar's path")
	flags.StringVar(&f.app.ClientAuth, "client-auth", "client_secret_basic", "the sidecar's client_auth")
	flags.BoolVar(&f.app.RefreshTokens, "offline-access", false, "allow refresh tokens (scope offline_access)")
	flags.BoolVar(&f.app.FrontchannelLogout, "frontchannel-logout", false, "have Okta end the session here when the user signs out of another app (Single Logout)")
	flags.StringVar(&f.app.InitiateLoginURI, "initiate-login-uri", "", "where the tile on Okta's dashboard leads; none hides it")
	flags.StringVar(&f.app.AssignGroup, "assign-group", "", "the group that may sign in, such as Everyone; none assigns nobody")
	flags.StringVar(&f.app.SecretFile, "client-secret-file", "", "the file that the app's client secret is written to, mode 0600")

	flags.StringVar(&f.idp.Issuer, "idp-issuer", "", "Corbado's OIDC issuer; without it no identity provider and no routing rule are made")
	flags.StringVar(&f.idp.Endpoints.Authorization, "idp-authorize-url", "", "its authorization endpoint; without it and the next two the issuer's metadata is read")
	flags.StringVar(&f.idp.Endpoints.Token, "idp-token-url", "", "its token endpoint")
	flags.StringVar(&f.idp.Endpoints.JWKS, "idp-jwks-url", "", "its key set")
	flags.StringVar(&f.idp.Endpoints.UserInfo, "idp-userinfo-url", "", "its userinfo endpoint; may stay empty")
	flags.StringVar(&f.idp.ClientID, "idp-client-id", "", "the client ID that Corbado gave to Okta")
	flags.StringVar(&f.idpSecretFile, "idp-client-secret-file", "", "a file with its secret, instead of "+idpSecretVariable)
	flags.BoolVar(&f.idp.ResendSecret, "resend-idp-secret", false, "send the secret again, after it changed: Okta may not show the one it has")
	flags.StringVar(&f.idp.Name, "idp-name", "Corbado", "the identity provider's name at Okta; it is found again by it")
	flags.StringVar(&f.idp.UserName, "idp-user-name", "idpuser.email", "Okta's expression for the user that Corbado means")
	flags.StringVar(&f.idp.Match, "idp-match", "USERNAME", "what it is compared with: USERNAME, EMAIL, USERNAME_OR_EMAIL, CUSTOM_ATTRIBUTE")
	flags.StringVar(&f.idp.MatchAttribute, "idp-match-attribute", "", "the attribute, for CUSTOM_ATTRIBUTE")
	flags.StringVar(&f.idp.Filter, "idp-filter", "", `regular expression for user names, such as (\S+@example\.com)`)
	flags.StringArrayVar(&f.idp.LinkGroups, "idp-link-group", nil, "id of a group whose members may be linked; repeat for more; none means all")
	flags.BoolVar(&f.idp.TrustClaims, "trust-claims", false, "count Corbado's amr as assurance; every sign-in fails if it sends none")
	flags.BoolVar(&f.idp.PKCE, "idp-pkce", false, "use PKCE with Corbado")
	flags.StringVar(&f.routingRule, "routing-rule", "", `the routing rule's name; default: "<label>: passkey"`)

	flags.StringVar(&f.brand, "brand", "", "name, id or custom domain of the brand, for the page and related origins")
	flags.StringVar(&f.pageFile, "page-file", "", "the page, as `okta signin-page --api-json` prints it")
	flags.BoolVar(&f.page.Publish, "publish", false, "put the page into effect; without it only the preview is set")
	flags.StringVar(&f.page.BackupDir, "backup-dir", ".", "where the page that is there now is kept")
	flags.StringArrayVar(&f.relatedOrigins, "related-origin", nil, "origin for the custom domain's /.well-known/webauthn; repeat for more")

	flags.StringVar(&f.authServer.ID, "auth-server", "default", "the custom authorization server, by name or id")
	flags.StringVar(&f.authServer.GroupsPrefix, "groups-prefix", "", "add scope and claim groups, with the groups whose name starts like this")
	flags.BoolVar(&f.authServer.AccessPolicy, "access-policy", false, "add an access policy and rule for the app")
}

func (f *setupFlags) run(ctx context.Context) error {
	token, err := f.token()
	if err != nil {
		return err
	}
	options, err := f.options(ctx)
	if err != nil {
		return err
	}
	tell := func(a oktasetup.Action) { oktasetup.WriteAction(f.out, a, f.apply) }
	if token.IsZero() {
		if f.apply {
			return errors.New("no token: set " + tokenVariable + ", or use --token-stdin")
		}
		fmt.Fprintln(f.errOut, "No token in "+tokenVariable+": this plan takes the org for empty.")
		result, err := oktasetup.Plan(ctx, nil, options, tell)
		return f.conclude(result, err)
	}
	api, err := oktaapi.New(oktaapi.Config{
		OrgURL: f.orgURL, Scheme: oktaapi.Scheme(f.scheme), Token: token, Hide: f.hidden(),
		Waiting: func(d time.Duration) {
			fmt.Fprintf(f.errOut, "Okta's rate limit is reached; waiting for %s.\n", d.Round(time.Second))
		},
	})
	if err != nil {
		return err
	}
	if !f.apply {
		result, err := oktasetup.Plan(ctx, api, options, tell)
		return f.conclude(result, err)
	}
	if f.app.SecretFile == "" {
		return errors.New("--client-secret-file: name the file that the client secret goes to; it is shown nowhere else")
	}
	if options.IdentityProvider != nil && f.idp.ClientSecret.IsZero() {
		return errors.New("no secret for the identity provider: set " + idpSecretVariable + ", or use --idp-client-secret-file")
	}
	result, err := oktasetup.Apply(ctx, api, options, tell)
	return f.conclude(result, err)
}

func (f *setupFlags) hidden() []secret.Value { return []secret.Value{f.idp.ClientSecret} }

// token reads the token, which must not be in the arguments.
func (f *setupFlags) token() (secret.Value, error) {
	if !f.tokenStdin {
		return secret.New(strings.TrimSpace(os.Getenv(tokenVariable))), nil
	}
	raw, err := io.ReadAll(io.LimitReader(f.in, 8<<10))
	if err != nil {
		return secret.Value{}, fmt.Errorf("--token-stdin: %w", err)
	}
	token := secret.New(strings.TrimSpace(string(raw)))
	if token.IsZero() {
		return token, errors.New("--token-stdin: the standard input is empty")
	}
	return token, nil
}

// options turns the flags into what the org shall hold.
func (f *setupFlags) options(ctx context.Context) (oktasetup.Options, error) {
	o := oktasetup.Options{App: f.app, RoutingRule: f.routingRule, Brand: f.brand, RelatedOrigins: f.relatedOrigins}
	if f.authServer.GroupsPrefix != "" || f.authServer.AccessPolicy {
		o.AuthServer = &f.authServer
	}
	if f.idp.Issuer != "" {
		if err := f.readIDPSecret(); err != nil {
			return o, err
		}
		if f.idp.Endpoints.Authorization == "" && f.idp.Endpoints.Token == "" && f.idp.Endpoints.JWKS == "" {
			var err error
			if f.idp.Endpoints, err = oktasetup.Discover(ctx, outbound.NewClient(0), f.idp.Issuer); err != nil {
				return o, fmt.Errorf("--idp-issuer: %w", err)
			}
		}
		o.IdentityProvider = &f.idp
	}
	body := f.filePage()
	if body == nil && f.generated != nil && f.generated() {
		body = f.body
	}
	if body != nil {
		if o.IdentityProvider == nil {
			return o, errors.New("the page belongs to an identity provider: name it with --idp-issuer and the rest")
		}
		f.page.Body = body
		o.Page = &f.page
	} else if f.page.Publish {
		return o, errors.New("--publish: no page given")
	}
	return o, nil
}

func (f *setupFlags) readIDPSecret() error {
	plain := os.Getenv(idpSecretVariable)
	if f.idpSecretFile != "" {
		raw, err := os.ReadFile(f.idpSecretFile)
		if err != nil {
			return fmt.Errorf("--idp-client-secret-file: %w", err)
		}
		plain = string(raw)
	}
	f.idp.ClientSecret = secret.New(strings.TrimSpace(plain))
	return nil
}

// filePage is a page that was made before. It must be for this identity
// provider: with another's id nobody could sign in with a passkey.
func (f *setupFlags) filePage() func(idpID, appID string) ([]byte, error) {
	if f.pageFile == "" {
		return nil
	}
	return func(idpID, _ string) ([]byte, error) {
		raw, err := os.ReadFile(f.pageFile)
		if err != nil {
			return nil, err
		}
		var body struct{ PageContent string }
		if err := json.Unmarshal(raw, &body); err != nil {
			return nil, fmt.Errorf("%s is no JSON", f.pageFile)
		}
		if strings.HasPrefix(idpID, "0oa") && !strings.Contains(body.PageContent, idpID) {
			return nil, fmt.Errorf("%s does not name the identity provider %s; make it again with that id", f.pageFile, idpID)
		}
		return raw, nil
	}
}

// conclude says what comes next.
func (f *setupFlags) conclude(result oktasetup.Result, err error) error {
	if err != nil {
		return err
	}
	switch {
	case result.Changes == 0:
		fmt.Fprintln(f.out, "\nNothing differs.")
	case !f.apply:
		fmt.Fprintf(f.out, "\n%d changes planned, none made. Add --apply to make them.\n", result.Changes)
	default:
		fmt.Fprintf(f.out, "\n%d changes made.\n", result.Changes)
	}
	if strings.HasPrefix(result.ClientID, "0oa") {
		fmt.Fprintln(f.out, "client_id of the sidecar: "+result.ClientID)
	}
	if strings.HasPrefix(result.IdentityProviderID, "0oa") {
		fmt.Fprintln(f.out, "identity provider for the sign-in page: "+result.IdentityProviderID)
	}
	if f.idp.Issuer != "" {
		fmt.Fprintln(f.out, "redirect URIs to register at Corbado: "+strings.TrimSuffix(f.orgURL, "/")+"/oauth2/v1/authorize/callback, and the same path on the custom domain")
	}
	return nil
}
