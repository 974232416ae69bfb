// Package jwt signs tokens for tests, the good ones and the forged.
package jwt

import (
	"encoding/json"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// Sign makes a JSON Web Token in its compact form (RFC 7515 section 3.1). The
// header gets alg by itself, and kid where the key has one. It may be called on any
// goroutine, as providers of tests do: a mistake fails the test and makes "".
func Sign(tb testing.TB, key jose.SigningKey, header, claims map[string]any) string {
	tb.Helper()
	options := new(jose.SignerOptions)
	for name, value := range header {
		options.WithHeader(jose.HeaderKey(name), value)
	}
	signer, err := jose.NewSigner(key, options)
	if err != nil {
		tb.Error(err)
		return ""
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		tb.Error(err)
		return ""
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		tb.Error(err)
		return ""
	}
	compact, err := jws.CompactSerialize()
	if err != nil {
		tb.Error(err)
	}
	return compact
}
