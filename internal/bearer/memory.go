package bearer

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/memo"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// memory remembers tokens that were verified. A program sends the same one with every
// request, and checking its signature is most of what that costs. The memory holds
// hashes and no tokens, and only of valid ones, so that garbage drives nothing out. An
// entry is about 1 kB.
type memory struct {
	// scope is what a token was verified for. It is part of the hash, so that a
	// token verified for one issuer and audience never counts for another
	// (Oathkeeper's CVE-2026-33496 and CVE-2021-32701).
	scope []byte
	known *memo.Table[memoryKey, session.Session]
}

// memoryKey is a hash, so whoever may choose a token cannot choose its place: only
// tokens that the issuer signed are remembered.
type memoryKey [sha256.Size]byte

func newMemory(issuer string, audiences []string) *memory {
	scope := []byte("bearer")
	for _, part := range append([]string{issuer}, audiences...) {
		scope = binary.BigEndian.AppendUint32(scope, uint32(len(part))) //nolint:gosec // a setting's length
		scope = append(scope, part...)
	}
	sum := sha256.Sum256(scope)
	return &memory{
		scope: sum[:],
		known: memo.New[memoryKey, session.Session](func(k memoryKey) uint64 { return binary.BigEndian.Uint64(k[:]) }),
	}
}

func (m *memory) key(raw string) memoryKey {
	h := sha256.New()
	_, _ = h.Write(m.scope)
	_, _ = h.Write([]byte(raw))
	var k memoryKey
	h.Sum(k[:0])
	return k
}

// get returns a copy of an identity whose token is still good.
func (m *memory) get(k memoryKey, now time.Time) (*session.Session, bool) {
	known := m.known.Get(k)
	if known == nil || !now.Before(known.ExpiresAt) {
		return nil, false
	}
	s := *known
	return &s, true
}

func (m *memory) put(k memoryKey, s *session.Session) {
	kept := *s // the caller's may change
	m.known.Put(k, &kept)
}
