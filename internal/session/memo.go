package session

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// memoSize is how many sessions a memo remembers. An entry is about 3 kB, so a
// full memo is about 3 MB.
const memoSize = 1024

// memo remembers what recent cookies opened to. A page and its files come with
// the same cookie, and opening it is most of what an authenticated request
// costs. An entry answers for the very same text only, and for as long as the keys
// are those that opened it; what changes with time is checked by the caller at each
// read.
//
// It is a table of fixed size in which a newer entry replaces whatever stood in
// its place: no locks, no ages, no growth. The seed is random, so nobody can
// choose cookies that crowd one place.
type memo struct {
	seed    maphash.Seed
	entries [memoSize]atomic.Pointer[memoEntry]
}

// memoEntry never changes after it was stored, but for alive.
type memoEntry struct {
	sealed string
	// keys is the generation of the keyring that opened it.
	keys    uint64
	session Session
	// alive is the generation of revocations at which the session was last found
	// not to be revoked; zero is none.
	alive atomic.Uint64
}

func newMemo() *memo { return &memo{seed: maphash.MakeSeed()} }

func (m *memo) place(sealed string) *atomic.Pointer[memoEntry] {
	return &m.entries[maphash.String(m.seed, sealed)%memoSize]
}

// get returns what the cookie opened to. The caller copies the session before
// anybody may change it.
func (m *memo) get(sealed string, keys uint64) (*memoEntry, bool) {
	e := m.place(sealed).Load()
	if e == nil || e.keys != keys || e.sealed != sealed {
		return nil, false
	}
	return e, true
}

// put remembers what a cookie opened to.
func (m *memo) put(sealed string, keys uint64, s *Session) *memoEntry {
	// Its own copy: the text is a part of the request's whole Cookie header.
	e := &memoEntry{sealed: strings.Clone(sealed), keys: keys, session: *s}
	m.place(e.sealed).Store(e)
	return e
}
