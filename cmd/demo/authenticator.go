package main

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"github.com/descope/virtualwebauthn"
)

// errInvalidState is what a browser answers when the authenticator holds one of
// the excluded passkeys (W3C WebAuthn section 5.1.3, excludeCredentials).
var errInvalidState = errors.New("InvalidStateError: the authenticator holds a passkey of this account already")

// authenticator is a device that keeps passkeys, in a browser that shows a page
// of the app.
type authenticator struct {
	device virtualwebauthn.Authenticator
	rp     virtualwebauthn.RelyingParty
}

func newAuthenticator(page string) *authenticator {
	return &authenticator{
		device: virtualwebauthn.NewAuthenticator(),
		rp:     virtualwebauthn.RelyingParty{ID: rpID, Name: "Acme", Origin: page},
	}
}

// create is navigator.credentials.create(): it makes a passkey and returns its
// id and the attestation.
func (a *authenticator) create(options string) (id, attestation string, err error) {
	o, err := virtualwebauthn.ParseAttestationOptions(options)
	if err != nil {
		return "", "", fmt.Errorf("attestation options: %w", err)
	}
	if o.RelyingPartyID != rpID {
		return "", "", fmt.Errorf("SecurityError: relying party id %q is not %q", o.RelyingPartyID, rpID)
	}
	for _, held := range a.device.Credentials {
		if slices.Contains(o.ExcludeCredentials, encoded(held.ID)) {
			return "", "", errInvalidState
		}
	}
	key, err := newKey()
	if err != nil {
		return "", "", err
	}
	a.device.AddCredential(key)
	return encoded(key.ID), virtualwebauthn.CreateAttestationResponse(a.rp, a.device, key, *o), nil
}

// get is navigator.credentials.get() in a page of the given origin: it answers a
// challenge with the first passkey that is asked for.
func (a *authenticator) get(options, page string) (assertion string, err error) {
	o, err := virtualwebauthn.ParseAssertionOptions(options)
	if err != nil {
		return "", fmt.Errorf("assertion options: %w", err)
	}
	if o.RelyingPartyID != rpID {
		return "", fmt.Errorf("SecurityError: relying party id %q is not %q", o.RelyingPartyID, rpID)
	}
	for _, held := range a.device.Credentials {
		if slices.Contains(o.AllowCredentials, encoded(held.ID)) {
			rp := a.rp
			rp.Origin = page
			return virtualwebauthn.CreateAssertionResponse(rp, a.device, held, *o), nil
		}
	}
	return "", errors.New("NotAllowedError: the authenticator holds no passkey that is asked for")
}

func encoded(id []byte) string { return base64.RawURLEncoding.EncodeToString(id) }

// newKey makes a key whose coordinates start with no zero byte: virtualwebauthn
// drops leading zeros, which no real authenticator does.
func newKey() (virtualwebauthn.Credential, error) {
	for {
		c := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
		parsed, err := x509.ParsePKCS8PrivateKey(c.Key.Data)
		if err != nil {
			return c, err
		}
		key, ok := parsed.(*ecdsa.PrivateKey)
		if !ok {
			return c, errors.New("virtualwebauthn made a key of another type")
		}
		point, err := key.PublicKey.Bytes()
		if err != nil {
			return c, err
		}
		if point[1] != 0 && point[33] != 0 {
			return c, nil
		}
	}
}
