package login

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
)

const (
	// maxShownText is the most of Okta's own words that a page shows, in characters.
	maxShownText = 200
	// maxLogText is the most of somebody else's text that a log line holds, in
	// characters.
	maxLogText = 500
)

// tellOperator is what a person reads about a mistake that only the people who
// run the site can mend; Operator says what it is.
const tellOperator = "You can do nothing about it here. Tell whoever runs this site, with the request ID below."

// endpoints returns where the provider answers, or the problem of an attempt.
func (rp *RelyingParty) endpoints(ctx context.Context, a *attempt) (provider.Endpoints, error) {
	ep, err := rp.provider.Endpoints(ctx)
	if err != nil {
		p := rp.noEndpoints(err)
		p.Ways = []problem.Way{rp.wayAgain(a.returnPath)}
		return ep, rp.failed(ctx, a, p)
	}
	return ep, nil
}

// noEndpoints is what a person sees who cannot sign in because of an error of
// Provider.Endpoints.
func (rp *RelyingParty) noEndpoints(err error) *problem.Problem {
	if mismatch, ok := errors.AsType[*provider.MismatchError](err); ok {
		return issuerMismatch(mismatch)
	}
	wait := rp.provider.Status().NextTry.Sub(rp.config.Now())
	return unavailable(max(wait, time.Second), err)
}

// issuerMismatch is for the operator: the configured issuer is not the provider's
// own name for itself.
func issuerMismatch(err *provider.MismatchError) *problem.Problem {
	return &problem.Problem{
		Status: http.StatusBadGateway,
		Code:   "issuer_mismatch",
		Title:  "Sign-in is not set up correctly",
		Detail: tellOperator,
		Operator: "The configured issuer is " + err.Configured + ", but the identity provider calls itself " +
			claims.Printable(err.Named, maxShownText) + ": " + err.Hint() + ".",
		Err: err,
	}
}

// unavailable is for failures that pass.
func unavailable(wait time.Duration, err error) *problem.Problem {
	return &problem.Problem{
		Status:     http.StatusServiceUnavailable,
		Code:       "identity_provider_unavailable",
		Title:      "Sign-in is not available right now",
		Detail:     "The identity provider does not answer. Whoever is signed in already can go on. Try again in a moment.",
		RetryAfter: wait,
		Err:        err,
	}
}

// unavailable is a failure that passes, in an attempt that can be made again.
func (rp *RelyingParty) unavailable(wait time.Duration, err error, a *attempt) *problem.Problem {
	p := unavailable(wait, err)
	p.Ways = []problem.Way{rp.wayAgain(a.returnPath)}
	return p
}
