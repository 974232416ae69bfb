package caddymodule

import (
	"net/http"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/passkey-sidecar/passkey-sidecar/internal/gate"
)

// ServeHTTP is a request's whole way: where it leads, who makes it, what is to be done
// with it.
func (p *Passkeys) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	p.keepOutOfLogs(r)
	p.endOldConnection(w, r)
	p.headers.Scrub(r)
	p.shared.awaitRevocations(r.Context(), p.start)

	target := p.gate.Find(r)
	w, who, err := p.identify(w, r, target)
	if err != nil {
		p.site.meters.refused.Inc()
		setPlaceholders(r, nil)
		return p.refuseBearer(w, r, err)
	}
	d := p.gate.Decide(r, target, who)
	p.site.meters.judged(d.Verdict)
	setPlaceholders(r, d.Session)
	if d.Verdict == gate.Upstream {
		return p.upstream(w, r, d, next)
	}
	requestID(r) // puts the ID into the logs
	w = p.challenging(w)
	switch d.Verdict {
	case gate.Ours:
		return p.answer(w, r, d.Route.Serve(w, r, d.Session))
	case gate.Challenge, gate.StepUp:
		return p.answer(w, r, p.login.SendToSignIn(w, r, originalURI(r), d.StepUp, d.Session))
	case gate.Framed:
		return p.answer(w, r, p.pages.Framed(w, r, originalURI(r), d.StepUp))
	case gate.KeepForm:
		return p.keepForm(w, r, d)
	case gate.ForeignForm:
		return p.foreignForm(w, r, d)
	case gate.Preflight:
		p.gate.AnswerPreflight(w, r)
		return nil
	default:
		return p.refuse(w, r, d)
	}
}

// upstream passes the request on to the app, with the identity that we vouch
// for and without our cookies.
func (p *Passkeys) upstream(w http.ResponseWriter, r *http.Request, d gate.Decision, next caddyhttp.Handler) error {
	s := d.Session
	if s != nil {
		if err := p.basic.check(r, s, p.base); err != nil {
			return p.answer(w, r, err)
		}
	}
	if d.OwnForm && p.forms != nil {
		if err := p.forms.Restore(w, r, originalURI(r), s); err != nil {
			requestID(r)
			return p.answer(w, r, err)
		}
	}
	w = p.tell(w, r, d)
	p.headers.Stamp(r, s)
	w = p.basic.hide(w, r)
	if s == nil {
		return next.ServeHTTP(w, r)
	}
	watched, done := p.site.streams.Watch(r, s, p.streamRules.of(d.Who))
	defer done()
	return next.ServeHTTP(w, watched)
}
