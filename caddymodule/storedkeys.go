package caddymodule

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/certmagic"

	"github.com/passkey-sidecar/passkey-sidecar/internal/keyrotation"
)

const (
	// keysRead is how often the storage is read for changes, keyLead how long
	// before its use a key is published: replicas that miss a few readings, and
	// clocks that differ by minutes, are covered.
	keysRead = 10 * time.Minute
	keyLead  = time.Hour
	// leastRotation keeps what must be kept to a few keys.
	leastRotation = 24 * time.Hour
)

// storedKeys are keys that are generated, kept in Caddy's storage for all
// replicas, and changed on schedule.
type storedKeys struct {
	name string
	// rotate is how long a key is used, negative for ever; keep how long it is
	// good for after that.
	rotate, keep time.Duration
	generate     func() ([]byte, error)
	earlier      func(context.Context) ([]byte, error)
}

func (s storedKeys) check() error {
	if s.rotate >= 0 && s.rotate < leastRotation {
		return fmt.Errorf("rotate %s is too often; a key is used for a day at least, like 30d, or for ever: off", s.rotate)
	}
	return nil
}

// follow hands the keys to take, the current one first, now and whenever they
// change until this configuration ends.
func (s storedKeys) follow(ctx caddy.Context, log *slog.Logger, take func([]keyrotation.Key) error) error {
	s.rotate = max(s.rotate, 0)
	ring, err := keyrotation.New(keyrotation.Config{
		Storage: vault{ctx.Storage()}, Name: s.name, Generate: s.generate, Earlier: s.earlier, Log: log,
		Schedule: keyrotation.Schedule{Every: s.rotate, Lead: keyLead, Keep: s.keep},
	})
	if err != nil {
		return err
	}
	keys, err := ring.Turn(ctx)
	if err != nil {
		return err
	}
	if err := take(keys); err != nil {
		return err
	}
	go ring.Follow(ctx, keysRead, func(keys []keyrotation.Key) {
		if err := take(keys); err != nil {
			log.ErrorContext(ctx, "changed keys cannot be used, going on with the earlier ones", slog.String("storage_key", s.name), slog.String("error", err.Error()))
		}
	})
	return nil
}

// vault is Caddy's storage as keys need it.
type vault struct{ certmagic.Storage }

// Lock implements keyrotation.Storage.
func (v vault) Lock(ctx context.Context, name string) (func() error, error) {
	if err := v.Storage.Lock(ctx, name); err != nil {
		return nil, err
	}
	// The lock is given back even where the work was cut short.
	return func() error { return v.Unlock(context.WithoutCancel(ctx), name) }, nil
}

var _ keyrotation.Storage = vault{}
