package revocation

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
)

// purpose names what the keys are for and the version of what is hashed.
const purpose = "revocation.v1"

// Name says which sessions are meant. Make one with bySession, byProviderSession,
// bySubject or byEmail.
type Name struct {
	kind          Kind
	issuer, value string
}

// bySession names one session by its ID.
func bySession(id string) Name { return Name{kind: SessionID, value: id} }

// byProviderSession names sessions by issuer and the ID token's sid.
func byProviderSession(iss, sid string) Name { return Name{ProviderSession, iss, sid} }

// bySubject names a user's sessions by issuer and sub.
func bySubject(iss, sub string) Name { return Name{Subject, iss, sub} }

// byEmail names a user's sessions by address, whatever its case.
func byEmail(email string) Name { return Name{kind: Email, value: strings.ToLower(email)} }

func (n Name) empty() bool { return n.value == "" }

// digester makes digests, one way for each session secret, the first secret
// first, and follows the keyring.
type digester struct {
	keyring *seal.Keyring
	made    atomic.Pointer[ways]
}

// ways are made of one state of the keyring.
type ways struct {
	list       []*keyedHash
	generation uint64
}

// keyedHash is an HMAC that keeps its states for the next digest: making one
// costs as much as the digest itself.
type keyedHash struct{ states sync.Pool }

func newDigester(k *seal.Keyring) (*digester, error) {
	d := &digester{keyring: k}
	_, err := d.make()
	return d, err
}

func (d *digester) make() (*ways, error) {
	made := &ways{generation: d.keyring.Generation()}
	keys, err := d.keyring.MACKeys(purpose)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		made.list = append(made.list, &keyedHash{sync.Pool{New: func() any {
			return &hashState{mac: hmac.New(sha256.New, key)}
		}}})
	}
	d.made.Store(made)
	return made, nil
}

// ways returns the ways for the secrets as they are now. A successor is known
// an hour before it is used and the first secret for a session's lifetime after
// that, so whatever is recorded in all ways that are known is found by all who
// look for it while it matters.
func (d *digester) ways() []*keyedHash {
	made := d.made.Load()
	if made.generation == d.keyring.Generation() {
		return made.list
	}
	// The same purpose could be derived before, so this does not fail.
	if next, err := d.make(); err == nil {
		made = next
	}
	return made.list
}

type hashState struct {
	mac hash.Hash
	in  []byte
	sum [sha256.Size]byte
}

// digest hashes the kind, the issuer with its length, and the value.
func (h *keyedHash) digest(n Name) (d Digest) {
	s := h.states.Get().(*hashState) //nolint:forcetypeassert // the pool holds nothing else
	defer h.states.Put(s)
	s.in = append(s.in[:0], byte(n.kind))
	s.in = binary.AppendUvarint(s.in, uint64(len(n.issuer)))
	s.in = append(append(s.in, n.issuer...), n.value...)
	s.mac.Reset()
	_, _ = s.mac.Write(s.in) // never fails (hash.Hash)
	copy(d[:], s.mac.Sum(s.sum[:0]))
	return d
}
