// Package seal keeps small values in the browser that the browser can neither read nor
// change. They are encrypted and authenticated by gorilla/securecookie, bound to one
// purpose each, and hold the time of sealing.
//
// A Keyring holds the configured secrets. A Box seals and opens values of one purpose, a
// Crate large ones. A Cookie keeps a sealed value in one cookie, or in a few where one
// would be too large for a browser.
package seal

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
)

// MinSecret is the least length of a configured secret, in bytes.
const MinSecret = 32

// keySize is the length of a derived key, in bytes: AES-256 and HMAC-SHA-256.
const keySize = 32

// Keyring holds the secrets that values are sealed under. The first seals, all
// open, so a secret is rotated by putting the new one in front. Keyrings made of
// it by Bind, and their boxes, follow a Replace.
type Keyring struct {
	current *atomic.Pointer[secrets]
	context string
}

// secrets is one state of a keyring; it is never changed.
type secrets struct {
	list       [][]byte
	generation uint64
}

// NewPending makes a keyring whose secrets come later, by Replace. Until then it seals
// nothing and opens nothing.
func NewPending() *Keyring {
	k := &Keyring{current: new(atomic.Pointer[secrets])}
	k.current.Store(new(secrets))
	return k
}

// NewKeyring takes one or more secrets of at least MinSecret bytes each.
func NewKeyring(list ...[]byte) (*Keyring, error) {
	k := NewPending()
	return k, k.Replace(list...)
}

// Replace puts other secrets in place of those that the keyring holds. A list
// that cannot be used is refused and changes nothing. One caller at a time.
func (k *Keyring) Replace(list ...[]byte) error {
	if len(list) == 0 {
		return errors.New("no session key")
	}
	for i, s := range list {
		if len(s) < MinSecret {
			return fmt.Errorf("session key %d has %d bytes; it needs at least %d", i+1, len(s), MinSecret)
		}
	}
	k.current.Store(&secrets{list: slices.Clone(list), generation: k.current.Load().generation + 1})
	return nil
}

// Generation changes with each Replace: whoever keeps MACKeys makes them again.
func (k *Keyring) Generation() uint64 { return k.current.Load().generation }

// Bind returns a keyring for one relying party. Sites that share a secret, such
// as the one in Caddy's storage, must not accept each other's sessions: a user
// of one could carry the cookie over to another that they have no right to.
func (k *Keyring) Bind(context string) *Keyring {
	return &Keyring{current: k.current, context: context}
}

// MACKeys returns a key for each secret, the first secret's first, with which to
// authenticate or digest values of one purpose that are not sealed. The purpose
// carries a version, as that of a Box does.
func (k *Keyring) MACKeys(purpose string) ([][]byte, error) {
	list := k.current.Load().list
	keys := make([][]byte, len(list))
	for i, s := range list {
		key, err := k.derive(s, purpose, "digest")
		if err != nil {
			return nil, fmt.Errorf("derive key: %w", err)
		}
		keys[i] = key
	}
	return keys, nil
}

// derive makes a key for one purpose and use (HKDF with SHA-256, RFC 5869), so
// that a value sealed for one purpose never opens for another.
func (k *Keyring) derive(secret []byte, purpose, use string) ([]byte, error) {
	// The salt is public; a hash gives it a fixed length, so that no context
	// runs into the rest.
	salt := sha256.Sum256([]byte(k.context))
	return hkdf.Key(sha256.New, secret, salt[:], "passkey-sidecar/"+purpose+"/"+use, keySize)
}
