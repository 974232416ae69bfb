package caddymodule

import (
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/gate"
	"github.com/passkey-sidecar/passkey-sidecar/internal/streams"
)

// streamRules tell when a WebSocket or event stream is over: that of a session, and
// that of a bearer token, which nothing refreshes and which is never idle.
type streamRules struct{ session, token *streams.Rules }

func (s streamRules) of(who gate.Who) *streams.Rules {
	if who.Bearer {
		return s.token
	}
	return s.session
}

func (p *Passkeys) buildStreamRules(v values) {
	idle, _ := p.Session.ends()
	names := []string{p.base}
	for _, o := range v.origins {
		names = append(names, o.String())
	}
	site := strings.Join(names, " ")
	p.streamRules = streamRules{
		session: &streams.Rules{Site: site, Idle: idle, Revoked: p.ended.Revoked, Admits: v.rules.Allows, Refresh: p.login.Follow},
		token:   &streams.Rules{Site: site, Revoked: p.ended.Revoked, Admits: v.rules.Allows},
	}
}
