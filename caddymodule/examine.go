package caddymodule

import (
	"context"
	"errors"
	"log/slog"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// Examine returns what a start with these settings would stumble over, and gives the log
// what it would warn of. It writes nothing, connects to nobody and leaves nothing behind.
// The server is the one whose routes the handler is among, as its JSON says; nil where
// that is unknown. p must not be used otherwise.
func (p *Passkeys) Examine(ctx context.Context, server *caddyhttp.Server, log *slog.Logger) error {
	if server != nil {
		ctx = context.WithValue(ctx, caddyhttp.ServerCtxKey, server)
	}
	p.log = log
	_, err := p.prepare(caddy.Context{Context: ctx}) //nolint:contextcheck // a caddy.Context is one
	return errors.Join(err, p.Cleanup())
}
