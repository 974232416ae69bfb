package revocation

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"strings"
	"sync"

	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
)

// purpose names what the keys are for and the version of what is hashed.
const purpose = "revocation.v1"

// Name says which sessions are meant. Make one with BySession, ByProviderSession,
// BySubject or ByEmail.
type Name struct {
	kind          Kind
	issuer, value string
}

// BySession names one session by its ID.
func BySession(id string) Name { return Name{kind: SessionID, value: id} }

// ByProviderSession names sessions by issuer and the ID token's sid.
func ByProviderSession(iss, sid string) Name { return Name{ProviderSession, iss, sid} }

// BySubject names a user's sessions by issuer and sub.
func BySubject(iss, sub string) Name { return Name{Subject, iss, sub} }

// ByEmail names a user's sessions by address, whatever its case.
func ByEmail(email string) Name { return Name{kind: Email, value: strings.ToLower(email)} }

func (n Name) empty() bool { return n.value == "" }

// digester makes digests, one way for each session secret, the first secret
// first.
type digester []*keyedHash

// keyedHash is an HMAC that keeps its states for the next digest: making one
// costs as much as the digest itself.
type keyedHash struct{ states sync.Pool }

func newDigester(k *seal.Keyring) (digester, error) {
	keys, err := k.MACKeys(purpose)
	if err != nil {
		return nil, err
	}
	d := make(digester, len(keys))
	for i, key := range keys {
		d[i] = &keyedHash{sync.Pool{New: func() any {
			return &hashState{mac: hmac.New(sha256.New, key)}
		}}}
	}
	return d, nil
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
