package login

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/outbound"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
)

// retryWithin is how long after its start a refresh may be tried once more when its
// connection breaks. It lies within Okta's rotation leeway of 30 s, during which the
// old token still works if only the answer got lost.
const retryWithin = 5 * time.Second

// refreshTokens asks for new tokens with a refresh token (RFC 6749 section 6,
// OpenID Connect Core 1.0 section 12). x/oauth2 would leave out the scope, and
// with it, at some providers, the ID token.
func (rp *RelyingParty) refreshTokens(ctx context.Context, ep provider.Endpoints, token string) (*tokens, error) {
	t, err := rp.askRefresh(ctx, ep, token, strings.Join(rp.config.Scopes, " "))
	if refusal, ok := errors.AsType[*tokenError](err); ok && refusal.code == "invalid_scope" {
		// The session is older than a scope that was added to the configuration.
		// Without scopes the provider takes those that were granted.
		return rp.askRefresh(ctx, ep, token, "")
	}
	return t, err
}

// askRefresh makes one refresh request, and one more if the connection broke.
func (rp *RelyingParty) askRefresh(ctx context.Context, ep provider.Endpoints, token, scopes string) (*tokens, error) {
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
	if scopes != "" {
		form.Set("scope", scopes)
	}
	began := time.Now()
	t, err := rp.postToken(ctx, ep.Token, form)
	if _, broken := errors.AsType[*url.Error](err); broken && ctx.Err() == nil && time.Since(began) < retryWithin {
		t, err = rp.postToken(ctx, ep.Token, form)
	}
	return t, err
}

// postToken asks the token endpoint. A refusal is a *tokenError; a *url.Error means
// that there was no answer.
func (rp *RelyingParty) postToken(ctx context.Context, endpoint string, form url.Values) (*tokens, error) {
	resp, err := rp.post(outbound.Named(ctx, outbound.Refresh), endpoint, form)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body) // bounded by the client
	if err != nil {
		return nil, &url.Error{Op: "Post", URL: endpoint, Err: err}
	}
	return readTokens(resp, body, rp.config.Now())
}

// readTokens reads an answer of the token endpoint (RFC 6749 sections 5.1 and
// 5.2).
func readTokens(resp *http.Response, body []byte, now time.Time) (*tokens, error) {
	var answer struct {
		Access      string      `json:"access_token"`
		Refresh     string      `json:"refresh_token"`
		ID          string      `json:"id_token"`
		ExpiresIn   json.Number `json:"expires_in"`
		Error       string      `json:"error"`
		Description string      `json:"error_description"`
	}
	unreadable := json.Unmarshal(body, &answer) != nil
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, &tokenError{
			status: resp.StatusCode, code: answer.Error, description: answer.Description, wait: waitFor(resp.Header, now),
		}
	}
	if unreadable || answer.Access == "" {
		// A gateway's page, not a refusal.
		return nil, fmt.Errorf("token endpoint answered %s without tokens", resp.Status)
	}
	seconds, _ := answer.ExpiresIn.Int64()
	return &tokens{id: answer.ID, access: answer.Access, refresh: answer.Refresh, lifetime: lifetimeOf(seconds)}, nil
}

// lifetimeOf is the lifetime of an access token with that expires_in, zero when it
// says nothing usable.
func lifetimeOf(seconds int64) time.Duration {
	if seconds < 0 || seconds > int64(longestLifetime/time.Second) {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// longestLifetime is more than any provider gives an access token.
const longestLifetime = 366 * 24 * time.Hour
