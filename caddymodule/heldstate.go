package caddymodule

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/revocation"
	"github.com/passkey-sidecar/passkey-sidecar/internal/sharedstate"
)

var heldStates = newHeld[*heldState]()

// heldState is a connection to what replicas share, one for each site and server.
type heldState struct {
	sharedstate.Shared
	clientID string
}

// Destruct closes the connection. What is still asked of it then fails at once.
func (s *heldState) Destruct() error { return s.Close() }

// holdState takes the shared state at an address; the zero address is memory. The key
// tells addresses apart, and passwords without showing them: a changed one means
// a new connection.
func (p *Passkeys) holdState(a sharedstate.Address, issuer, clientID string, records *revocation.Records) (*heldState, error) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %v %q", a.URL, a.Password.Reveal(), a.Sentinel, a.SentinelPassword.Reveal(), a.Cluster, a.CA))
	return hold(p, heldStates, siteKey(issuer, clientID)+" "+hex.EncodeToString(sum[:]), func() (*heldState, error) {
		if a.URL == "" {
			return &heldState{sharedstate.NewMemory(nil), clientID}, nil
		}
		redis, err := sharedstate.NewRedis(sharedstate.RedisConfig{
			Address: a, Namespace: sharedstate.Namespace(issuer, clientID), Records: records,
		}, p.log)
		if err != nil {
			return nil, fmt.Errorf("state: %w", err)
		}
		return &heldState{redis, clientID}, nil
	})
}

// memory reports whether there is nobody to share with.
func (s *heldState) memory() bool {
	_, memory := s.Shared.(*sharedstate.Memory)
	return memory
}

// startPatience is how long the first requests after a start wait for the other
// replicas' revocations. Without them a session that was ended would count.
const startPatience = 3 * time.Second

// awaitRevocations waits until the other replicas' revocations have been read, or cannot
// be had, or startPatience after the start is over. Then it costs nothing.
func (s *heldState) awaitRevocations(ctx context.Context, start time.Time) {
	select {
	case <-s.Ready():
		return
	default:
	}
	timer := time.NewTimer(time.Until(start.Add(startPatience)))
	defer timer.Stop()
	select {
	case <-s.Ready():
	case <-ctx.Done():
	case <-timer.C:
	}
}
