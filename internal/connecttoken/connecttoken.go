// Package connecttoken serves POST /passkeys/connect-token: it permits the passkey
// component in the browser to add, list or delete passkeys of the signed-in user, and of
// nobody else.
//
// A connect token is the power to add a way to sign in. So a request passes every check
// before Corbado hears of it: method, same origin, JSON, session, size, form, type, age
// of the sign-in, rate, identity. The browser says only what it wants to do. Who the
// user is comes from the session alone.
package connecttoken

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/answer"
	"github.com/passkey-sidecar/passkey-sidecar/internal/corbado"
	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/quietlog"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
	"github.com/passkey-sidecar/passkey-sidecar/internal/stepup"
)

// mintTimeout limits the call to Corbado. The component gives its own calls
// ten seconds; a user should not wait longer than half of that for ours.
const mintTimeout = 5 * time.Second

// Minter creates connect tokens. *corbado.Client is one.
type Minter interface {
	CreateConnectToken(ctx context.Context, in corbado.ConnectTokenRequest) (corbado.ConnectToken, error)
}

// Config of a Handler.
type Config struct {
	// Origins are the site's public origins; requests of pages of any other are
	// refused. Required.
	Origins origin.Set
	// Identifier is the claim that Corbado knows the user by. Default: sub. It must
	// name one user for ever, and users must not be able to choose it. Where Okta lets
	// people enter any e-mail address without proof, email would let one add passkeys
	// to another's account.
	Identifier string
	// StepUp is what the sign-in of whoever adds or deletes a passkey must be
	// like; the zero value demands nothing.
	StepUp stepup.Demand
	// BasePath of our own routes, for the way to a new sign-in.
	BasePath string
	// Limiter limits each user's rate. It outlives this Handler when the caller
	// keeps it across configuration reloads. Default: a new one with the default
	// rate.
	Limiter *Limiter
	// Replicas counts for all replicas; nil means that there is one.
	Replicas Counter
	// Moments hears what became of each request; nil for nobody.
	Moments moment.Listener
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Handler hands out connect tokens.
type Handler struct {
	origins    origin.Set
	identifier string
	stepUp     stepup.Demand
	base       string
	limiter    *Limiter
	replicas   Counter
	moments    moment.Listener
	now        func() time.Time
	minter     Minter
	log        *slog.Logger
	quiet      *quietlog.Log // for refusals of nobody in particular
}

// New checks the configuration and makes a Handler. A nil log discards.
func New(c Config, m Minter, log *slog.Logger) (*Handler, error) {
	switch c.Identifier {
	case "":
		c.Identifier = "sub"
	case "iss", "name", "groups", "amr", "acr", "idp", "sid":
		return nil, fmt.Errorf("the claim %s does not name one user for ever, so it cannot be corbado's identifier; use sub", c.Identifier)
	}
	if err := c.StepUp.Check(); err != nil {
		return nil, err
	}
	if len(c.Origins) == 0 {
		return nil, errors.New("connect tokens need the site's public origins")
	}
	if m == nil {
		return nil, errors.New("connect tokens need a minter")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Limiter == nil {
		c.Limiter = NewLimiter(0, 0, c.Now)
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Handler{
		origins: c.Origins, identifier: c.Identifier,
		stepUp: c.StepUp, base: c.BasePath,
		limiter: c.Limiter, replicas: c.Replicas, moments: c.Moments, now: c.Now, minter: m, log: log, quiet: quietlog.New(log, c.Now),
	}, nil
}

// Serve answers {"secret","expires"}, expires in Unix seconds. s is nil when
// nobody is signed in. An error is a *problem.Problem, nothing written yet; its
// codes are method_not_allowed, cross_origin, unsupported_media_type,
// login_required, too_large, invalid_json, unknown_type, step_up_required,
// rate_limited, no_identifier, passkey_service_misconfigured, passkey_service_rejected,
// passkey_service_busy, passkey_service_unavailable and internal_error. It is
// logged here already.
func (h *Handler) Serve(w http.ResponseWriter, r *http.Request, s *session.Session) error {
	w.Header().Set("Cache-Control", "no-store")
	kind, p := h.admit(w, r, s)
	if p != nil {
		h.refused(r.Context(), kind, s, p)
		return p
	}
	in, p := h.request(r.Context(), kind, s)
	if p != nil {
		h.refused(r.Context(), kind, s, p)
		return p
	}
	ctx, cancel := context.WithTimeout(r.Context(), mintTimeout)
	defer cancel()
	started := h.now()
	token, err := h.minter.CreateConnectToken(ctx, in)
	latency := h.now().Sub(started)
	if err != nil {
		p := explain(err)
		h.failed(r.Context(), kind, s, p, latency)
		return p
	}
	h.created(r.Context(), kind, s, token, latency)
	writeToken(w, r, token)
	return nil
}

// writeToken answers with the token. The browser needs its secret and its end, and nothing else.
func writeToken(w http.ResponseWriter, r *http.Request, token corbado.ConnectToken) {
	_ = answer.JSON(w, r, http.StatusOK, struct {
		Secret  string `json:"secret"`
		Expires int64  `json:"expires"`
	}{token.Secret.Reveal(), token.Expires.Unix()}) // a text and a number always encode
}
