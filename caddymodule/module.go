package caddymodule

import (
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/passkey-sidecar/passkey-sidecar/internal/assertion"
	"github.com/passkey-sidecar/passkey-sidecar/internal/bearer"
	"github.com/passkey-sidecar/passkey-sidecar/internal/connecttoken"
	"github.com/passkey-sidecar/passkey-sidecar/internal/gate"
	"github.com/passkey-sidecar/passkey-sidecar/internal/keptform"
	"github.com/passkey-sidecar/passkey-sidecar/internal/login"
	"github.com/passkey-sidecar/passkey-sidecar/internal/pages"
	"github.com/passkey-sidecar/passkey-sidecar/internal/quietlog"
	"github.com/passkey-sidecar/passkey-sidecar/internal/returnpath"
	"github.com/passkey-sidecar/passkey-sidecar/internal/revocation"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
	"github.com/passkey-sidecar/passkey-sidecar/internal/signout"
)

func init() {
	caddy.RegisterModule(Passkeys{})
}

// Passkeys adds Okta sign-in and Corbado passkeys to an app that cannot be changed.
//
// - Every request to the site needs a signed-in user, except to public paths.
// - The app learns who the user is from request headers that no client can forge.
// - Everything under `path` is answered here and never reaches the app.
//
// It sets the placeholders `{http.auth.user.id}` (the `sub` claim),
// `{http.auth.user.email}`, `.name`, `.preferred_username`, `.groups`, `.amr`,
// `.acr`, `.idp`, `.iss` and `.passkey` (`true` after a sign-in by passkey, see
// `passkey_idp`). Each is empty for a visitor of a public path who is not signed
// in.
//
// Addresses, names and secrets may hold placeholders like `{env.NAME}` and
// `{file./run/secrets/name}`. They are resolved when the configuration is loaded.
// Paths of requests, names of headers, claims and values of `acr` may not.
type Passkeys struct {
	// The origins that browsers know the site by, as registered at Okta, like
	// `https://app.example.com`. Required. Redirect URIs are built from these,
	// and never from a request. `http` is for loopback hosts only.
	PublicURLs []string `json:"public_urls,omitempty"`
	// Where users sign in. Required.
	Okta Okta `json:"okta"`
	// The Corbado project that keeps the passkeys. Required.
	Corbado Corbado `json:"corbado"`
	// How long a session lasts and what seals it.
	Session Session `json:"session,omitzero"`
	// When users are asked to add a passkey after signing in.
	Enroll Enroll `json:"enroll,omitzero"`
	// Who of the signed-in users may use the app. Default: everybody.
	Allow *Allow `json:"allow,omitempty"`
	// Which of a user's groups a session holds and the app is told of.
	Groups Groups `json:"groups,omitempty"`
	// Access tokens that programs may send instead of a session. Default: none,
	// and the app gets every `Authorization` field as it came.
	Bearer *Bearer `json:"bearer,omitempty"`
	// How recent a sign-in must be before passkeys change, and for some paths of
	// the app.
	StepUp StepUp `json:"step_up,omitzero"`
	// Which request headers tell the app who the user is.
	Identity Identity `json:"identity,omitzero"`
	// A signed token that tells the app who the user is. Default: none.
	Assertion *Assertion `json:"assertion,omitempty"`
	// A user name and password for apps that know nothing else. Default: none.
	BasicAuth *BasicAuth `json:"basic_auth,omitempty"`
	// Paths that need no session: exact (`/healthz`) or a prefix (`/static/*`).
	// The app is told who is signed in there too, if anybody is. So a page that looks
	// different for signed-in users can be public. Default: none.
	//
	// Upper and lower case differ. A request in a spelling that servers read
	// differently is not public: dot segments, encoded slashes, `;` parameters, names
	// that end in a dot or a space, any of `:~*"<>|`, letters that are not ASCII.
	// Colons, tildes and such letters count where the pattern itself has them.
	Public []string `json:"public,omitempty"`
	// Headers to let through although they replace the path or the method, like
	// `X-HTTP-Method-Override`. Default: none.
	PassHeaders PassHeaders `json:"pass_headers,omitempty"`
	// Other origins that may use passkeys of this site's domain. An example is Okta's
	// custom domain `https://login.example.net`, if it shares no parent domain with
	// the site. They are served, to anybody, at `/.well-known/webauthn` (Web
	// Authentication Level 3, Related Origin Requests). Browsers look there on the
	// host that is the relying party ID. Default: none, and that path is the app's.
	RelatedOrigins []string `json:"related_origins,omitempty"`
	// The shared state of several replicas. Default: none, for a single process.
	State SharedState `json:"state,omitzero"`
	// Base path of the sidecar's own routes. Default: `/passkeys`.
	Path string `json:"path,omitempty"`
	// Whether a form that is posted to an ended session is kept, and offered again
	// after sign-in.
	Resend Resend `json:"resend,omitzero"`
	// Paths of the app to which other sites post forms, like a SAML response or the
	// return from a payment: exact (`/saml/acs`) or a prefix (`/payment/*`), in plain
	// spelling. Default: none, and such a form is answered with a page that leads on
	// to its address without it.
	//
	// Browsers send no session with such a form (SameSite=Lax). So a page of the
	// sidecar posts it once more, to the same address, and the session comes along.
	// That undoes SameSite there, also for the app's own cookies: any site can then
	// post as the user. The app must detect by itself which forms are good, by a
	// signature, or by a token in the form. It sees `Origin`, `Referer` and
	// `Sec-Fetch-Site` as they came. Forms may be as large as `resend` allows.
	Repost []string `json:"repost,omitempty"`
	// A header of the app's answers that says when the session ends unless it is
	// used, in Unix seconds, for scripts. An example is `Passkeys-Session-Ends`.
	// Answers that shared caches may keep do not carry it. Answers that say nothing of
	// caches say `private` then. Default: none.
	ExpiryHeader string `json:"expiry_header,omitempty"`
	// Name, logo and color of the sidecar's pages.
	Brand Brand `json:"brand,omitzero"`
	// Where the directive stands in the Caddyfile, for messages about routes that
	// go around it. The adapter sets it inside `handle`, `route` and other blocks.
	DeclaredAt string `json:"declared_at,omitempty"`

	log         *slog.Logger
	quiet       *quietlog.Log // for what strangers can cause
	auditLog    *zap.Logger
	rationed    *quietlog.Log // the audit of what strangers can cause
	events      events
	replaced    <-chan struct{} // closed when another configuration took over
	base        string
	returns     returnpath.Policy
	assertions  *assertion.Signer
	basic       *basic
	related     []byte
	site        *heldSite
	shared      *heldState
	releases    []func() error // of what is held
	start       time.Time
	ended       *revocation.List
	streamRules streamRules
	headers     *gate.Headers
	gate        *gate.Gate
	bearer      *bearer.Verifier
	sessions    *session.Store
	login       *login.RelyingParty
	signOuts    *signout.Handler
	pages       *pages.Pages
	forms       *keptform.Forms // nil: off
	tokens      *connecttoken.Handler
}

// CaddyModule returns the Caddy module information.
func (Passkeys) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.passkeys",
		New: func() caddy.Module { return new(Passkeys) },
	}
}

// Cleanup gives back what this instance took. Requests that began under it may
// still be running, so nothing that they use is closed here.
func (p *Passkeys) Cleanup() error {
	var errs []error
	for _, release := range slices.Backward(p.releases) {
		errs = append(errs, release())
	}
	return errors.Join(errs...)
}

var (
	_ caddy.Provisioner           = (*Passkeys)(nil)
	_ caddy.CleanerUpper          = (*Passkeys)(nil)
	_ caddyhttp.MiddlewareHandler = (*Passkeys)(nil)
)
