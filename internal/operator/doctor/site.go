package doctor

import (
	"encoding/base64"
	"net/url"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
	"github.com/passkey-sidecar/passkey-sidecar/internal/sharedstate"
)

// Site is what a configuration says of one passkeys handler, with placeholders resolved
// and defaults filled in. What could not be resolved is empty, and in Findings.
type Site struct {
	PublicURLs []string
	// BasePath is the path of the sidecar's own routes, like /passkeys.
	BasePath string

	Okta    Okta
	Corbado Corbado

	SessionKeys []secret.Value
	// Groups, NeededGroups and Claims select what a session holds; see claims.Selection.
	Groups, NeededGroups, Claims []string
	// IdleHeaders are request headers that the sidecar deletes, as it does those of
	// identity, and by which this app is not told who the user is.
	IdleHeaders []string
	// NeedsVerifiedEmail says that access rules or Corbado's identifier go by e-mail.
	NeedsVerifiedEmail bool
	// StepUp says that something demands a recent sign-in.
	StepUp bool
	// BearerIssuer is whose access tokens programs may send; "" means none may.
	BearerIssuer string
	// Public are the patterns of paths without a session.
	Public []string

	// State is the shared state; nil means memory.
	State *sharedstate.Address
	// Upstreams are where the app is.
	Upstreams []Upstream
	Server    Server

	// Findings are what reading the configuration found.
	Findings []Finding
}

// Okta is the identity provider's part.
type Okta struct {
	Issuer, ClientID, PasskeyIDP string
	ClientSecret                 secret.Value
	// ClientAuth is client_secret_basic or client_secret_post.
	ClientAuth string
	Scopes     []string
}

// Corbado is the passkey project's part.
type Corbado struct {
	ProjectID, BackendAPI string
	APISecret             secret.Value
	// FrontendAPI is a host suffix or a full URL, as in the configuration.
	FrontendAPI   string
	Script, Style string
}

// frontend returns the base of the Frontend API.
func (c Corbado) frontend() string {
	if strings.Contains(c.FrontendAPI, "://") {
		return strings.TrimSuffix(c.FrontendAPI, "/")
	}
	return "https://" + c.ProjectID + "." + c.FrontendAPI
}

// Upstream is one address of the app.
type Upstream struct {
	// Dial is host:port, or a path of a socket after "unix/".
	Dial string
	// TLS says that the sidecar speaks https to it.
	TLS bool
}

// Server is the Caddy server that the site is served by.
type Server struct {
	Listen []string
	// PlainHTTP says that it takes no TLS itself, for sites that are https outside.
	PlainHTTP bool
	// TrustedProxies are the networks whose X-Forwarded-* count; nil means none.
	TrustedProxies []string
}

// Name is what the site is called in findings: its first public URL.
func (s Site) Name() string {
	if len(s.PublicURLs) == 0 {
		return ""
	}
	return s.PublicURLs[0]
}

// shortest is the length, in bytes, from which on a text is taken for a secret. What is
// shorter would blot out words that merely contain it.
const shortest = 6

// secrets are all values that must not be printed, in each form that they are sent in.
func (s Site) secrets() []secret.Value {
	all := append([]secret.Value{s.Okta.ClientSecret, s.Corbado.APISecret}, s.SessionKeys...)
	if s.State != nil {
		all = append(all, s.State.Password, s.State.SentinelPassword)
	}
	basic := func(user, password string) string {
		return base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	}
	forms := []string{
		basic(url.QueryEscape(s.Okta.ClientID), url.QueryEscape(s.Okta.ClientSecret.Reveal())), basic(s.Corbado.ProjectID, s.Corbado.APISecret.Reveal()),
	}
	for _, one := range all {
		forms = append(forms, one.Reveal(), url.QueryEscape(one.Reveal()))
	}
	var hidden []secret.Value
	for _, form := range forms {
		if len(form) >= shortest {
			hidden = append(hidden, secret.New(form))
		}
	}
	return hidden
}

// hide takes secrets out of a text.
func hide(text string, secrets []secret.Value) string {
	for _, s := range secrets {
		text = strings.ReplaceAll(text, s.Reveal(), s.String())
	}
	return text
}

// callback is the redirect URI of a public URL.
func (s Site) callback(publicURL string) string {
	return strings.TrimSuffix(publicURL, "/") + s.BasePath + "/callback"
}

// hostOf is the host of a URL, without its port.
func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}
