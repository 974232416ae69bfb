package caddymodule

import (
	"context"
	"errors"
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// hear is the moment.Listener of all rooms.
func (p *Passkeys) hear(_ context.Context, m moment.Moment) { p.site.meters.hear(m) }

// tellUnread tells of a request whose session does not count.
func (p *Passkeys) tellUnread(r *http.Request, err error) {
	m := moment.Moment{Kind: moment.SessionRefused, Cause: moment.Invalid}
	switch {
	case errors.Is(err, session.ErrNone):
		return
	case errors.Is(err, session.ErrExpired):
		m.Cause = moment.Expired
	case errors.Is(err, session.ErrRevoked):
		m.Cause = moment.Revoked
	}
	p.hear(r.Context(), m)
}
