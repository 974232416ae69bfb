package caddymodule

import (
	"context"
	"errors"
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// hear is the moment.Listener of all rooms: it counts each moment, and has those of the
// audit written and told. What strangers can cause is written at a limited rate.
func (p *Passkeys) hear(ctx context.Context, m moment.Moment) {
	p.site.meters.hear(m)
	c, audited := classes[m.Kind]
	if !audited {
		return
	}
	dropped := 0
	if m.ByStranger() {
		var admitted bool
		if dropped, admitted = p.rationed.Admit(string(m.Kind), m.Cause); !admitted {
			return
		}
	}
	all := p.record(ctx, m, c, dropped)
	p.audit(all, m.Kind)
	p.events.emit(all, m.Kind)
}

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
