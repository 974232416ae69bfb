package caddymodule

import (
	"fmt"
	"net/http"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/connecttoken"
	"github.com/passkey-sidecar/passkey-sidecar/internal/login"
	"github.com/passkey-sidecar/passkey-sidecar/internal/outbound"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
	"github.com/passkey-sidecar/passkey-sidecar/internal/revocation"
	"github.com/passkey-sidecar/passkey-sidecar/internal/signout"
	"github.com/passkey-sidecar/passkey-sidecar/internal/streams"
)

var heldSites = newHeld[*heldSite]()

// heldSite is what a site's users would notice if a reload forgot it: the identity
// provider's metadata and keys, the connections to it and to Corbado, the sessions that
// were refreshed, how often each user asked for connect tokens, which sessions were
// ended before their time, which WebSockets and event streams are open, and what
// bounds sign-outs that strangers ask for.
type heldSite struct {
	clientID string
	meters   *meters
	client   *http.Client
	provider *provider.Provider
	handover *login.Handover
	limiter  *connecttoken.Limiter
	records  *revocation.Records
	streams  *streams.Registry
	signOuts *signout.Limiter
	known    *signout.Known
}

// Destruct closes only what is idle: requests may still be using the rest.
func (s *heldSite) Destruct() error {
	s.client.CloseIdleConnections()
	s.streams.Close()
	return nil
}

// siteKey names a site by issuer and client, which is what would make it wrong to share.
func siteKey(issuer, clientID string) string { return fmt.Sprintf("%q %q", issuer, clientID) }

func (p *Passkeys) holdSite(issuer, clientID string) (*heldSite, error) {
	counts, err := p.holdMeters(clientID)
	if err != nil {
		return nil, err
	}
	return hold(p, heldSites, siteKey(issuer, clientID), func() (*heldSite, error) {
		client, open := outbound.NewClient(0), streams.New()
		client.Transport = newTraced(client.Transport)
		outbound.Watch(client, counts.called)
		return &heldSite{
			clientID: clientID,
			meters:   counts,
			records:  revocation.NewRecords(nil, open.Check),
			streams:  open,
			client:   client,
			provider: provider.New(provider.Config{Issuer: issuer, Client: client, Log: p.log}),
			handover: login.NewHandover(time.Now),
			limiter:  connecttoken.NewLimiter(0, 0, time.Now),
			signOuts: signout.NewLimiter(nil),
			known:    signout.NewKnown(),
		}, nil
	})
}

// providerUp reports whether sign-ins can start at the identity provider, and whether
// anybody has tried.
func (s *heldSite) providerUp() (up, known bool) {
	status := s.provider.Status()
	return status.Ready, status.Ready || status.LastError != ""
}
