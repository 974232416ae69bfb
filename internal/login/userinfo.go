package login

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// userinfoTimeout is short because sign-in goes on without an answer.
const userinfoTimeout = 5 * time.Second

// userinfo asks the provider for the claims that the ID token lacks (OpenID
// Connect Core 1.0 section 5.3). The caller compares the sub. Signed answers
// (application/jwt) come only to clients registered for them, and are refused.
func (rp *RelyingParty) userinfo(ctx context.Context, md *metadata, accessToken string) (claimSet, error) {
	ctx, cancel := context.WithTimeout(ctx, userinfoTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, md.userinfoEndpoint, nil)
	if err != nil {
		return nil, fmt.Errorf("userinfo: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+accessToken)
	req.Header.Set("Accept", "application/json")
	resp, err := rp.provider.client.Do(req)
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
	var claims claimSet
	if json.Unmarshal(body, &claims) != nil || claims == nil {
		return nil, errors.New("the userinfo answer is not a JSON object")
	}
	return claims, nil
}
