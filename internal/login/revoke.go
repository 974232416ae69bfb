package login

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// revokeTimeout bounds one call of the revocation endpoint; the person who signs
// out waits for logoutPatience of it at most.
const revokeTimeout = 10 * time.Second

// revokeRefreshToken withdraws the refresh token of a live session at the
// provider (RFC 7009), the newest one where the browser lost a renewed cookie, and
// closes the channel when that is over. A failure is logged and stops nothing: the
// session here has ended, and the token was in its cookie only. Okta ends the
// access tokens of the same grant with it.
//
// Only the person's own sign-out comes here. What an identity provider or a
// stranger says of a session ends it, and revokes nothing.
func (rp *RelyingParty) revokeRefreshToken(s *session.Session) <-chan struct{} {
	done := make(chan struct{})
	if s == nil || s.RefreshToken == "" {
		close(done)
		return done
	}
	go func() {
		defer close(done)
		// Not the request's context, which ends with the answer.
		ctx, cancel := context.WithTimeout(context.Background(), revokeTimeout)
		defer cancel()
		if err := rp.revoke(ctx, rp.newestToken(ctx, s)); err != nil {
			rp.log.WarnContext(ctx, "refresh token not revoked", slog.String("sub", s.Subject), slog.String("error", printable(err.Error(), maxLogText)))
		}
	}()
	return done
}

// newestToken returns the refresh token that a session has now, as far as this
// process and the fleet know: a rotated one is of no use to anybody, and to name it
// may not end its successor.
func (rp *RelyingParty) newestToken(ctx context.Context, s *session.Session) string {
	newest := rp.handover.newest(s)
	if rp.fleet == nil {
		return newest.RefreshToken
	}
	ctx, cancel := context.WithTimeout(ctx, stateTimeout)
	defer cancel()
	known, err := rp.fleet.known(ctx, s)
	if err != nil {
		rp.log.WarnContext(ctx, "shared state not available, revoking the refresh token that is known here", slog.Any("error", err))
	}
	return known.newer(newest).RefreshToken
}

// revoke asks the revocation endpoint, once. It answers 200 to unknown tokens
// too (RFC 7009 section 2.2).
func (rp *RelyingParty) revoke(ctx context.Context, token string) error {
	md, err := rp.provider.metadata(ctx)
	if err != nil {
		return err
	}
	if md.revocationEndpoint == "" {
		return fmt.Errorf("the identity provider's metadata has no revocation_endpoint")
	}
	form := url.Values{"token": {token}, "token_type_hint": {"refresh_token"}}
	if rp.config.AuthStyle == oauth2.AuthStyleInParams {
		form.Set("client_id", rp.config.ClientID)
		form.Set("client_secret", rp.config.ClientSecret.Reveal())
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, md.revocationEndpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if rp.config.AuthStyle == oauth2.AuthStyleInHeader {
		// RFC 6749 section 2.3.1: form-encoded before they are joined.
		req.SetBasicAuth(url.QueryEscape(rp.config.ClientID), url.QueryEscape(rp.config.ClientSecret.Reveal()))
	}
	resp, err := rp.provider.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("revocation endpoint answered %s", resp.Status)
	}
	return nil
}
