// Package pages serves the pages under the base path: the offer to add a passkey, the
// list of the user's passkeys, the sign-out question, the page after sign-out, and the
// page for every problem that a room reports.
//
// The passkey pages are our own HTML around Corbado's own component. A small script of
// ours ("glue", package assets) loads the component from where the configuration says
// and mounts it through its documented script API. It also deals with what the published
// versions of the component get wrong. Whatever happens to Corbado, a link leads the user
// to the app.
//
// The package also remembers, per browser and user, when a passkey was last offered. It
// decides after sign-in whether to offer one again.
package pages

import (
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"path"
	"strings"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/returnpath"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
	"github.com/passkey-sidecar/passkey-sidecar/internal/stepup"
)

// Config of the Pages.
type Config struct {
	// BasePath of our own routes, without a trailing slash: "/passkeys".
	BasePath string
	// Origins are the site's public origins.
	Origins origin.Set
	// Keyring seals the memory of offers.
	Keyring *seal.Keyring
	// Returns says where a sign-in may end.
	Returns returnpath.Policy
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Component says where Corbado's component and its API are.
	Component Component
	// Brand is what the pages show of the site's owner.
	Brand Brand
	// Enroll says after which sign-ins a passkey is offered; the zero value is
	// Never.
	Enroll EnrollPolicy
	// StepUp is what the sign-in of whoever adds or deletes a passkey must be
	// like; the zero value demands nothing.
	StepUp stepup.Demand
	// Moments hears what becomes of offers; nil for nobody.
	Moments moment.Listener
}

// Pages serves the pages under the base path.
type Pages struct {
	base      string
	insecure  bool
	returns   returnpath.Policy
	brand     brand
	settings  componentSettings
	policies  policies
	templates map[string]*template.Template
	assets    assetSet
	memory    memory
	enroll    EnrollPolicy
	origins   origin.Set
	stepUp    stepup.Demand
	moments   moment.Listener
	now       func() time.Time
	log       *slog.Logger
}

// New checks the configuration and makes the pages. Its errors name the setting
// and what it should look like.
func New(c Config, log *slog.Logger) (*Pages, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if !strings.HasPrefix(c.BasePath, "/") || c.BasePath == "/" || path.Clean(c.BasePath) != c.BasePath {
		return nil, fmt.Errorf("base path %q must be an absolute path without a trailing slash, like /passkeys", c.BasePath)
	}
	if len(c.Origins) == 0 || c.Keyring == nil {
		return nil, errors.New("the passkey pages need a public URL and a session key")
	}
	if err := c.Enroll.check(); err != nil {
		return nil, err
	}
	if err := c.StepUp.Check(); err != nil {
		return nil, err
	}
	brand, err := newBrand(c.Brand, c.Origins[0])
	if err != nil {
		return nil, err
	}
	component, err := newComponent(c.Component)
	if err != nil {
		return nil, err
	}
	memory, err := newMemory(c.Keyring, c.BasePath, c.Origins.Insecure(), c.Now)
	if err != nil {
		return nil, err
	}
	assets, err := loadAssets(brand.stylesheet)
	if err != nil {
		return nil, err
	}
	templates, err := parseTemplates()
	if err != nil {
		return nil, err
	}
	return &Pages{
		base: c.BasePath, insecure: c.Origins.Insecure(), returns: c.Returns,
		brand: brand, settings: component.settings, policies: newPolicies(component, brand),
		templates: templates, assets: assets, memory: memory, enroll: c.Enroll, stepUp: c.StepUp, now: c.Now,
		origins: c.Origins, moments: c.Moments, log: log,
	}, nil
}

// loginPath is where a sign-in starts that ends at returnPath.
func (p *Pages) loginPath(returnPath string) string {
	return p.base + route.Login + "?return=" + returnpath.Query(returnPath)
}

// needSession is the answer to whoever asks for a user's page without a
// session. The gate comes first, so this guards against a mistake there.
func (p *Pages) needSession(s *session.Session, returnPath string) error {
	if s != nil {
		return nil
	}
	return problem.LoginRequired("This page is for signed-in users.", p.loginPath(returnPath), nil)
}
