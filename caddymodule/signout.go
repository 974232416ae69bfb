package caddymodule

import (
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/signout"
)

// buildSignOuts makes the room that hears of sign-outs.
func (p *Passkeys) buildSignOuts(v values) (err error) {
	c := signout.Config{
		ClientID: v.okta.login.ClientID, Issuer: signout.Issuer{Name: v.okta.issuer, Keys: p.site.provider},
		Origins: v.origins, BasePath: p.base, Known: p.site.known, Limiter: p.site.signOuts, Moments: p.hear,
	}
	if name := v.okta.universalLogout; name != "" {
		keys, err := p.keysOf(name)
		if err != nil {
			return err
		}
		c.Org = signout.Issuer{Name: name, Keys: keys}
	}
	p.signOuts, err = signout.New(c, p.ended, p.shared, p.sessions, p.log)
	return err
}

// serveFrontchannelLogout, serveBackchannelLogout and serveUniversalLogout answer what
// the identity provider says of sign-outs.
func (p *Passkeys) serveFrontchannelLogout(w http.ResponseWriter, r *http.Request) error {
	p.signOuts.Frontchannel(w, r, p.sessions.Standing(r), clientIP(r))
	return nil
}

func (p *Passkeys) serveBackchannelLogout(w http.ResponseWriter, r *http.Request) error {
	p.signOuts.Backchannel(w, r)
	return nil
}

func (p *Passkeys) serveUniversalLogout(w http.ResponseWriter, r *http.Request) error {
	p.signOuts.UniversalLogout(w, r)
	return nil
}
