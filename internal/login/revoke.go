package login

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/outbound"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// revokeTimeout bounds one call of the revocation endpoint; the person who signs
// out waits for logoutPatience of it at most.
const revokeTimeout = 10 * time.Second

// revokeRefreshToken revokes, at the provider (RFC 7009), the refresh token of a
// session that has just ended, and closes the channel when that is over. It revokes the
// newest one, even where the browser lost a renewed cookie or a refresh is under way,
// and sees to it that none comes after it. A failure is logged and stops nothing: the
// session here has ended, and the token was in its cookie only. Okta ends the access
// tokens of the same grant with it.
//
// It is for the person's own sign-out only. A sign-out that an identity provider or a
// stranger asks for ends the session here and revokes nothing.
func (rp *RelyingParty) revokeRefreshToken(s *session.Session) <-chan struct{} {
	done := make(chan struct{})
	if s == nil || s.RefreshToken == "" {
		close(done)
		return done
	}
	flight := rp.handover.end(s, rp.keptFor(s))
	go func() {
		defer close(done)
		if flight != nil {
			<-flight.done // within refreshTimeout
		}
		// Not the request's context, which ends with the answer.
		token, release := rp.lastToken(context.Background(), s)
		defer release()
		ctx, cancel := context.WithTimeout(context.Background(), revokeTimeout)
		defer cancel()
		if err := rp.revoke(ctx, token); err != nil {
			rp.log.WarnContext(ctx, "refresh token not revoked", slog.String("sub", s.Subject), slog.String("error", claims.Printable(err.Error(), maxLogText)))
		}
	}()
	return done
}

// lastToken returns the newest refresh token of a session that this process and the
// shared state know of. Revoking one that was rotated since may not end its successor.
// Until release no replica makes another.
func (rp *RelyingParty) lastToken(ctx context.Context, s *session.Session) (token string, release func()) {
	newest := rp.handover.newest(s)
	if rp.shared == nil {
		return newest.RefreshToken, func() {}
	}
	known, release, err := rp.shared.last(ctx, s)
	if err != nil {
		rp.log.WarnContext(ctx, "shared state did not say all, revoking the newest refresh token that is known", slog.Any("error", err))
	}
	return known.newer(newest).RefreshToken, release
}

// revoke asks the revocation endpoint, once. The endpoint answers 200 to unknown
// tokens too (RFC 7009 section 2.2).
func (rp *RelyingParty) revoke(ctx context.Context, token string) error {
	ep, err := rp.provider.Endpoints(ctx)
	if err != nil {
		return err
	}
	if ep.Revocation == "" {
		return fmt.Errorf("the identity provider's metadata has no revocation_endpoint")
	}
	resp, err := rp.post(outbound.Named(ctx, outbound.Revocation), ep.Revocation, url.Values{"token": {token}, "token_type_hint": {"refresh_token"}})
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("revocation endpoint answered %s", resp.Status)
	}
	return nil
}
