package caddymodule

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/sharedstate"
)

// sharedStates holds the connections to what a fleet shares across reloads, one
// for each relying party and server.
var sharedStates = caddy.NewUsagePool()

// sharedState is one of them.
type sharedState struct {
	sharedstate.Shared
	clientID string
}

// Destruct runs when no configuration holds the state any more. What is still
// asked of it then fails at once.
func (s *sharedState) Destruct() error { return s.Close() }

// heldShared is one instance's hold on a sharedState.
type heldShared struct {
	*sharedState
	key  string
	from time.Time
}

// share takes the shared state at an address; the zero address is memory. The key
// tells addresses apart, and passwords without showing them: a changed one means
// a new connection.
func (h *heldState) share(a sharedstate.Address, issuer, clientID string, log *slog.Logger) (*heldShared, error) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %v %q", a.URL, a.Password.Reveal(), a.Sentinel, a.SentinelPassword.Reveal(), a.Cluster, a.CA))
	key := stateKey(issuer, clientID) + " " + hex.EncodeToString(sum[:])
	entry, _, err := sharedStates.LoadOrNew(key, func() (caddy.Destructor, error) {
		if a.URL == "" {
			return &sharedState{sharedstate.NewMemory(nil), clientID}, nil
		}
		redis, err := sharedstate.NewRedis(sharedstate.RedisConfig{
			Address: a, Namespace: sharedstate.Namespace(issuer, clientID), Records: h.records,
		}, log)
		if err != nil {
			return nil, fmt.Errorf("state: %w", err)
		}
		return &sharedState{redis, clientID}, nil
	})
	if err != nil {
		return nil, err
	}
	return &heldShared{entry.(*sharedState), key, time.Now()}, nil //nolint:forcetypeassert // the pool holds nothing else
}

// release gives the state back; see heldState.release.
func (h *heldShared) release() error {
	if h == nil {
		return nil
	}
	_, err := sharedStates.Delete(h.key)
	return err
}

// memory tells whether there is nobody to share with.
func (h *heldShared) memory() bool {
	_, memory := h.Shared.(*sharedstate.Memory)
	return memory
}

// startPatience is how long the first requests after a start wait for the fleet's
// revocations. Without them a session that was ended would count.
const startPatience = 3 * time.Second

// await waits until the fleet's revocations have been read, or cannot be had, or
// startPatience is over. After the start it costs nothing.
func (h *heldShared) await(ctx context.Context) {
	select {
	case <-h.Ready():
		return
	default:
	}
	timer := time.NewTimer(time.Until(h.from.Add(startPatience)))
	defer timer.Stop()
	select {
	case <-h.Ready():
	case <-ctx.Done():
	case <-timer.C:
	}
}
