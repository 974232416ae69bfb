package caddymodule

import (
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/outbound"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
)

var heldIssuers = newHeld[*heldIssuer]()

// heldIssuer is the metadata and keys of an issuer that nobody signs in at: of bearer
// tokens, or of Universal Logout. Sites share it, and with it what bounds how often its
// keys are read.
type heldIssuer struct {
	provider *provider.Provider
	client   *http.Client
}

// Destruct closes only what is idle.
func (i *heldIssuer) Destruct() error {
	i.client.CloseIdleConnections()
	return nil
}

// keysOf returns the keys of an issuer, which may be the site's own.
func (p *Passkeys) keysOf(issuer string) (*provider.Provider, error) {
	if issuer == p.site.provider.Issuer() {
		return p.site.provider, nil
	}
	held, err := hold(p, heldIssuers, issuer, func() (*heldIssuer, error) {
		client := outbound.NewClient(0)
		return &heldIssuer{provider.New(provider.Config{Issuer: issuer, Client: client, Log: p.log}), client}, nil
	})
	if err != nil {
		return nil, err
	}
	return held.provider, nil
}
