package keys

import (
	"crypto/rsa"
	"testing"
)

func TestLentKeysDifferUntilTheyAreGivenBack(t *testing.T) {
	taken := map[*rsa.PrivateKey]bool{}
	take := func(source func() (*rsa.PrivateKey, error)) *rsa.PrivateKey {
		key, err := source()
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	t.Run("two borrowers", func(t *testing.T) {
		a, b := Lend(t), Lend(t)
		for _, key := range []*rsa.PrivateKey{take(a), take(b), take(a)} {
			if taken[key] {
				t.Error("two have the same key")
			}
			taken[key] = true
		}
	})
	t.Run("the next test", func(t *testing.T) {
		source := Lend(t)
		if first, second := take(source), take(source); first == second || !taken[first] || !taken[second] {
			t.Error("not the keys that came back")
		}
	})
}
