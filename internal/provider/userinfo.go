package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/outbound"
)

// userinfoTimeout is short because sign-in goes on without an answer.
const userinfoTimeout = 5 * time.Second

// ErrOtherUser means that the userinfo endpoint spoke of somebody else.
var ErrOtherUser = errors.New("the userinfo answer's sub is not the ID token's")

// Userinfo asks the provider for further claims about a subject (OpenID Connect
// Core 1.0 section 5.3). It returns none, and no error, where the provider has no
// such endpoint, and ErrOtherUser for an answer about anybody else. Signed answers
// (application/jwt) come only to clients registered for them, and are refused.
func (p *Provider) Userinfo(ctx context.Context, accessToken, subject string) (claims.Set, error) {
	md, err := p.metadata(ctx)
	if err != nil || md.Userinfo == "" {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, userinfoTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(outbound.Named(ctx, outbound.Userinfo), http.MethodGet, md.Userinfo, nil)
	if err != nil {
		return nil, fmt.Errorf("userinfo: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+accessToken)
	req.Header.Set("Accept", "application/json")
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("userinfo: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("userinfo endpoint answered %s", resp.Status)
	}
	body, err := io.ReadAll(resp.Body) // bounded by the client
	if err != nil {
		return nil, fmt.Errorf("userinfo: %w", err)
	}
	answer, err := claims.Parse(body)
	if err != nil {
		return nil, fmt.Errorf("the userinfo answer is %w", err)
	}
	if sub, err := answer.Text("sub", len(subject)); err != nil || sub != subject {
		return nil, ErrOtherUser
	}
	return answer, nil
}
