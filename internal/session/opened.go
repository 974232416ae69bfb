package session

import (
	"hash/maphash"
	"strings"
	"sync/atomic"

	"github.com/passkey-sidecar/passkey-sidecar/internal/memo"
)

// opened is what a cookie opened to. A page and its files come with the same cookie, and
// opening it is most of what an authenticated request costs. It answers for the very
// same text only, and for as long as the keys are those that opened it; what changes
// with time is checked at each read. It never changes after it was stored, but for
// alive.
type opened struct {
	// keys is the generation of the keyring that opened it.
	keys    uint64
	session Session
	// alive is the generation of revocations at which the session was last found
	// not to be revoked; zero is none.
	alive atomic.Uint64
}

// newMemo makes the memory of recent cookies, by their text. An entry is about 3 kB. The
// seed is random, so nobody can choose cookies that crowd one place.
func newMemo() *memo.Table[string, opened] {
	seed := maphash.MakeSeed()
	return memo.New[string, opened](func(sealed string) uint64 { return maphash.String(seed, sealed) })
}

// remembered opens a cookie that this process has not opened lately, with the keys
// that it has now.
func (st *Store) remembered(sealed string) (*opened, error) {
	// Asked for first: keys that change during the opening make it count for less.
	keys := st.keys.Generation()
	if o := st.opened.Get(sealed); o != nil && o.keys == keys {
		return o, nil
	}
	s, err := st.open(sealed)
	if err != nil {
		return nil, err
	}
	o := &opened{keys: keys, session: *s}
	// Its own copy: the text is a part of the request's whole Cookie header.
	st.opened.Put(strings.Clone(sealed), o)
	return o, nil
}
