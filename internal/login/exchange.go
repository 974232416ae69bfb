package login

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/outbound"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
)

// tokenTimeout bounds everything between the callback and its answer: token
// endpoint, keys and userinfo.
const tokenTimeout = 15 * time.Second

// Bounds of the wait that we pass on when Okta limits us.
const (
	shortWait   = 10 * time.Second
	limitedWait = 30 * time.Second
	longestWait = 5 * time.Minute
)

// errCodeSpent means that the code was used before or has expired: the back
// button, a reload, or a slow network.
var errCodeSpent = errors.New("the authorization code is used or expired")

// tokens is what the token endpoint gave us.
type tokens struct {
	id, access, refresh string
	// lifetime is the access token's; zero when the provider did not say.
	lifetime time.Duration
}

// tokenError is a refusal by the token endpoint (RFC 6749 section 5.2).
type tokenError struct {
	status      int
	code        string
	description string
	wait        time.Duration
}

// Error describes the refusal for the log, truncated.
func (e *tokenError) Error() string {
	if e.code == "" {
		return fmt.Sprintf("token endpoint answered %d", e.status)
	}
	return fmt.Sprintf("token endpoint answered %d %s %q", e.status, claims.Printable(e.code, 64), claims.Printable(e.description, maxShownText))
}

// Unwrap lets errors.Is find a spent code among the refusals.
func (e *tokenError) Unwrap() error {
	if e.code == "invalid_grant" {
		return errCodeSpent
	}
	return nil
}

// exchange redeems the code. It does so once: after a second call with the same code
// the provider withdraws what it issued (RFC 6749 section 4.1.2).
func (rp *RelyingParty) exchange(ctx context.Context, ep provider.Endpoints, code string, a *attempt) (*tokens, error) {
	ctx = context.WithValue(outbound.Named(ctx, outbound.Token), oauth2.HTTPClient, rp.provider.Client())
	t, err := rp.client(ep, a.redirectURI).Exchange(ctx, code, oauth2.VerifierOption(a.verifier))
	if refusal, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		// The cause is not wrapped, because its text holds the whole answer.
		return nil, &tokenError{
			status:      refusal.Response.StatusCode,
			code:        refusal.ErrorCode,
			description: refusal.ErrorDescription,
			wait:        waitFor(refusal.Response.Header, rp.config.Now()),
		}
	}
	if err != nil {
		return nil, err
	}
	id, _ := t.Extra("id_token").(string)
	return &tokens{id: id, access: t.AccessToken, refresh: t.RefreshToken, lifetime: lifetimeOf(t.ExpiresIn)}, nil
}

// waitFor reads how long to wait from Retry-After or Okta's X-Rate-Limit-Reset,
// which is in seconds since 1970.
func waitFor(h http.Header, now time.Time) time.Duration {
	wait := limitedWait
	if s, err := strconv.Atoi(h.Get("Retry-After")); err == nil {
		wait = time.Duration(min(s, 3600)) * time.Second
	} else if s, err := strconv.ParseInt(h.Get("X-Rate-Limit-Reset"), 10, 64); err == nil {
		wait = time.Unix(s, 0).Sub(now)
	}
	return min(max(wait, time.Second), longestWait)
}

// exchangeProblem turns an error of exchange into what the person sees.
func (rp *RelyingParty) exchangeProblem(err error, a *attempt) *problem.Problem {
	refusal, ok := errors.AsType[*tokenError](err)
	if !ok {
		return rp.unavailable(shortWait, err, a)
	}
	switch {
	case refusal.status == http.StatusTooManyRequests:
		p := rp.unavailable(refusal.wait, err, a)
		p.Code = "identity_provider_busy"
		p.Detail = "Too many people are signing in at once. Try again in a moment."
		return p
	case refusal.status >= http.StatusInternalServerError:
		return rp.unavailable(shortWait, err, a)
	}
	p := &problem.Problem{
		Status: http.StatusBadGateway,
		Code:   "token_refused",
		Title:  "Sign-in could not be completed",
		Ways:   []problem.Way{rp.wayAgain(a.returnPath)},
		Err:    err,
	}
	said := ""
	if refusal.code != "" || refusal.description != "" {
		said = " It says: " + claims.Printable(strings.TrimSpace(refusal.code+" "+refusal.description), maxShownText)
	}
	switch refusal.code {
	case "invalid_grant":
		p.Code = "code_rejected"
		p.Detail = "The identity provider did not accept our sign-in code, twice in a row."
		p.Operator = strings.TrimSpace(said)
	case "use_dpop_nonce", "invalid_dpop_proof":
		p.Code = "dpop_required"
		p.Detail = tellOperator
		p.Operator = "The app at the identity provider asks for DPoP, which this product does not use: " +
			"switch off \"Require Demonstrating Proof of Possession (DPoP)\" in the app's general settings."
	default:
		if refusal.code == "invalid_client" || refusal.status == http.StatusUnauthorized ||
			strings.Contains(refusal.description, "multiple client credentials") {
			p.Code = "client_rejected"
			p.Detail = tellOperator
			p.Operator = "The identity provider did not accept this site's own credentials: " +
				"check client_id, client_secret and client_auth." + said
			return p
		}
		p.Detail = "The identity provider refused to complete the sign-in."
		p.Operator = strings.TrimSpace(said)
	}
	return p
}
