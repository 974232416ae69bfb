package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"
)

// upstreamBody bounds a document of an identity provider, in bytes.
const upstreamBody = 1 << 20

// upstreamMetadata is what a discovery document must say.
type upstreamMetadata struct {
	Issuer                string `json:"issuer"`
	AuthorizationEndpoint string `json:"authorization_endpoint"`
	TokenEndpoint         string `json:"token_endpoint"`
	JWKSURI               string `json:"jwks_uri"`
}

// resolve returns the provider's endpoints.
func (s *Federation) resolve(ctx context.Context, p IdentityProvider) (upstreamMetadata, error) {
	m := upstreamMetadata{p.Issuer, p.AuthorizationEndpoint, p.TokenEndpoint, p.JWKSURI}
	if m.AuthorizationEndpoint != "" {
		return m, nil
	}
	where := strings.TrimSuffix(p.Issuer, "/") + "/.well-known/openid-configuration"
	if err := s.fetchJSON(ctx, where, &m); err != nil {
		return m, fmt.Errorf("discovery: %w", err)
	}
	if m.Issuer != p.Issuer {
		return m, errors.New("discovery: the document is another issuer's")
	}
	if m.AuthorizationEndpoint == "" || m.TokenEndpoint == "" || m.JWKSURI == "" {
		return m, errors.New("discovery: an endpoint is missing")
	}
	return m, nil
}

func (s *Federation) fetchJSON(ctx context.Context, where string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, where, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	res, err := s.org.HTTPClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", res.StatusCode)
	}
	return json.NewDecoder(io.LimitReader(res.Body, upstreamBody)).Decode(into)
}

func (s *Federation) oauthConfig(p IdentityProvider, m upstreamMetadata) *oauth2.Config {
	style := oauth2.AuthStyleInHeader
	if p.ClientAuth == "client_secret_post" {
		style = oauth2.AuthStyleInParams
	}
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret, Scopes: p.Scopes, RedirectURL: s.IdentityProviderCallback(),
		Endpoint: oauth2.Endpoint{AuthURL: m.AuthorizationEndpoint, TokenURL: m.TokenEndpoint, AuthStyle: style},
	}
}

// upstreamClaims are the claims of an identity provider's ID token.
type upstreamClaims struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience audience `json:"aud"`
	Party    string   `json:"azp"`
	Expires  float64  `json:"exp"`
	IssuedAt float64  `json:"iat"`
	Nonce    string   `json:"nonce"`
	AMR      []string `json:"amr"`
	all      map[string]any
}

// audience is one string or a list of them (RFC 7519 section 4.1.3).
type audience []string

func (a *audience) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(a))
}

// redeem exchanges the code and returns the checked claims of the ID token.
func (s *Federation) redeem(ctx context.Context, p IdentityProvider, h hop, code string) (upstreamClaims, error) {
	m, err := s.resolve(ctx, p)
	if err != nil {
		return upstreamClaims{}, err
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, s.org.HTTPClient)
	token, err := s.oauthConfig(p, m).Exchange(ctx, code, oauth2.VerifierOption(h.verifier))
	if err != nil {
		if answer, ok := errors.AsType[*oauth2.RetrieveError](err); ok { // its text may hold what the provider was sent
			return upstreamClaims{}, fmt.Errorf("token endpoint: status %d, %s", answer.Response.StatusCode, plain(answer.ErrorCode))
		}
		return upstreamClaims{}, errors.New("token endpoint: no usable answer")
	}
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return upstreamClaims{}, errors.New("token endpoint: no id_token")
	}
	payload, err := s.verifySignature(ctx, m.JWKSURI, raw)
	if err != nil {
		return upstreamClaims{}, err
	}
	var claims upstreamClaims
	if err := errors.Join(json.Unmarshal(payload, &claims), json.Unmarshal(payload, &claims.all)); err != nil {
		return upstreamClaims{}, errors.New("ID token: the claims cannot be read")
	}
	return claims, claims.check(p, h.nonce, s.org.Now())
}

// verifySignature holds a token against the provider's published keys.
func (s *Federation) verifySignature(ctx context.Context, jwksURI, raw string) ([]byte, error) {
	signed, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.ES256, jose.ES384, jose.ES512})
	if err != nil {
		return nil, errors.New("ID token: not a JWS with an accepted algorithm")
	}
	var set jose.JSONWebKeySet
	if err := s.fetchJSON(ctx, jwksURI, &set); err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	header := signed.Signatures[0].Header
	for _, key := range set.Key(header.KeyID) {
		if (key.Algorithm != "" && key.Algorithm != header.Algorithm) || key.Use == "enc" || !key.IsPublic() {
			continue
		}
		if payload, err := signed.Verify(key.Key); err == nil {
			return payload, nil
		}
	}
	return nil, errors.New("ID token: no published key signed it")
}

// check is OpenID Connect Core section 3.1.3.7 without the signature.
func (c *upstreamClaims) check(p IdentityProvider, nonce string, now time.Time) error {
	skew := p.ClockSkew.Seconds()
	at := float64(now.Unix())
	switch {
	case c.Issuer != p.Issuer:
		return errors.New("ID token: iss is another issuer")
	case !slices.Contains(c.Audience, p.ClientID):
		return errors.New("ID token: aud is another client")
	case (len(c.Audience) > 1 || c.Party != "") && c.Party != p.ClientID:
		return errors.New("ID token: azp is another client")
	case c.Expires == 0 || at > c.Expires+skew:
		return errors.New("ID token: expired")
	case c.IssuedAt == 0 || c.IssuedAt > at+skew:
		return errors.New("ID token: issued in the future")
	case c.Nonce == "" || c.Nonce != nonce:
		return errors.New("ID token: nonce is not the one that was sent")
	case c.Subject == "":
		return errors.New("ID token: no sub")
	}
	return nil
}

// plain cuts an outsider's text down to what a log line can hold.
func plain(text string) string {
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, text)
	return clean[:min(len(clean), 100)]
}
