package caddymodule

import (
	"net/http"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/fetchmeta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
	"github.com/passkey-sidecar/passkey-sidecar/internal/stepup"
)

// signIn serves the sign-in route. A page load that a service worker passes on does
// not say that it is for a frame; the page that it got has found out and asks here.
// With a session that will do it goes back to where it was.
func (p *Passkeys) signIn(w http.ResponseWriter, r *http.Request, s *session.Session) error {
	q := r.URL.Query()
	demand := stepup.FromQuery(q)
	if q.Has(fetchmeta.InFrame) && r.Method == http.MethodGet && (s == nil || !demand.Met(s, time.Now())) {
		return p.pages.Framed(w, r, originalURI(r), demand)
	}
	return p.login.Login(w, r, s)
}
