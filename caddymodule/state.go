package caddymodule

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/connecttoken"
	"github.com/passkey-sidecar/passkey-sidecar/internal/login"
	"github.com/passkey-sidecar/passkey-sidecar/internal/outbound"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
	"github.com/passkey-sidecar/passkey-sidecar/internal/revocation"
	"github.com/passkey-sidecar/passkey-sidecar/internal/streams"
)

// states holds what must outlive a configuration reload. Two instances of the
// module live side by side during one, and share an entry while both hold it.
var states = caddy.NewUsagePool()

// state is the identity provider's metadata and keys, the connections to it and
// to Corbado, the sessions that were refreshed, how often each user asked for
// connect tokens, which sessions were ended before their time, and which
// WebSockets and event streams are open.
type state struct {
	clientID string
	client   *http.Client
	provider *provider.Provider
	handover *login.Handover
	limiter  *connecttoken.Limiter
	records  *revocation.Records
	streams  *streams.Registry
	signOuts signOutState
}

// Destruct runs when no configuration holds the state any more. Requests may
// still be using it, so only what is idle is closed.
func (s *state) Destruct() error {
	s.client.CloseIdleConnections()
	s.streams.Close()
	return nil
}

// heldState is one instance's hold on a state.
type heldState struct {
	*state
	key string
}

func stateKey(issuer, clientID string) string { return fmt.Sprintf("%q %q", issuer, clientID) }

// holdState takes the state for an issuer and client, which is what would make
// it wrong to share.
func holdState(issuer, clientID string, log *slog.Logger) (*heldState, error) {
	key := stateKey(issuer, clientID)
	entry, _, err := states.LoadOrNew(key, func() (caddy.Destructor, error) {
		client, open := outbound.NewClient(0), streams.New()
		return &state{
			clientID: clientID,
			records:  revocation.NewRecords(nil, open.Check),
			streams:  open,
			client:   client,
			provider: provider.New(provider.Config{Issuer: issuer, Client: client, Log: log}),
			handover: login.NewHandover(time.Now),
			limiter:  connecttoken.NewLimiter(0, 0, time.Now),
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return &heldState{entry.(*state), key}, nil //nolint:forcetypeassert // the pool holds nothing else
}

// release gives the state back. A nil hold is an instance whose provisioning
// failed before it took one: it must not give back what the running
// configuration holds.
func (h *heldState) release() error {
	if h == nil {
		return nil
	}
	_, err := states.Delete(h.key)
	return err
}
