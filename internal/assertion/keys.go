package assertion

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	_ "crypto/sha256" // for thumbprints
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// KeySetAge is how long caches may keep the key set. A key must be published
// longer than that before it signs.
const KeySetAge = 15 * time.Minute

// Key is a signing key.
type Key struct {
	// ID is the token's kid.
	ID string
	// Private is an ECDSA key on P-256, in PKCS #8.
	Private []byte
}

// GenerateKey makes a private key for Key.
func GenerateKey() ([]byte, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return x509.MarshalPKCS8PrivateKey(private)
}

// ParsePEM reads a key in PEM, PKCS #8 or SEC 1. Its ID is the key's thumbprint
// (RFC 7638). Its errors hold nothing of the text.
func ParsePEM(text string) (Key, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return Key{}, errors.New("not a key in PEM")
	}
	der := block.Bytes
	if block.Type == "EC PRIVATE KEY" {
		private, err := x509.ParseECPrivateKey(der)
		if err != nil {
			return Key{}, errors.New("not an EC private key")
		}
		if der, err = x509.MarshalPKCS8PrivateKey(private); err != nil {
			return Key{}, err
		}
	}
	private, err := parse(der)
	if err != nil {
		return Key{}, err
	}
	sum, err := (&jose.JSONWebKey{Key: &private.PublicKey}).Thumbprint(crypto.SHA256)
	if err != nil {
		return Key{}, err
	}
	return Key{ID: base64.RawURLEncoding.EncodeToString(sum), Private: der}, nil
}

// keys are the keys at one time.
type keys struct {
	signer jose.Signer
	// public is the key set as JSON.
	public []byte
}

// Use signs with the first key from now on and publishes all of them.
func (s *Signer) Use(list []Key) error {
	if len(list) == 0 {
		return errors.New("no key to sign assertions with")
	}
	next := new(keys)
	var set jose.JSONWebKeySet
	for _, k := range list {
		private, err := parse(k.Private)
		if err != nil {
			return fmt.Errorf("signing key %s: %w", k.ID, err)
		}
		if next.signer == nil {
			next.signer, err = jose.NewSigner(
				jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: private, KeyID: k.ID}},
				(&jose.SignerOptions{}).WithType("JWT"))
			if err != nil {
				return fmt.Errorf("signing key %s: %w", k.ID, err)
			}
		}
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: &private.PublicKey, KeyID: k.ID, Algorithm: string(jose.ES256), Use: "sig"})
	}
	var err error
	if next.public, err = json.Marshal(set); err != nil {
		return err
	}
	s.keys.Store(next)
	return nil
}

// parse reads a private key. Its errors hold nothing of it.
func parse(raw []byte) (*ecdsa.PrivateKey, error) {
	key, err := x509.ParsePKCS8PrivateKey(raw)
	if err != nil {
		return nil, errors.New("not a private key in PKCS #8")
	}
	private, ok := key.(*ecdsa.PrivateKey)
	if !ok || private.Curve != elliptic.P256() {
		return nil, errors.New("not an ECDSA key on P-256")
	}
	return private, nil
}
