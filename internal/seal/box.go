package seal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/gorilla/securecookie"
)

// ErrInvalid is what opening returns for anything that we did not seal for this
// purpose, or that is too old. It says no more, on purpose.
var ErrInvalid = errors.New("not a value that we sealed")

var errPending = errors.New("there is no session key yet")

// Box seals and opens values of one purpose.
type Box struct {
	keyring *Keyring
	purpose string
	codecs  atomic.Pointer[codecs]
	maxAge  time.Duration
	now     func() time.Time
}

// codecs are made of one state of the keyring.
type codecs struct {
	of   *secrets
	list []*securecookie.SecureCookie
}

// Box makes the box for a purpose. The purpose carries a version ("session.v1")
// that changes whenever the layout of the values does. A positive maxAge limits
// how long after sealing a value opens.
func (k *Keyring) Box(purpose string, maxAge time.Duration, now func() time.Time) (*Box, error) {
	b := &Box{keyring: k, purpose: purpose, maxAge: maxAge, now: now}
	made, err := b.make(k.current.Load())
	if err != nil {
		return nil, err
	}
	b.codecs.Store(made)
	return b, nil
}

func (b *Box) make(of *secrets) (*codecs, error) {
	made := &codecs{of: of}
	for _, s := range of.list {
		hashKey, err := b.keyring.derive(s, b.purpose, "authenticate")
		if err != nil {
			return nil, fmt.Errorf("derive key: %w", err)
		}
		blockKey, err := b.keyring.derive(s, b.purpose, "encrypt")
		if err != nil {
			return nil, fmt.Errorf("derive key: %w", err)
		}
		codec := securecookie.New(hashKey, blockKey)
		// Our own binary layouts: the JSON and gob serializers cost several
		// times the cryptography. Age and length are checked here and in
		// Cookie, with an injected clock and over several cookies.
		codec.SetSerializer(securecookie.NopEncoder{}).MaxAge(0).MaxLength(0)
		made.list = append(made.list, codec)
	}
	return made, nil
}

// ready returns the codecs of the keyring's secrets as they are now.
func (b *Box) ready() []*securecookie.SecureCookie {
	made, of := b.codecs.Load(), b.keyring.current.Load()
	if made.of == of {
		return made.list
	}
	// Two requests may both do it; the work is small and its result the same.
	// The same purpose could be derived before, so an error is out of the
	// question, and the old codecs are better than none.
	if next, err := b.make(of); err == nil {
		b.codecs.Store(next)
		made = next
	}
	return made.list
}

// Seal returns plain as text that only a box of the same purpose opens.
func (b *Box) Seal(plain []byte) (string, error) {
	stamped := make([]byte, 0, 8+len(plain))
	stamped = binary.BigEndian.AppendUint64(stamped, uint64(b.now().Unix())) //nolint:gosec // the clock is past 1970
	stamped = append(stamped, plain...)
	codecs := b.ready()
	if len(codecs) == 0 {
		return "", errPending
	}
	return codecs[0].Encode(b.purpose, stamped)
}

// Open returns what was sealed, or ErrInvalid.
func (b *Box) Open(sealed string) ([]byte, error) {
	plain, _, err := b.OpenStamped(sealed)
	return plain, err
}

// OpenStamped returns what was sealed and when, or ErrInvalid.
func (b *Box) OpenStamped(sealed string) ([]byte, time.Time, error) {
	for _, codec := range b.ready() {
		var stamped []byte
		if codec.Decode(b.purpose, sealed, &stamped) != nil || len(stamped) < 8 {
			continue
		}
		at := time.Unix(int64(binary.BigEndian.Uint64(stamped)), 0) //nolint:gosec // we wrote it, and it was authenticated
		if b.maxAge > 0 && b.now().Sub(at) > b.maxAge {
			return nil, time.Time{}, ErrInvalid
		}
		return stamped[8:], at, nil
	}
	return nil, time.Time{}, ErrInvalid
}
