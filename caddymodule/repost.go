package caddymodule

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/dustin/go-humanize"

	"github.com/passkey-sidecar/passkey-sidecar/internal/gate"
	"github.com/passkey-sidecar/passkey-sidecar/internal/keptform"
	"github.com/passkey-sidecar/passkey-sidecar/internal/pages"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
)

// foreignForm answers a form that a page of another site posted, whose browser
// holds the session back.
func (p *Passkeys) foreignForm(w http.ResponseWriter, r *http.Request, d gate.Decision) error {
	page := pages.ForeignForm{InFrame: d.InFrame}
	if d.Repost {
		var err error
		page.Sealed, err = p.forms.Repost(w, r, originalURI(r))
		switch {
		case errors.Is(err, keptform.ErrTooLarge):
			page.Reason = "The form is larger than " + humanize.IBytes(uint64(p.forms.Size())) + ", too large to be passed on." //nolint:gosec // G115: a size is never negative
		case err != nil:
			page.Reason = "The form could not be passed on."
		}
	}
	return p.answer(w, r, p.pages.ForeignForm(w, r, page))
}

// refuseForeign answers a form of another site that came again and found no
// session, or one that does not do.
func (p *Passkeys) refuseForeign(w http.ResponseWriter, r *http.Request, d gate.Decision) error {
	if d.Session != nil {
		return p.refuseStale(w, r, d)
	}
	return p.answer(w, r, problem.LoginRequired("Nobody is signed in here. The form that another site sent you with is not kept.",
		p.base+route.Login+"?return="+url.QueryEscape(originalURI(r)), keptform.ErrForeign))
}
