package corbado

import (
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// signingKey is an RSA key under the name that JWKS tells it by.
type signingKey struct {
	id      string // pki-…
	private *rsa.PrivateKey
}

// projectKey makes the project's key when it is first needed: it takes longer
// than all else in New, and most tests sign nothing.
func projectKey(generate func() (*rsa.PrivateKey, error)) func() (signingKey, error) {
	return sync.OnceValues(func() (signingKey, error) { return newSigningKey(generate) })
}

func newSigningKey(generate func() (*rsa.PrivateKey, error)) (signingKey, error) {
	private, err := generate()
	if err != nil {
		return signingKey{}, fmt.Errorf("corbado: signing key: %w", err)
	}
	return signingKey{id: newID("pki"), private: private}, nil
}

// sign returns claims as a compact RS256 JWT (RFC 7519 section 7.1).
func (k signingKey) sign(claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("corbado: sign: %w", err)
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: k.private, KeyID: k.id}},
		(&jose.SignerOptions{}).WithType("JWT"),
	)
	if err != nil {
		return "", fmt.Errorf("corbado: sign: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("corbado: sign: %w", err)
	}
	raw, err := signed.CompactSerialize()
	if err != nil {
		return "", fmt.Errorf("corbado: sign: %w", err)
	}
	return raw, nil
}

// public is the key as JWKS tells it (RFC 7517).
func (k signingKey) public() jose.JSONWebKeySet {
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{
		Key: k.private.Public(), KeyID: k.id, Algorithm: string(jose.RS256), Use: "sig",
	}}}
}
