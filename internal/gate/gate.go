// Package gate decides whether a request may pass to the app, and what the app is told
// about its user. It does no I/O: a request and its user go in, a verdict comes out.
// Nothing that a client can choose freely, such as a header, opens it.
package gate

import (
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// Access says who of the signed-in may use the app; access.Rules is one.
type Access interface {
	Allows(s *session.Session) bool
}

// Config of a Gate.
type Config struct {
	// Base is the base path of our own routes, like "/passkeys".
	Base string
	// Routes are our own routes.
	Routes []Route
	// Public lists the paths that need no session: exact, or a prefix ending
	// in "/*".
	Public []string
	// Origins are the site's public origins.
	Origins origin.Set
	// Access admits users; nil admits everybody who is signed in.
	Access Access
	// StepUps are the paths of the app that demand a recent or strong sign-in.
	StepUps []StepUpRule
	// Reposts are the paths of the app at which a form of another site may be
	// posted again by our own page, with the session: exact, or a prefix.
	Reposts []string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Gate judges requests: Find says where one leads, Decide what is to be done with it.
type Gate struct {
	origins origin.Set
	access  Access
	public  publicPaths
	stepUps stepUps
	reposts publicPaths
	routes  table
	now     func() time.Time
}

// New checks the configuration and makes a Gate.
func New(c Config) (*Gate, error) {
	if err := checkBase(c.Base); err != nil {
		return nil, err
	}
	public, err := newPublicPaths(c.Public, c.Base)
	if err != nil {
		return nil, err
	}
	stepUps, err := newStepUps(c.StepUps)
	if err != nil {
		return nil, err
	}
	if err := stepUps.check(c.Base, public); err != nil {
		return nil, err
	}
	reposts, err := newReposts(c.Reposts, c.Base, public, stepUps)
	if err != nil {
		return nil, err
	}
	routes, err := newTable(c.Base, c.Routes)
	if err != nil {
		return nil, err
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Gate{
		origins: c.Origins, access: c.Access, public: public, stepUps: stepUps, reposts: reposts, routes: routes, now: c.Now,
	}, nil
}

// checkBase reports what is wrong with a base path.
func checkBase(base string) error {
	if !strings.HasPrefix(base, "/") || base == "/" || path.Clean(base) != base || strings.ContainsAny(base, "*?#%;\\ \"<>") {
		return fmt.Errorf("path %q must be a plain absolute path without a trailing slash, like /passkeys", base)
	}
	return nil
}
