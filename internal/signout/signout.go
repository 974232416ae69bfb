// Package signout hears from the identity provider that somebody's session is
// over (a user's own sign-out is login's): OpenID Connect Front-Channel Logout 1.0 (Okta's Single Logout), OpenID
// Connect Back-Channel Logout 1.0 (Auth0), and Global Token Revocation
// (draft-parecki-oauth-global-token-revocation; Okta's Universal Logout).
//
// Sessions live in cookies, so there is no table to delete from. What is over goes
// onto a list of revocations, which the caller keeps. So this package does not know
// whether a user has a session, and no answer says so.
//
// Anybody can reach the three endpoints. Each makes its checks in the order of what
// they cost: size, form, the token's own words, its signature, replay. Nothing is
// fetched for a token that an earlier check refuses.
package signout

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/quietlog"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// Keys checks the signature of a token and returns its payload; *provider.Provider
// is one. The error wraps provider.ErrKeysUnavailable when the keys and not the
// token are to blame.
type Keys interface {
	VerifySignature(ctx context.Context, jwt string) ([]byte, error)
}

// Issuer is a name that the provider signs tokens by, with its keys.
type Issuer struct {
	Name string
	Keys Keys
}

// Sessions ends sessions; *revocation.List is one. An error means that it could
// not be recorded for every replica.
type Sessions interface {
	// EndSubject ends all sessions of a user that began before now.
	EndSubject(ctx context.Context, issuer, subject string) error
	// EndEmail does so by e-mail address, whose letter case does not matter.
	EndEmail(ctx context.Context, email string) error
	// EndProviderSession ends the sessions that came out of one of the
	// provider's own, by its sid.
	EndProviderSession(ctx context.Context, issuer, sid string) error
}

// Replays remembers what was seen.
type Replays interface {
	// Once reports whether key is seen for the first time within ttl.
	Once(ctx context.Context, key string, ttl time.Duration) (first bool, err error)
}

// Cookies takes the session's cookies back.
type Cookies interface {
	End(w http.ResponseWriter, r *http.Request)
}

// Config of a Handler.
type Config struct {
	// ClientID is that of the application at the provider.
	ClientID string
	// Issuer is the configured one, whose ID tokens sessions come from.
	Issuer Issuer
	// Org is the issuer of Universal Logout where it is another: at Okta the
	// org, https://acme.okta.com, while the application signs in at one of its
	// custom authorization servers. The zero Issuer means none.
	Org Issuer
	// Origins are the site's public origins.
	Origins origin.Set
	// BasePath of our own routes, without a trailing slash: "/passkeys".
	BasePath string
	// Limiter bounds what strangers can write through the front channel. It
	// outlives this Handler when the caller keeps it; nil means a new one.
	Limiter *Limiter
	// Known are the provider's sessions that live sessions here came from. Their
	// sign-outs are not limited. It outlives this Handler when the caller keeps it;
	// nil means that none is known.
	Known *Known
	// Moments hears of sessions that ended; nil for nobody.
	Moments moment.Listener
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Handler answers the three endpoints. It is safe for concurrent use.
type Handler struct {
	config   Config
	sessions Sessions
	replays  Replays
	cookies  Cookies
	log      *slog.Logger
	// quiet logs refusals: anybody can cause them.
	quiet *quietlog.Log
	// audiences are the addresses of the Universal Logout endpoint.
	audiences []string
	// framing is the front channel's Content-Security-Policy.
	framing string
}

// New checks the configuration and makes a Handler. It makes no request.
func New(c Config, s Sessions, rp Replays, ck Cookies, log *slog.Logger) (*Handler, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Limiter == nil {
		c.Limiter = NewLimiter(c.Now)
	}
	if c.Known == nil {
		c.Known = NewKnown()
	}
	switch {
	case c.ClientID == "":
		return nil, errors.New("no client ID")
	case c.Issuer.Name == "" || c.Issuer.Keys == nil:
		return nil, errors.New("no issuer")
	case c.Org.Name != "" && c.Org.Keys == nil:
		return nil, fmt.Errorf("no keys of %s", c.Org.Name)
	case len(c.Origins) == 0:
		return nil, errors.New("no public URL")
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	h := &Handler{config: c, sessions: s, replays: rp, cookies: ck, log: log, quiet: quietlog.New(log, c.Now)}
	for _, o := range c.Origins {
		h.audiences = append(h.audiences, o.String()+c.BasePath+route.UniversalLogout)
	}
	u, err := url.Parse(c.Issuer.Name)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("issuer %q is not a URL", c.Issuer.Name)
	}
	h.framing = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors " + u.Scheme + "://" + u.Host
	return h, nil
}

// issuer returns the issuer of that name, if it is one of ours.
func (c *Config) issuer(name string) (Issuer, bool) {
	switch name {
	case "": // no Org is not an issuer without a name
	case c.Issuer.Name:
		return c.Issuer, true
	case c.Org.Name:
		return c.Org, true
	}
	return Issuer{}, false
}

// tellEnded tells that sessions were ended; s is nil where nobody knows whose.
func (h *Handler) tellEnded(ctx context.Context, way string, s *session.Session) {
	h.config.Moments.Tell(ctx, moment.Moment{Kind: moment.SessionRevoked, Cause: way, Session: s})
}
