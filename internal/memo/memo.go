// Package memo remembers what was expensive to find out and is asked again soon: what a
// cookie opened to, that a token was verified, what an assertion was signed as.
package memo

import "sync/atomic"

// Size is how many values a Table remembers.
const Size = 1024

// Table remembers values by key. It is a table of fixed size in which a newer value
// replaces whatever stood in its place: no locks, no ages, no growth. It is safe for
// concurrent use.
type Table[K comparable, V any] struct {
	place  func(K) uint64
	values [Size]atomic.Pointer[entry[K, V]]
}

type entry[K comparable, V any] struct {
	key   K
	value *V
}

// New makes a Table. place is a hash of the key; where a client can choose keys it must
// be one that the client cannot foresee, or a few requests crowd out everybody else's
// value.
func New[K comparable, V any](place func(K) uint64) *Table[K, V] {
	return &Table[K, V]{place: place}
}

// Get returns the value of a key, nil for none. The caller must not change it, unless
// its type allows that to several at once.
func (t *Table[K, V]) Get(key K) *V {
	e := t.values[t.place(key)%Size].Load()
	if e == nil || e.key != key {
		return nil
	}
	return e.value
}

// Put remembers a value, which the caller must not change any more.
func (t *Table[K, V]) Put(key K, value *V) {
	t.values[t.place(key)%Size].Store(&entry[K, V]{key, value})
}
