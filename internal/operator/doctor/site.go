package doctor

import (
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

// secrets are all values that must not be printed.
func (s Site) secrets() []secret.Value {
	all := append([]secret.Value{s.Okta.ClientSecret, s.Corbado.APISecret}, s.SessionKeys...)
	if s.State != nil {
		all = append(all, s.State.Password, s.State.SentinelPassword)
	}
	return all
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
