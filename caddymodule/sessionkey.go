package caddymodule

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/keyrotation"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
)

const (
	// sessionKeysPath is where generated session keys stand in Caddy's storage.
	sessionKeysPath = "passkeys/session_keys.json"
	// earlierSessionKeyPath is where releases without a schedule kept their one.
	earlierSessionKeyPath = "passkeys/session_key"
)

// leastKept is how long a withdrawn key opens at least: a sign-in that has begun
// may take two hours.
const leastKept = 2 * time.Hour

// keyring resolves the configured session keys, or takes the generated ones and
// follows their changes.
func (p *Passkeys) keyring(ctx caddy.Context, rv resolver) (*seal.Keyring, error) {
	if len(p.Session.Keys) > 0 {
		if p.Session.Rotate != 0 {
			return nil, errors.New("session rotate is for generated keys; change your own by putting a new one in front of: session { key }")
		}
		return configuredKeyring(ctx, rv, p.Session.Keys)
	}
	_, lifetime := p.Session.ends()
	stored := storedKeys{
		name:   sessionKeysPath,
		rotate: time.Duration(orDefault(p.Session.Rotate, caddy.Duration(defaultRotate))), keep: max(lifetime, leastKept),
		generate: randomKey, earlier: earlierSessionKey(ctx),
	}
	var ring *seal.Keyring
	err := stored.use(ctx, p.log, func(keys []keyrotation.Key) (err error) {
		secrets := make([][]byte, len(keys))
		for i, k := range keys {
			secrets[i] = k.Secret
		}
		if ring != nil {
			return ring.Replace(secrets...)
		}
		ring, err = seal.NewKeyring(secrets...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("session key: %w (or give one with: session { key {file./run/secrets/session_key} })", err)
	}
	p.log.InfoContext(ctx, "sessions are sealed with keys in Caddy's storage; set session key to use your own", slog.String("storage_key", sessionKeysPath))
	return ring, nil
}

func configuredKeyring(ctx context.Context, rv resolver, raw []string) (*seal.Keyring, error) {
	var keys [][]byte
	for _, r := range raw {
		key, err := rv.secret(ctx, "session key", r)
		if err != nil {
			return nil, err
		}
		keys = append(keys, []byte(key.Reveal()))
	}
	return seal.NewKeyring(keys...)
}

func randomKey() ([]byte, error) {
	key := make([]byte, seal.MinSecret)
	_, _ = rand.Read(key) // never fails (crypto/rand)
	return key, nil
}

// earlierSessionKey reads the one key of an earlier release, so that an upgrade
// signs nobody out.
func earlierSessionKey(ctx caddy.Context) func(context.Context) ([]byte, error) {
	storage := ctx.Storage()
	return func(ctx context.Context) ([]byte, error) {
		key, err := storage.Load(ctx, earlierSessionKeyPath)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return key, err
	}
}
