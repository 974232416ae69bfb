package login

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
)

// client joins our configuration and the provider's endpoints for x/oauth2.
func (rp *RelyingParty) client(ep provider.Endpoints, redirectURI string) *oauth2.Config {
	return &oauth2.Config{
		ClientID:     rp.config.ClientID,
		ClientSecret: rp.config.ClientSecret.Reveal(),
		Endpoint:     oauth2.Endpoint{AuthURL: ep.Authorization, TokenURL: ep.Token, AuthStyle: rp.config.AuthStyle},
		RedirectURL:  redirectURI,
		Scopes:       rp.config.Scopes,
	}
}

// post sends a form to an endpoint with the client's credentials, in the header or
// in the form (RFC 6749 section 2.3.1). The caller closes the answer's body, which
// the client has bounded.
func (rp *RelyingParty) post(ctx context.Context, endpoint string, form url.Values) (*http.Response, error) {
	if rp.config.AuthStyle == oauth2.AuthStyleInParams {
		form.Set("client_id", rp.config.ClientID)
		form.Set("client_secret", rp.config.ClientSecret.Reveal())
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	if rp.config.AuthStyle == oauth2.AuthStyleInHeader {
		// Form-encoded before they are joined, as the section asks.
		req.SetBasicAuth(url.QueryEscape(rp.config.ClientID), url.QueryEscape(rp.config.ClientSecret.Reveal()))
	}
	return rp.provider.Client().Do(req)
}
