package login

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
)

// verify checks the ID token of a sign-in.
func (rp *RelyingParty) verify(ctx context.Context, t *tokens, a *attempt) (*provider.IDToken, error) {
	id, err := rp.verifyToken(ctx, t)
	if err != nil {
		return nil, err
	}
	nonce, err := id.Claims.Text("nonce", len(a.nonce))
	if err != nil || subtle.ConstantTimeCompare([]byte(nonce), []byte(a.nonce)) != 1 {
		return nil, errors.New("the ID token's nonce is not that of this attempt")
	}
	return id, nil
}

// verifyToken checks an ID token but for its nonce.
func (rp *RelyingParty) verifyToken(ctx context.Context, t *tokens) (*provider.IDToken, error) {
	return rp.provider.VerifyIDToken(ctx, t.id, provider.Expected{ClientID: rp.config.ClientID, AccessToken: t.access})
}

// idTokenProblem turns an error of verify into what the person sees.
func (rp *RelyingParty) idTokenProblem(err error, a *attempt) *problem.Problem {
	if errors.Is(err, provider.ErrKeysUnavailable) || errors.Is(err, context.DeadlineExceeded) {
		return rp.unavailable(shortWait, err, a)
	}
	p := &problem.Problem{
		Status:   http.StatusBadGateway,
		Code:     "id_token_invalid",
		Title:    "Sign-in could not be completed",
		Detail:   "What the identity provider says about you cannot be trusted, so you were not signed in.",
		Operator: "The log says which check failed.",
		Ways:     []problem.Way{rp.wayAgain(a.returnPath)},
		Err:      err,
	}
	switch {
	case errors.Is(err, provider.ErrNoIDToken):
		p.Code = "id_token_missing"
		p.Detail = "The identity provider did not say who you are."
		p.Operator = "The scopes must hold openid, and the issuer must be an OpenID Connect one."
	case errors.Is(err, provider.ErrClock):
		p.Code = "clock_skew"
		p.Detail = "The clock of this site and that of the identity provider differ too much."
		p.Operator = "Set the server's clock; the log says by how much it is off."
	}
	return p
}
