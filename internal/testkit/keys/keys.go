// Package keys has RSA keys for tests. A test process makes each of them once,
// because one of 2048 bits costs up to half a second.
package keys

import (
	"crypto/rand"
	"crypto/rsa"
	"sync"
	"testing"
)

// bits is what Okta and Corbado use.
const bits = 2048

// RSA returns the key of that name, which is the same for the whole test process.
func RSA(name string) *rsa.PrivateKey {
	once, _ := named.LoadOrStore(name, sync.OnceValue(func() *rsa.PrivateKey {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			panic(err)
		}
		return key
	}))
	return once.(func() *rsa.PrivateKey)() //nolint:forcetypeassert // the map holds nothing else
}

var named sync.Map

// Lend returns a source of keys for what a test runs, such as a stand-in of a
// cloud. Every call of the source gives a key that nobody else has; when the
// test ends they go to the next one.
func Lend(tb testing.TB) func() (*rsa.PrivateKey, error) {
	tb.Helper()
	var mu sync.Mutex
	var lent []*rsa.PrivateKey
	tb.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		free.give(lent)
		lent = nil
	})
	return func() (*rsa.PrivateKey, error) {
		key, err := free.take()
		if err != nil {
			return nil, err
		}
		mu.Lock()
		defer mu.Unlock()
		lent = append(lent, key)
		return key, nil
	}
}

// free are the keys that no test has.
var free shelf

type shelf struct {
	mu   sync.Mutex
	keys []*rsa.PrivateKey
}

func (s *shelf) take() (*rsa.PrivateKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.keys) - 1
	if last < 0 {
		return rsa.GenerateKey(rand.Reader, bits)
	}
	key := s.keys[last]
	s.keys = s.keys[:last]
	return key, nil
}

func (s *shelf) give(keys []*rsa.PrivateKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = append(s.keys, keys...)
}
