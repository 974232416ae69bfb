package bearer

import (
	"crypto/sha256"
	"encoding/binary"
	"sync/atomic"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// memorySize is how many tokens are remembered. An entry is about 1 kB.
const memorySize = 1024

// memory remembers tokens that were verified. A program sends the same one with every
// request, and checking its signature is most of what that costs. The memory holds
// hashes and no tokens, and only of valid ones, so that garbage drives nothing out.
//
// It is a table of fixed size in which a newer entry replaces whatever stood in
// its place.
type memory struct {
	// scope is what a token was verified for. It is part of the hash, so that a
	// token verified for one issuer and audience never counts for another
	// (Oathkeeper's CVE-2026-33496 and CVE-2021-32701).
	scope   []byte
	entries [memorySize]atomic.Pointer[entry]
}

// entry is never changed after it was stored.
type entry struct {
	key     memoryKey
	session session.Session
}

type memoryKey [sha256.Size]byte

func newMemory(issuer string, audiences []string) *memory {
	scope := []byte("bearer")
	for _, part := range append([]string{issuer}, audiences...) {
		scope = binary.BigEndian.AppendUint32(scope, uint32(len(part))) //nolint:gosec // a setting's length
		scope = append(scope, part...)
	}
	sum := sha256.Sum256(scope)
	return &memory{scope: sum[:]}
}

func (m *memory) key(raw string) memoryKey {
	h := sha256.New()
	_, _ = h.Write(m.scope)
	_, _ = h.Write([]byte(raw))
	var k memoryKey
	h.Sum(k[:0])
	return k
}

func (m *memory) place(k memoryKey) *atomic.Pointer[entry] {
	return &m.entries[binary.BigEndian.Uint64(k[:])%memorySize]
}

// get returns a copy of an identity whose token is still good.
func (m *memory) get(k memoryKey, now time.Time) (*session.Session, bool) {
	e := m.place(k).Load()
	if e == nil || e.key != k || !now.Before(e.session.ExpiresAt) {
		return nil, false
	}
	s := e.session
	return &s, true
}

func (m *memory) put(k memoryKey, s *session.Session) {
	m.place(k).Store(&entry{k, *s})
}
