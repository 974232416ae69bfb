package login

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
)

// metadata is what a provider says of itself (OpenID Connect Discovery 1.0
// section 3), with its keys.
type metadata struct {
	authorizationEndpoint string
	tokenEndpoint         string
	// userinfoEndpoint, endSessionEndpoint and revocationEndpoint (RFC 8414) may
	// be empty.
	userinfoEndpoint   string
	endSessionEndpoint string
	revocationEndpoint string
	// keys are for tokens that the provider handed us; postedKeys, with a ration
	// of their own, for tokens that anybody may have posted.
	keys       oidc.KeySet
	postedKeys oidc.KeySet
	fetchedAt  time.Time
}

// discover reads the metadata. go-oidc compares the issuer byte by byte.
func discover(ctx context.Context, issuer string, client *http.Client, now func() time.Time) (*metadata, error) {
	op, err := oidc.NewProvider(oidc.ClientContext(ctx, client), issuer)
	if err != nil {
		return nil, err
	}
	var doc struct {
		JWKSURI    string `json:"jwks_uri"`
		EndSession string `json:"end_session_endpoint"`
		Revocation string `json:"revocation_endpoint"`
	}
	if err := op.Claims(&doc); err != nil {
		return nil, fmt.Errorf("read metadata: %w", err)
	}
	md := &metadata{
		authorizationEndpoint: op.Endpoint().AuthURL,
		tokenEndpoint:         op.Endpoint().TokenURL,
		userinfoEndpoint:      op.UserInfoEndpoint(),
		endSessionEndpoint:    doc.EndSession,
		revocationEndpoint:    doc.Revocation,
		keys:                  newKeySet(doc.JWKSURI, client, now, false), //nolint:contextcheck // the keys outlive the request
		postedKeys:            newKeySet(doc.JWKSURI, client, now, true),  //nolint:contextcheck // likewise
		fetchedAt:             now(),
	}
	for _, e := range []struct {
		name, url string
		needed    bool
	}{
		{"authorization_endpoint", md.authorizationEndpoint, true},
		{"token_endpoint", md.tokenEndpoint, true},
		{"jwks_uri", doc.JWKSURI, true},
		{"userinfo_endpoint", md.userinfoEndpoint, false},
		{"end_session_endpoint", md.endSessionEndpoint, false},
		{"revocation_endpoint", md.revocationEndpoint, false},
	} {
		if err := checkEndpoint(e.url, e.needed); err != nil {
			return nil, fmt.Errorf("the metadata's %s %w", e.name, err)
		}
	}
	return md, nil
}

// checkEndpoint takes https, and http on loopback only: the client secret, codes
// and tokens go there.
func checkEndpoint(raw string, needed bool) error {
	if raw == "" {
		if needed {
			return fmt.Errorf("is missing")
		}
		return nil
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		return fmt.Errorf("is not a usable URL")
	case u.Scheme == "https", u.Scheme == "http" && origin.IsLoopbackHost(u.Host):
		return nil
	}
	return fmt.Errorf("is not https")
}
