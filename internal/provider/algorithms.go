package provider

import (
	"slices"

	"github.com/go-jose/go-jose/v4"
)

// signingAlgorithms are pinned. The metadata is not asked, so that nobody who can
// change it adds "none" or an HMAC, whose key would be one that we hold or that is
// public.
var signingAlgorithms = []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.ES256, jose.ES384}

var signingAlgorithmNames = func() (names []string) {
	for _, a := range signingAlgorithms {
		names = append(names, string(a))
	}
	return names
}()

// SigningAlgorithms are those that a token may be signed with.
func SigningAlgorithms() []jose.SignatureAlgorithm { return slices.Clone(signingAlgorithms) }

// IsSigningAlgorithm reports whether a token may be signed with alg, the header of
// that name (RFC 7515 section 4.1.1).
func IsSigningAlgorithm(alg string) bool { return slices.Contains(signingAlgorithmNames, alg) }
