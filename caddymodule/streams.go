package caddymodule

import (
	"strings"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/gate"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
	"github.com/passkey-sidecar/passkey-sidecar/internal/streams"
)

// streamRules tell when a WebSocket or event stream is over: that of a session, and
// that of a bearer token, which nothing refreshes and which is never idle.
type streamRules struct{ session, token *streams.Rules }

func (s streamRules) of(d gate.Decision) *streams.Rules {
	if d.Bearer {
		return s.token
	}
	return s.session
}

func (p *Passkeys) buildStreamRules(v values, idle time.Duration) {
	names := []string{p.base}
	for _, o := range v.origins {
		names = append(names, o.String())
	}
	site := strings.Join(names, " ")
	p.streams = streamRules{
		session: &streams.Rules{Site: site, Idle: idle, Revoked: p.ended.Revoked, Admits: v.rules.Allows, Refresh: p.login.Follow},
		token:   &streams.Rules{Site: site, Revoked: p.ended.Revoked, Admits: v.rules.Allows},
	}
}

// tellStreams tells the open streams of a session what a request knows of it now;
// nil means that it has ended, which they hear by its revocation.
func (p *Passkeys) tellStreams(s *session.Session, v gate.Verdict) {
	if s == nil {
		return
	}
	p.held.streams.Learn(s, p.streams.session)
	if v == gate.Renew {
		p.held.streams.Used(s)
	}
}
