package oktasetup

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
)

// Options is what the org shall hold afterwards. A nil part is left alone.
type Options struct {
	App              App
	IdentityProvider *IdentityProvider
	// RoutingRule names the rule that offers both ways to sign in. Default: the
	// app's label and ": passkey". It is made if there is an identity provider.
	RoutingRule string
	Page        *Page
	AuthServer  *AuthServer
	// RelatedOrigins is what the brand's /.well-known/webauthn shall list.
	RelatedOrigins []string
	// Brand is the name, id or domain of the brand with the custom domain.
	Brand string
	// Now dates the backup. Default: time.Now.
	Now func() time.Time
}

// App is the OpenID Connect web app that the sidecar signs in with.
type App struct {
	// Label finds the app again, so it must not change between runs.
	Label string
	// PublicURLs are the sidecar's public_url values, BasePath its path.
	PublicURLs []string
	BasePath   string // default: /passkeys
	// ClientAuth is client_secret_basic (the default) or client_secret_post.
	ClientAuth string
	// RefreshTokens allows the scope offline_access.
	RefreshTokens bool
	// InitiateLoginURI makes the tile on Okta's dashboard work. "" is none.
	InitiateLoginURI string
	// FrontchannelLogout has Okta tell the first public URL when the user signs
	// out of another app (Okta: "Configure Single Logout"; Identity Engine only).
	FrontchannelLogout bool
	// AssignGroup is the group whose members may sign in. "" assigns nobody.
	AssignGroup string
	// SecretFile is where the client secret goes, with mode 0600.
	SecretFile string
}

// IdentityProvider is Corbado's OpenID Connect server, as Okta shall know it.
type IdentityProvider struct {
	Name         string // default: Corbado
	Issuer       string
	Endpoints    Endpoints
	ClientID     string
	ClientSecret secret.Value
	// ResendSecret sends the secret although the org does not show the one it has.
	ResendSecret bool
	Scopes       []string // default: openid email profile
	// UserName is Okta's expression for the user that the provider means.
	// Default: idpuser.email.
	UserName string
	// Match is the attribute it is compared with: USERNAME (the default),
	// EMAIL, USERNAME_OR_EMAIL or CUSTOM_ATTRIBUTE with MatchAttribute.
	Match, MatchAttribute string
	// Filter is a regular expression that the user name must match.
	Filter string
	// LinkGroups are ids of groups; only their members are linked. Empty: all.
	LinkGroups []string
	// TrustClaims lets Okta count the provider's amr as assurance. Without an
	// amr in its ID token every sign-in then fails.
	TrustClaims bool
	// PKCE makes Okta send a code challenge to the provider.
	PKCE bool
}

// Endpoints of an OpenID Connect provider. UserInfo may be empty.
type Endpoints struct{ Authorization, Token, UserInfo, JWKS string }

// Page is the customized sign-in page.
type Page struct {
	// Body makes the JSON of the page for the ids of the identity provider and
	// the app. In a plan they may be placeholders in braces.
	Body func(idpID, appID string) ([]byte, error)
	// Publish puts the page into effect; without it, only the preview is set.
	Publish bool
	// BackupDir is where the page that is there now is kept. Default: ".".
	BackupDir string
}

// AuthServer is what a custom authorization server needs.
type AuthServer struct {
	ID string // or name; default: default
	// GroupsPrefix adds the scope and claim "groups" with the groups whose name
	// starts like this. "" adds none.
	GroupsPrefix string
	// AccessPolicy adds a policy and rule that give the app its tokens.
	AccessPolicy bool
}

var basePathForm = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)+$`)

// fill sets defaults and checks. The error names the option and the fix.
func (o *Options) fill() error {
	if err := o.App.fill(); err != nil {
		return err
	}
	if o.IdentityProvider != nil {
		p := *o.IdentityProvider
		if err := p.fill(); err != nil {
			return err
		}
		o.IdentityProvider = &p
	}
	setDefault(&o.RoutingRule, o.App.Label+": passkey")
	if o.Page != nil {
		p := *o.Page
		setDefault(&p.BackupDir, ".")
		o.Page = &p
		if p.Body == nil {
			return errors.New("sign-in page: no page given")
		}
	}
	if o.AuthServer != nil {
		a := *o.AuthServer
		setDefault(&a.ID, "default")
		o.AuthServer = &a
	}
	if (o.Page != nil || len(o.RelatedOrigins) > 0) && o.Brand == "" {
		return errors.New("brand: name the brand whose sign-in page and domain are meant (name, id or custom domain)")
	}
	for _, raw := range o.RelatedOrigins {
		if _, err := origin.Parse(raw); err != nil {
			return fmt.Errorf("related origin: %w", err)
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return nil
}

func (a *App) fill() error {
	setDefault(&a.BasePath, "/passkeys")
	setDefault(&a.ClientAuth, "client_secret_basic")
	if a.Label == "" {
		return errors.New("app: no label")
	}
	if !basePathForm.MatchString(a.BasePath) {
		return fmt.Errorf("app: base path %q: write it like /passkeys", a.BasePath)
	}
	if _, err := origin.ParseSet(a.PublicURLs); err != nil {
		return fmt.Errorf("app: public URL: %w", err)
	}
	if a.ClientAuth != "client_secret_basic" && a.ClientAuth != "client_secret_post" {
		return fmt.Errorf("app: client authentication %q: want client_secret_basic or client_secret_post", a.ClientAuth)
	}
	if a.InitiateLoginURI != "" {
		if err := checkURL(a.InitiateLoginURI); err != nil {
			return fmt.Errorf("app: initiate login URI: %w", err)
		}
	}
	return nil
}

func (p *IdentityProvider) fill() error {
	setDefault(&p.Name, "Corbado")
	setDefault(&p.UserName, "idpuser.email")
	setDefault(&p.Match, "USERNAME")
	if len(p.Scopes) == 0 {
		p.Scopes = []string{"openid", "email", "profile"}
	}
	for name, raw := range map[string]string{
		"issuer": p.Issuer, "authorization endpoint": p.Endpoints.Authorization,
		"token endpoint": p.Endpoints.Token, "key set": p.Endpoints.JWKS,
	} {
		if err := checkURL(raw); err != nil {
			return fmt.Errorf("identity provider: %s: %w", name, err)
		}
	}
	if p.Endpoints.UserInfo != "" {
		if err := checkURL(p.Endpoints.UserInfo); err != nil {
			return fmt.Errorf("identity provider: userinfo endpoint: %w", err)
		}
	}
	if p.ClientID == "" {
		return errors.New("identity provider: no client ID; Corbado gives one")
	}
	if !slices.Contains([]string{"USERNAME", "EMAIL", "USERNAME_OR_EMAIL", "CUSTOM_ATTRIBUTE"}, p.Match) {
		return fmt.Errorf("identity provider: match %q: want USERNAME, EMAIL, USERNAME_OR_EMAIL or CUSTOM_ATTRIBUTE", p.Match)
	}
	if (p.Match == "CUSTOM_ATTRIBUTE") != (p.MatchAttribute != "") {
		return errors.New("identity provider: CUSTOM_ATTRIBUTE and a match attribute belong together")
	}
	return nil
}

// checkURL takes https, or http for loopback hosts.
func checkURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return fmt.Errorf("%q is not a URL", raw)
	}
	if u.User != nil || u.Fragment != "" {
		return fmt.Errorf("%q has user info or a fragment", u.Redacted())
	}
	_, err = origin.Parse(u.Scheme + "://" + u.Host)
	return err
}

func setDefault(s *string, value string) {
	if strings.TrimSpace(*s) == "" {
		*s = value
	}
}
