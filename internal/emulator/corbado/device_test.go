package corbado

import (
	"crypto/ecdsa"
	"crypto/x509"
	"testing"

	"github.com/descope/virtualwebauthn"
)

// device is a software authenticator in a browser that shows a page of origin.
type device struct {
	virtualwebauthn.RelyingParty
	virtualwebauthn.Authenticator
}

func newDevice() device {
	return device{
		virtualwebauthn.RelyingParty{ID: testRPID, Name: "Acme", Origin: testOrigin},
		virtualwebauthn.NewAuthenticator(),
	}
}

// create answers a challenge with a new passkey.
func (v device) create(t *testing.T, options string) string {
	t.Helper()
	return v.answer(t, options, newKey(t))
}

func (v device) answer(t *testing.T, options string, key virtualwebauthn.Credential) string {
	t.Helper()
	o, err := virtualwebauthn.ParseAttestationOptions(options)
	if err != nil {
		t.Fatal(err)
	}
	return virtualwebauthn.CreateAttestationResponse(v.RelyingParty, v.Authenticator, key, *o)
}

// newKey makes a key whose coordinates start with no zero byte: virtualwebauthn
// drops leading zeros, which no real authenticator does.
func newKey(t *testing.T) virtualwebauthn.Credential {
	t.Helper()
	for {
		c := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
		parsed, err := x509.ParsePKCS8PrivateKey(c.Key.Data)
		if err != nil {
			t.Fatal(err)
		}
		point, err := parsed.(*ecdsa.PrivateKey).PublicKey.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if point[1] != 0 && point[33] != 0 {
			return c
		}
	}
}
