package seal

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/chacha20poly1305"
)

// Crate seals and opens large values of one purpose. A Box would copy a megabyte
// fifteen times and make 16/9 of it; a Crate works in place and makes 4/3. It uses
// XChaCha20-Poly1305, whose nonces are long enough to be random however many
// values strangers have us seal.
//
// A sealed value names its key, so that one of nobody's costs no decryption.
type Crate struct {
	keyring *Keyring
	purpose string
	locks   atomic.Pointer[locks]
	maxAge  time.Duration
	now     func() time.Time
}

const (
	keyName = 8
	// CrateRoom is how many bytes Seal needs before the plain text, for the key's
	// name, the time and the nonce; CrateTail is the capacity it needs behind.
	CrateRoom = keyName + 8 + chacha20poly1305.NonceSizeX
	CrateTail = chacha20poly1305.Overhead
)

// CrateSize is the length of the sealed text of so many bytes.
func CrateSize(plain int64) int64 { return (plain+CrateRoom+CrateTail)*4/3 + 1 }

// locks are made of one state of the keyring.
type locks struct {
	of   *secrets
	list []lock
}

type lock struct {
	name string
	aead cipher.AEAD
}

// Crate makes the crate for a purpose, which carries a version as that of a Box
// does. A positive maxAge limits how long after sealing a value opens.
func (k *Keyring) Crate(purpose string, maxAge time.Duration, now func() time.Time) (*Crate, error) {
	c := &Crate{keyring: k, purpose: purpose, maxAge: maxAge, now: now}
	made, err := c.make(k.current.Load())
	if err != nil {
		return nil, err
	}
	c.locks.Store(made)
	return c, nil
}

func (c *Crate) make(of *secrets) (*locks, error) {
	made := &locks{of: of}
	for _, s := range of.list {
		name, err := c.keyring.derive(s, c.purpose, "name")
		if err != nil {
			return nil, fmt.Errorf("derive key: %w", err)
		}
		key, err := c.keyring.derive(s, c.purpose, "seal")
		if err != nil {
			return nil, fmt.Errorf("derive key: %w", err)
		}
		aead, err := chacha20poly1305.NewX(key)
		if err != nil {
			return nil, err
		}
		made.list = append(made.list, lock{string(name[:keyName]), aead})
	}
	return made, nil
}

// ready returns the locks of the keyring's secrets as they are now, as Box does.
func (c *Crate) ready() []lock {
	made, of := c.locks.Load(), c.keyring.current.Load()
	if made.of == of {
		return made.list
	}
	if next, err := c.make(of); err == nil {
		c.locks.Store(next)
		made = next
	}
	return made.list
}

// Seal returns what stands behind the first CrateRoom bytes of b as text that only
// a Crate of the same purpose opens. It writes over b, and does not copy it where
// its capacity is CrateTail more than its length.
func (c *Crate) Seal(b []byte) string {
	first := c.ready()[0]
	copy(b, first.name)
	binary.BigEndian.PutUint64(b[keyName:], uint64(c.now().Unix())) //nolint:gosec // the clock is past 1970
	nonce := b[keyName+8 : CrateRoom]
	_, _ = rand.Read(nonce) // never fails (crypto/rand)
	sealed := first.aead.Seal(b[:CrateRoom], nonce, b[CrateRoom:], b[:keyName+8])
	var text strings.Builder
	text.Grow(base64.RawURLEncoding.EncodedLen(len(sealed)))
	to := base64.NewEncoder(base64.RawURLEncoding, &text)
	_, _ = to.Write(sealed) // a builder takes everything
	_ = to.Close()
	return text.String()
}

// Open returns what was sealed, or ErrInvalid. What does not name a key of ours,
// or is too old, is not decrypted.
func (c *Crate) Open(sealed []byte) ([]byte, error) {
	b := make([]byte, base64.RawURLEncoding.DecodedLen(len(sealed)))
	n, err := base64.RawURLEncoding.Decode(b, sealed)
	if b = b[:n]; err != nil || n < CrateRoom+CrateTail {
		return nil, ErrInvalid
	}
	at := time.Unix(int64(binary.BigEndian.Uint64(b[keyName:])), 0) //nolint:gosec // authenticated below
	if c.maxAge > 0 && c.now().Sub(at) > c.maxAge {
		return nil, ErrInvalid
	}
	for _, l := range c.ready() {
		if l.name != string(b[:keyName]) {
			continue
		}
		plain, err := l.aead.Open(b[CrateRoom:CrateRoom], b[keyName+8:CrateRoom], b[CrateRoom:], b[:keyName+8])
		if err != nil {
			return nil, ErrInvalid
		}
		return plain, nil
	}
	return nil, ErrInvalid
}
