package login

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// identify makes a session of a verified ID token. Okta's custom authorization
// servers leave most claims out of an ID token that comes with an access token;
// they are filled in from the userinfo endpoint. If that does not answer, the
// person still signs in, with less known about them.
func (rp *RelyingParty) identify(ctx context.Context, id *provider.IDToken, t *tokens) (*session.Session, error) {
	err := rp.fillIn(ctx, id, t)
	switch {
	case errors.Is(err, provider.ErrOtherUser):
		return nil, err
	case err != nil:
		rp.log.WarnContext(ctx, "userinfo not available, signing in without it", slog.String("error", claims.Printable(err.Error(), maxLogText)))
	}
	s := rp.claims.SignIn(ctx, rp.provider.Issuer(), id.Subject, id.Claims)
	s.RefreshToken, s.RefreshAt = t.refresh, rp.refreshAt(t)
	return s, nil
}

// fillIn takes the claims that the ID token lacks from the userinfo endpoint.
func (rp *RelyingParty) fillIn(ctx context.Context, id *provider.IDToken, t *tokens) error {
	if !id.Claims.LacksAny(rp.wanted) {
		return nil
	}
	more, err := rp.provider.Userinfo(ctx, t.access, id.Subject)
	if err != nil {
		return err
	}
	claims.Complete(id.Claims, more, rp.wanted)
	return nil
}

func (rp *RelyingParty) claimsProblem(err error) *problem.Problem {
	return &problem.Problem{
		Status: http.StatusBadGateway,
		Code:   "userinfo_mismatch",
		Title:  "Sign-in could not be completed",
		Detail: "The identity provider's answers speak of two different people, so you were not signed in.",
		Ways:   []problem.Way{rp.wayOtherAccount("")},
		Err:    err,
	}
}
