package caddymodule

import (
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/bearer"
	"github.com/passkey-sidecar/passkey-sidecar/internal/gate"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// identify finds out who makes a request: a browser by its session, or a program by its
// token. A live session wins over a token. The error is that of a token which is
// not valid.
//
// The writer it returns tells the browser what a refresh has made of its session.
func (p *Passkeys) identify(w http.ResponseWriter, r *http.Request, t gate.Target) (http.ResponseWriter, gate.Who, error) {
	if t.Anonymous() {
		return w, gate.Who{}, nil
	}
	s, err := p.sessions.Read(r)
	if err != nil {
		s = nil // an unreadable or expired session is no session
		p.tellUnread(r, err)
	}
	if s != nil && t.Refreshes() {
		w, s = p.refreshed(w, r, s)
	}
	if s != nil || p.bearer == nil || !t.ToApp() || !bearer.Carried(r.Header) {
		return w, gate.Who{Session: s}, nil
	}
	requestID(r) // the room's log lines shall have it
	if s, err = p.bearer.Identify(r); err != nil {
		if t.Public {
			err = nil // the token may be one of the app's own
		}
		return w, gate.Who{}, err
	}
	return w, gate.Who{Session: s, Bearer: true}, nil
}

// refreshed refreshes a session that is due before it is used. The result is nil where
// that has ended it.
func (p *Passkeys) refreshed(w http.ResponseWriter, r *http.Request, s *session.Session) (http.ResponseWriter, *session.Session) {
	became := p.login.Refresh(r.Context(), s)
	if became != nil {
		p.site.streams.Learn(became, p.streamRules.session)
	}
	if became == s {
		return w, s
	}
	return p.changed(w, r, s, became), became
}
