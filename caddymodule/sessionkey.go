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

// resolve returns the configured keys, or how to keep generated ones.
func (s *Session) resolve(ctx caddy.Context, rv resolver) (v sessionKeys, err error) {
	if len(s.Keys) == 0 {
		_, lifetime := s.ends()
		v.stored = storedKeys{
			name:   sessionKeysPath,
			rotate: time.Duration(orDefault(s.Rotate, caddy.Duration(defaultRotate))), keep: max(lifetime, leastKept),
			generate: randomKey, earlier: earlierSessionKey(ctx),
		}
		if err := v.stored.check(); err != nil {
			return v, fmt.Errorf("session key: %w", err)
		}
		v.ring = seal.NewPending()
		return v, nil
	}
	if s.Rotate != 0 {
		return v, errors.New("session rotate is for generated keys; change your own by putting a new one in front of: session { key }")
	}
	var keys [][]byte
	for _, raw := range s.Keys {
		key, err := rv.secret(ctx, "session key", raw)
		if err != nil {
			return v, err
		}
		keys = append(keys, []byte(key.Reveal()))
	}
	v.ring, err = seal.NewKeyring(keys...)
	return v, err
}

// sessionKeys seal sessions.
type sessionKeys struct {
	// ring holds the configured keys. Where there are none it waits for stored.
	ring   *seal.Keyring
	stored storedKeys
}

// followSessionKeys takes the generated keys, and follows their changes.
func (p *Passkeys) followSessionKeys(ctx caddy.Context, v sessionKeys) error {
	if len(p.Session.Keys) > 0 {
		return nil
	}
	if err := v.stored.follow(ctx, p.log, func(keys []keyrotation.Key) error {
		secrets := make([][]byte, len(keys))
		for i, k := range keys {
			secrets[i] = k.Secret
		}
		return v.ring.Replace(secrets...)
	}); err != nil {
		return fmt.Errorf("session key: %w (or give one with: session { key {file./run/secrets/session_key} })", err)
	}
	p.log.InfoContext(ctx, "sessions are sealed with keys in Caddy's storage; set session key to use your own", slog.String("storage_key", sessionKeysPath))
	return nil
}

func randomKey() ([]byte, error) {
	key := make([]byte, seal.MinSecret)
	_, _ = rand.Read(key) // never fails (crypto/rand)
	return key, nil
}

// earlierSessionKey reads the one key of an earlier release, so that an upgrade
// signs nobody out.
func earlierSessionKey(ctx caddy.Context) func(context.Context) ([]byte, error) {
	return func(when context.Context) ([]byte, error) {
		key, err := ctx.Storage().Load(when, earlierSessionKeyPath)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return key, err
	}
}
