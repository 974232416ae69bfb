// Package corbado is a client of Corbado's Backend API that creates connect tokens. With
// one of these a browser may add, list or delete the passkeys of one user.
//
// Corbado publishes a Go SDK, but its public interface has no connect tokens, and one
// POST is smaller than the dependency. Nothing here is tried twice: if a token was
// created and its answer lost, nobody would watch that permission.
package corbado

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
)

// defaultTimeout limits a call whose context has no deadline.
const defaultTimeout = 5 * time.Second

// Config of a Client.
type Config struct {
	// BaseURL is the Backend API without /v2, such as
	// https://backendapi.cloud.corbado.io; plain http for loopback hosts only.
	BaseURL string
	// ProjectID is pro- and digits.
	ProjectID string
	// APISecret is what Corbado's console gave out. It may be
	//   - an API secret: corbado1_…
	//   - a ready Basic value: base64 of "<project id>:<API secret>", with or
	//     without "Basic " before it, as Corbado's examples keep it in
	//     CORBADO_BACKEND_API_BASIC_AUTH; its project must be ProjectID
	//   - a Backend API key, with "Bearer " before it; it needs the permission
	//     connect_tokens:write
	//
	// Anything else is refused, as Corbado's Go SDK does, since sending it
	// could only end in a 401.
	APISecret secret.Value
	// HTTPClient sends the calls; internal/outbound makes a good one. Required.
	// Its redirect policy is not used: a redirect of a call is refused.
	HTTPClient *http.Client
	// Version of the product, for the User-Agent header; may be empty.
	Version string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Client calls the Backend API of one project. It is safe for concurrent use.
type Client struct {
	host          string
	tokensURL     string
	authorization secret.Value
	userAgent     string
	http          *http.Client
	now           func() time.Time
}

// projectIDForm is the form that Corbado's Go SDK insists on.
var projectIDForm = regexp.MustCompile(`^pro-[0-9]{1,40}$`)

// New checks the configuration. It sends nothing, so that a start does not
// depend on Corbado. Its errors name the fix and never show the API secret.
func New(c Config) (*Client, error) {
	base, err := parseBase(c.BaseURL)
	if err != nil {
		return nil, err
	}
	if !projectIDForm.MatchString(c.ProjectID) {
		return nil, fmt.Errorf("corbado project ID %q is not pro- and digits, like pro-1234567890", c.ProjectID)
	}
	authorization, err := authorize(c.ProjectID, c.APISecret)
	if err != nil {
		return nil, err
	}
	if c.HTTPClient == nil {
		return nil, errors.New("corbado needs an HTTP client")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	// A 307 would send the token request and its Authorization a second time.
	noRedirects := *c.HTTPClient
	noRedirects.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{
		host:          base.Host,
		tokensURL:     base.String() + "/v2/connectTokens",
		authorization: authorization,
		userAgent:     userAgent(c.Version),
		http:          &noRedirects,
		now:           c.Now,
	}, nil
}

func userAgent(version string) string {
	if version == "" {
		return "passkey-sidecar"
	}
	return "passkey-sidecar/" + version
}

// parseBase reads the base URL. Its errors do not show the URL where it could
// hold a password.
func parseBase(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil, u.Host == "", u.Opaque != "", u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("corbado backend API is not a URL like https://backendapi.cloud.corbado.io")
	case u.User != nil, u.RawQuery != "", u.ForceQuery, u.Fragment != "":
		return nil, fmt.Errorf("corbado backend API must have no user, query or fragment, like %s://%s", u.Scheme, u.Host)
	case u.Scheme == "http" && !origin.IsLoopbackHost(u.Host):
		return nil, fmt.Errorf("corbado backend API %q is plain http, which is allowed only for loopback hosts; use https", raw)
	}
	u.Path = strings.TrimRight(u.Path, "/")
	if strings.HasSuffix(u.Path, "/v2") {
		return nil, fmt.Errorf("corbado backend API %q: leave out /v2, it is added", raw)
	}
	return u, nil
}
