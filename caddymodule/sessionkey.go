package caddymodule

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/certmagic"

	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
)

// sessionKeyPath is where a generated session key stands in Caddy's storage.
const sessionKeyPath = "passkeys/session_key"

// keyring resolves the configured session keys, or takes the generated one.
func (p *Passkeys) keyring(ctx caddy.Context, rv resolver) (*seal.Keyring, error) {
	if len(p.Session.Keys) == 0 {
		key, err := storedKey(ctx, ctx.Storage())
		if err != nil {
			return nil, fmt.Errorf("session key: %w (or give one with: session { key {file./run/secrets/session_key} })", err)
		}
		p.log.InfoContext(ctx, "sessions are sealed with the key in Caddy's storage; set session key to use your own", slog.String("storage_key", sessionKeyPath))
		return seal.NewKeyring(key)
	}
	var keys [][]byte
	for _, raw := range p.Session.Keys {
		key, err := rv.secret(ctx, "session key", raw)
		if err != nil {
			return nil, err
		}
		keys = append(keys, []byte(key.Reveal()))
	}
	return seal.NewKeyring(keys...)
}

// storedKey loads the generated key, and generates it once for all that share
// the storage: the lock is the storage's own, so it holds across a fleet.
func storedKey(ctx context.Context, storage certmagic.Storage) (key []byte, err error) {
	if key, err = storage.Load(ctx, sessionKeyPath); err == nil {
		return key, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read it from Caddy's storage: %w", err)
	}
	if err = storage.Lock(ctx, sessionKeyPath); err != nil {
		return nil, fmt.Errorf("lock Caddy's storage: %w", err)
	}
	defer func() { err = errors.Join(err, storage.Unlock(ctx, sessionKeyPath)) }()
	if key, err = storage.Load(ctx, sessionKeyPath); err == nil {
		return key, nil
	}
	key = make([]byte, seal.MinSecret)
	_, _ = rand.Read(key) // never fails (crypto/rand)
	if err = storage.Store(ctx, sessionKeyPath, key); err != nil {
		return nil, fmt.Errorf("keep it in Caddy's storage: %w", err)
	}
	return key, nil
}
