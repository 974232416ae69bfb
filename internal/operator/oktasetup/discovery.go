package oktasetup

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Discover reads an OpenID Connect provider's metadata (OpenID Connect
// Discovery 1.0, section 4) and returns its endpoints. The metadata must name
// the issuer that was asked.
func Discover(ctx context.Context, client *http.Client, issuer string) (Endpoints, error) {
	if err := checkURL(issuer); err != nil {
		return Endpoints{}, fmt.Errorf("issuer: %w", err)
	}
	target := strings.TrimSuffix(issuer, "/") + "/.well-known/openid-configuration"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return Endpoints{}, fmt.Errorf("issuer: %w", err)
	}
	res, err := client.Do(req)
	if err != nil {
		return Endpoints{}, fmt.Errorf("discovery: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return Endpoints{}, fmt.Errorf("discovery: %s answers %d; name the endpoints one by one", target, res.StatusCode)
	}
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return Endpoints{}, fmt.Errorf("discovery: %w", err)
	}
	var doc struct {
		Issuer        string `json:"issuer"`
		Authorization string `json:"authorization_endpoint"`
		Token         string `json:"token_endpoint"`
		UserInfo      string `json:"userinfo_endpoint"`
		JWKS          string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return Endpoints{}, fmt.Errorf("discovery: %s answers no JSON", target)
	}
	if doc.Issuer != issuer {
		return Endpoints{}, fmt.Errorf("discovery: the provider calls itself %q, not %q; use its own name", doc.Issuer, issuer)
	}
	return Endpoints{Authorization: doc.Authorization, Token: doc.Token, UserInfo: doc.UserInfo, JWKS: doc.JWKS}, nil
}
