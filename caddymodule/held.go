package caddymodule

import "github.com/caddyserver/caddy/v2"

// held is what outlives a reload of the configuration: values of one kind by key. Two
// instances of the module live side by side during a reload, and share a value while
// both hold it. When nobody holds it any more it is destructed; requests may still be
// using it then.
type held[T caddy.Destructor] struct{ pool *caddy.UsagePool }

func newHeld[T caddy.Destructor]() held[T] { return held[T]{caddy.NewUsagePool()} }

// each visits all values.
func (h held[T]) each(visit func(T)) {
	h.pool.Range(func(_, value any) bool {
		visit(value.(T)) //nolint:forcetypeassert // the pool holds nothing else
		return true
	})
}

// holders returns how many instances hold a key's value.
func (h held[T]) holders(key string) int {
	n, _ := h.pool.References(key)
	return n
}

// hold takes the value of a key, which create makes where nobody holds one. The
// instance gives back at its end what it holds, and nothing else: one whose
// provisioning failed half-way must not give back what the running one holds.
func hold[T caddy.Destructor](p *Passkeys, from held[T], key string, create func() (T, error)) (T, error) {
	value, _, err := from.pool.LoadOrNew(key, func() (caddy.Destructor, error) { return create() })
	if err != nil {
		var none T
		return none, err
	}
	p.releases = append(p.releases, func() error {
		_, err := from.pool.Delete(key)
		return err
	})
	return value.(T), nil //nolint:forcetypeassert // the pool holds nothing else
}
