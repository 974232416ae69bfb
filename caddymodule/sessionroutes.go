package caddymodule

import (
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// serveSession says who is signed in, and until when.
func (p *Passkeys) serveSession(w http.ResponseWriter, r *http.Request, s *session.Session) error {
	return p.pages.Session(w, r, s, p.sessions.Ends(s))
}

// renewSession counts as a use of the session, for its open streams too.
func (p *Passkeys) renewSession(w http.ResponseWriter, r *http.Request, s *session.Session) error {
	err := p.pages.Renew(w, r, s, p.sessions)
	if err == nil {
		p.site.streams.Used(s)
	}
	return err
}

// askToSignOut knows a browser that has a cookie of ours, even if its session is over.
func (p *Passkeys) askToSignOut(w http.ResponseWriter, r *http.Request, s *session.Session) error {
	return p.pages.SignOutQuestion(w, r, s, p.sessions.Known(r))
}
