package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/outbound"
)

// Endpoints are where a provider answers (OpenID Connect Discovery 1.0 section 3;
// RFC 8414 for Revocation). Each is https, or http on loopback. Userinfo,
// EndSession and Revocation are "" where the provider names none.
type Endpoints struct {
	Authorization, Token             string
	Userinfo, EndSession, Revocation string
}

// metadata is what a provider says of itself, with its keys.
type metadata struct {
	Endpoints
	// keys are for tokens that the provider handed us. postedKeys, which are
	// rationed apart, are for tokens that anybody may have posted.
	keys       oidc.KeySet
	postedKeys oidc.KeySet
	fetchedAt  time.Time
}

// discover reads the metadata. go-oidc compares the issuer byte by byte.
func discover(ctx context.Context, issuer string, client *http.Client, now func() time.Time) (*metadata, error) {
	op, err := oidc.NewProvider(oidc.ClientContext(outbound.Named(ctx, outbound.Discovery), client), issuer)
	if mismatch, ok := errors.AsType[*oidc.IssuerMismatchError](err); ok {
		return nil, &MismatchError{Configured: mismatch.Provided, Named: mismatch.Discovered}
	}
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
		Endpoints: Endpoints{
			Authorization: op.Endpoint().AuthURL, Token: op.Endpoint().TokenURL,
			Userinfo: op.UserInfoEndpoint(), EndSession: doc.EndSession, Revocation: doc.Revocation,
		},
		keys:       newKeySet(doc.JWKSURI, client, now, false), //nolint:contextcheck // the keys outlive the request
		postedKeys: newKeySet(doc.JWKSURI, client, now, true),  //nolint:contextcheck // likewise
		fetchedAt:  now(),
	}
	for _, e := range []struct {
		name, url string
		needed    bool
	}{
		{"authorization_endpoint", md.Authorization, true},
		{"token_endpoint", md.Token, true},
		{"jwks_uri", doc.JWKSURI, true},
		{"userinfo_endpoint", md.Userinfo, false},
		{"end_session_endpoint", md.EndSession, false},
		{"revocation_endpoint", md.Revocation, false},
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
