package pages

import (
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/returnpath"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// List serves the page with the user's passkeys: GET <base>/?return=.
func (p *Pages) List(w http.ResponseWriter, r *http.Request, s *session.Session) error {
	self := p.base + "/"
	if err := p.needSession(s, self); err != nil {
		return err
	}
	if !cleanQuery(w, r, self) {
		return nil
	}
	v := p.view(pageList, "Your passkeys", s)
	v.Script = p.assetPath("list.js")
	v.Return = p.way(r)
	v.Login = p.loginPath(self)
	if v.Return != returnpath.Start {
		self += "?return=" + returnpath.Query(v.Return)
	}
	v.Confirm = p.stepUp.LoginURL(p.base, self)
	var err error
	if v.Settings, err = p.glue(s, v.Return, false); err != nil {
		return err
	}
	return p.write(w, r, http.StatusOK, p.policies.component, v)
}
