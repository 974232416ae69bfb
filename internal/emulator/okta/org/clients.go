package org

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// defaultRefreshLeeway is that of a new app with rotation.
const defaultRefreshLeeway = 30 * time.Second

// Client is an OpenID Connect app in the Okta org.
type Client struct {
	// ID is the client id. Okta's have the form 0oa + 17 characters; empty makes one.
	ID string
	// Secret authenticates a confidential client. Empty makes a public client,
	// which must use PKCE.
	Secret string
	// Name is shown on the sign-in page. Default: the id.
	Name string
	// RedirectURIs and PostLogoutRedirectURIs are compared byte by byte.
	RedirectURIs           []string
	PostLogoutRedirectURIs []string
	// PKCEOptional switches the app's "PKCE required" off.
	PKCEOptional bool
	// ThinIDToken leaves profile, e-mail and groups to /userinfo, as a custom
	// authorization server does with the code flow.
	ThinIDToken bool
	// RotateRefreshTokens is Okta's rotation_type ROTATE.
	RotateRefreshTokens bool
	// SingleLogout is what the app wants to hear of sign-outs.
	SingleLogout SingleLogout
	// RefreshLeeway is how long a replaced refresh token works once more. Zero is
	// Okta's default of 30 s; a negative one is none, as Okta's leeway 0 and
	// Auth0's default.
	RefreshLeeway time.Duration
}

// Leeway is RefreshLeeway with the default filled in.
func (c *Client) Leeway() time.Duration {
	if c.RefreshLeeway == 0 {
		return defaultRefreshLeeway
	}
	return max(c.RefreshLeeway, 0)
}

// Public reports whether the client has no secret.
func (c *Client) Public() bool { return c.Secret == "" }

// SecretIs compares in constant time.
func (c *Client) SecretIs(secret string) bool {
	return subtle.ConstantTimeCompare([]byte(c.Secret), []byte(secret)) == 1
}

// registry holds the apps of the org. An entry never changes once it is in.
type registry struct {
	mu   sync.Mutex
	byID map[string]*Client
}

func newRegistry() *registry { return &registry{byID: map[string]*Client{}} }

func (g *registry) add(c Client) (*Client, error) {
	if c.ID == "" {
		c.ID = NewID("0oa")
	}
	if c.Name == "" {
		c.Name = c.ID
	}
	for _, uri := range slices.Concat(c.RedirectURIs, c.PostLogoutRedirectURIs) {
		if err := CheckRedirect(uri); err != nil {
			return nil, fmt.Errorf("okta emulator: client %s: %w", c.ID, err)
		}
	}
	if err := c.SingleLogout.Check(); err != nil {
		return nil, fmt.Errorf("okta emulator: client %s: %w", c.ID, err)
	}
	if c.Public() && c.PKCEOptional {
		return nil, errors.New("okta emulator: client " + c.ID + ": a public client must use PKCE")
	}
	c.RedirectURIs = slices.Clone(c.RedirectURIs)
	c.PostLogoutRedirectURIs = slices.Clone(c.PostLogoutRedirectURIs)

	g.mu.Lock()
	defer g.mu.Unlock()
	if _, taken := g.byID[c.ID]; taken {
		return nil, errors.New("okta emulator: client " + c.ID + " is there twice")
	}
	g.byID[c.ID] = &c
	return &c, nil
}

func (g *registry) get(id string) (*Client, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c, ok := g.byID[id]
	return c, ok
}

// AddClient adds an app and returns it with its id.
func (o *Org) AddClient(c Client) (Client, error) {
	added, err := o.clients.add(c)
	if err != nil {
		return Client{}, err
	}
	return *added, nil
}

// ReplaceClient puts a changed app in the place of the one with its id. What was
// granted to that one stays as it was.
func (o *Org) ReplaceClient(c Client) {
	o.clients.mu.Lock()
	defer o.clients.mu.Unlock()
	o.clients.byID[c.ID] = &c
}

// Client finds an app by its id. Nobody may change it.
func (o *Org) Client(id string) (*Client, bool) { return o.clients.get(id) }
