// Package login is the OpenID Connect relying party: it sends a browser to Okta
// to sign in, takes the answer at the redirect URI, checks it, and turns it into
// a session.
//
// The flow is the authorization code flow with PKCE, state and nonce (OpenID
// Connect Core 1.0 section 3.1, RFC 7636, RFC 9700). Nothing is kept on the
// server while the person is at Okta: each attempt is one sealed cookie, named
// by the attempt, so tabs that sign in side by side do not disturb each other,
// and a restart or a second replica loses nobody.
//
// A callback without the cookie of its attempt never reaches the token endpoint.
// That one rule stops login CSRF, replayed and bookmarked callbacks, and mail
// scanners that open links.
//
// What the provider is, and what its tokens say, is for packages provider and
// claims.
package login

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
	"github.com/passkey-sidecar/passkey-sidecar/internal/quietlog"
	"github.com/passkey-sidecar/passkey-sidecar/internal/recall"
	"github.com/passkey-sidecar/passkey-sidecar/internal/returnpath"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
	"github.com/passkey-sidecar/passkey-sidecar/internal/stepup"
)

// maxClaims is the most further claims that a session holds.
const maxClaims = 32

// Config of a RelyingParty.
type Config struct {
	// ClientID and ClientSecret are those of the application at Okta.
	ClientID     string
	ClientSecret secret.Value
	// AuthStyle is how the secret is sent to the token endpoint; zero means
	// oauth2.AuthStyleInHeader (client_secret_basic). We never try both, because that
	// would send the single-use code twice.
	AuthStyle oauth2.AuthStyle
	// Scopes to ask for, openid among them; nil means openid profile email.
	Scopes []string
	// Claims are further claims that a session is to hold.
	Claims []string
	// Groups says which groups a session holds; the zero value means all, as far
	// as they fit.
	Groups claims.Groups
	// PasskeyIDP is the id, at Okta, of the identity provider that passkeys sign
	// in by: sessions that it vouches for are marked. "" means none.
	PasskeyIDP string
	// Origins are the site's public origins; each one's redirect URI is
	// registered at Okta.
	Origins origin.Set
	// BasePath of our own routes, without a trailing slash: "/passkeys".
	BasePath string
	// Returns says where a sign-in may end.
	Returns returnpath.Policy
	Keyring *seal.Keyring
	// Idle is the sessions' idle time: how long a cookie from before a refresh
	// may still come back. Zero means as long as the session lasts.
	Idle time.Duration
	// Handover remembers refreshes across config reloads; nil means a new one.
	Handover *Handover
	// Turns and Results are shared state, so that only one replica refreshes a
	// session. Nil, of either, means that there are no replicas.
	Turns   Turns
	Results Results
	// StepUps are the demands that the login route takes from its query. They are
	// those of the configuration, so that a link cannot make up its own.
	StepUps []stepup.Demand
	// Revoker is told of sessions that a refresh has ended, or that a new sign-in
	// replaced; nil for nobody.
	Revoker Revoker
	// Moments hears of sign-ins, sign-outs and refreshes; nil for nobody.
	Moments moment.Listener
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Sessions keeps who is signed in; *session.Store is one.
type Sessions interface {
	// Start begins a session and keeps the ID token for sign-out.
	Start(w http.ResponseWriter, s *session.Session, idToken string) error
	// Standing returns the session that the request's cookie could still be used
	// for, idle or not, or nil. Whatever ends a session acts on this one.
	Standing(r *http.Request) *session.Session
	// End ends the request's session, idle or not, and forgets it.
	End(w http.ResponseWriter, r *http.Request)
	// IDToken returns the raw ID token of the request's session, or "".
	IDToken(r *http.Request) string
}

// Landing decides where a browser goes after sign-in; caddymodule has one, which
// offers a passkey first.
type Landing interface {
	// AfterSignIn returns a path on this site: returnPath, or a page that
	// leads there.
	AfterSignIn(r *http.Request, s *session.Session, returnPath string) string
}

// RelyingParty signs people in at one identity provider. It is safe for
// concurrent use.
type RelyingParty struct {
	config    Config
	provider  *provider.Provider
	claims    *claims.Reader
	sessions  Sessions
	landing   Landing
	log       *slog.Logger
	quiet     *quietlog.Log // for what strangers can cause
	attempts  *attempts
	loop      *loopGuard
	handover  *Handover
	shared    *sharedRefresh // nil for a process on its own
	paths     returnpath.Policy
	fragments *recall.Fragments
	// wanted are the claims worth a call to the userinfo endpoint.
	wanted []string
	// How long a request waits for a refresh before it goes on with what was
	// known, and how long a person who signs out waits for the provider.
	refreshPatience, logoutPatience time.Duration
}

// New checks the configuration and makes a RelyingParty. It makes no request.
// landing may be nil: then everybody goes to the return path.
func New(c Config, p *provider.Provider, s Sessions, l Landing, log *slog.Logger) (*RelyingParty, error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	insecure := c.Origins.Insecure()
	tries, err := newAttempts(c.Keyring, insecure, c.Now)
	if err != nil {
		return nil, err
	}
	loop, err := newLoopGuard(c.Keyring, insecure, c.Now)
	if err != nil {
		return nil, err
	}
	shared, err := newSharedRefresh(c, log)
	if err != nil {
		return nil, err
	}
	fragments, err := recall.NewFragments(c.BasePath, insecure)
	if err != nil {
		return nil, err
	}
	reader := claims.NewReader(claims.Selection{Groups: c.Groups, Further: c.Claims, PasskeyIDP: c.PasskeyIDP}, log)
	return &RelyingParty{
		handover: c.Handover, shared: shared, claims: reader,
		config: c, provider: p, sessions: s, landing: l, log: log, quiet: quietlog.New(log, c.Now),
		attempts: tries, loop: loop, fragments: fragments,
		paths:  c.Returns,
		wanted: reader.Wanted(c.Scopes),

		refreshPatience: refreshPatience, logoutPatience: logoutPatience,
	}, nil
}

// complete fills in defaults and refuses what cannot work.
func (c *Config) complete() error {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.AuthStyle == oauth2.AuthStyleAutoDetect {
		c.AuthStyle = oauth2.AuthStyleInHeader
	}
	if c.Handover == nil {
		c.Handover = NewHandover(c.Now)
	}
	if len(c.Scopes) == 0 {
		c.Scopes = []string{"openid", "profile", "email"}
	}
	switch {
	case c.ClientID == "":
		return errors.New("no client ID")
	case c.ClientSecret.IsZero():
		return errors.New("no client secret")
	case c.AuthStyle != oauth2.AuthStyleInHeader && c.AuthStyle != oauth2.AuthStyleInParams:
		return fmt.Errorf("unknown client authentication style %d", c.AuthStyle)
	case !slices.Contains(c.Scopes, "openid"):
		return fmt.Errorf("scopes %q lack openid, without which there is no ID token", strings.Join(c.Scopes, " "))
	case len(c.Claims) > maxClaims:
		return fmt.Errorf("%d further claims; a session holds at most %d", len(c.Claims), maxClaims)
	case c.PasskeyIDP != "" && !checkPasskeyIDP(c.PasskeyIDP):
		return fmt.Errorf("passkey_idp %q is not the id of an identity provider at Okta, like 0oa1a2b3c4d5e6f7g8h9", c.PasskeyIDP)
	case c.PasskeyIDP != "" && c.PasskeyIDP == c.ClientID:
		return fmt.Errorf("passkey_idp %q is the application's client ID; take the identity provider's (Security > Identity Providers)", c.PasskeyIDP)
	case len(c.Origins) == 0:
		return errors.New("no public URL")
	case !strings.HasPrefix(c.BasePath, "/") || strings.HasSuffix(c.BasePath, "/"):
		return fmt.Errorf("base path %q must start with a slash and not end with one", c.BasePath)
	case c.Keyring == nil:
		return errors.New("no session key")
	}
	return nil
}

// originOf returns the public origin that the request came to. It is the only
// source of absolute URLs.
func (rp *RelyingParty) originOf(r *http.Request) (origin.Origin, error) {
	if o, ok := rp.config.Origins.Match(r.Host); ok {
		return o, nil
	}
	return origin.Origin{}, &problem.Problem{
		Status: http.StatusMisdirectedRequest,
		Code:   "unknown_host",
		Title:  "This address is not set up for sign-in",
		Detail: "The site is known by another name. If you run it, add this address to public_url.",
		Err:    errors.New("the request's host is none of the public URLs"),
	}
}

func (rp *RelyingParty) redirectURI(o origin.Origin) string {
	return o.String() + rp.config.BasePath + route.Callback
}
