package caddymodule

import (
	"net/http"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/passkey-sidecar/passkey-sidecar/internal/gate"
)

// ServeHTTP is a request's whole path.
func (p *Passkeys) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	p.keepOutOfLogs(r)
	p.sayGoodbye(w, r)
	p.headers.Scrub(r)
	p.shared.await(r.Context())
	w, d := p.refreshed(w, r, p.gate.Admit(r))
	if d.Verdict == gate.BearerToken {
		var err error
		if d, err = p.admitBearer(r); err != nil {
			setPlaceholders(r, nil)
			return p.refuseBearer(w, r, err)
		}
	}
	setPlaceholders(r, d.Session)

	if d.Verdict == gate.Upstream {
		return p.upstream(w, r, d, next)
	}
	requestID(r)
	w = p.challenging(w)
	switch d.Verdict {
	case gate.Challenge:
		return p.answer(w, r, p.login.StepUp(w, r, originalURI(r), d.StepUp, nil))
	case gate.StepUp:
		return p.answer(w, r, p.login.StepUp(w, r, originalURI(r), d.StepUp, d.Session))
	case gate.Framed:
		return p.answer(w, r, p.pages.Framed(w, r, originalURI(r), d.StepUp))
	case gate.RefuseStale:
		return p.refuseStale(w, r, d)
	case gate.KeepForm:
		return p.keepForm(w, r, d)
	case gate.ForeignForm:
		return p.foreignForm(w, r, d)
	case gate.Preflight:
		p.gate.AnswerPreflight(w, r)
		return nil
	case gate.Login:
		return p.signIn(w, r, d)
	case gate.Initiate:
		return p.answer(w, r, p.login.Initiate(w, r, d.Session))
	case gate.Callback:
		return p.answer(w, r, p.login.Callback(w, r, d.Session))
	case gate.LogoutQuestion:
		return p.answer(w, r, p.pages.SignOutQuestion(w, r, d.Session, p.sessions.Known(r)))
	case gate.Logout:
		return p.answer(w, r, p.login.Logout(w, r))
	case gate.FrontchannelLogout, gate.BackchannelLogout, gate.UniversalLogout:
		return p.serveSignOut(w, r, d)
	case gate.SignedOut:
		return p.answer(w, r, p.pages.SignedOut(w, r))
	case gate.List:
		return p.answer(w, r, p.pages.List(w, r, d.Session))
	case gate.Append:
		return p.answer(w, r, p.pages.Append(w, r, d.Session))
	case gate.AppendResult:
		return p.answer(w, r, p.pages.Result(w, r, d.Session))
	case gate.Resume:
		return p.answer(w, r, p.pages.Resume(w, r, d.Session))
	case gate.FormSummary:
		return p.formSummary(w, r, d)
	case gate.SignedIn:
		return p.answer(w, r, p.pages.SignedIn(w, r, d.Session))
	case gate.SessionInfo:
		return p.answer(w, r, p.pages.Session(w, r, d.Session, p.sessions.Ends(d.Session)))
	case gate.Renew:
		return p.answer(w, r, p.pages.Renew(w, r, d.Session, p.sessions))
	case gate.SessionScript:
		return p.answer(w, r, p.pages.SessionScript(w, r))
	case gate.ConnectToken:
		return p.answer(w, r, p.tokens.Serve(w, r, d.Session))
	case gate.Health:
		return p.serveHealth(w)
	case gate.Asset:
		return p.answer(w, r, p.pages.Asset(w, r))
	case gate.KeySet:
		return p.serveKeySet(w, r)
	case gate.RelatedOrigins:
		return p.serveRelatedOrigins(w, r)
	default:
		return p.refuse(w, r, d)
	}
}

// refreshed refreshes a session that is due before it is used, and decides anew
// when that has changed or ended it, which the answer then tells.
func (p *Passkeys) refreshed(w http.ResponseWriter, r *http.Request, d gate.Decision) (http.ResponseWriter, gate.Decision) {
	if d.Session == nil || !d.Verdict.UsesSession() {
		return w, d
	}
	s := p.login.Refresh(r.Context(), d.Session)
	p.tellStreams(s, d.Verdict)
	if s == d.Session {
		return w, d
	}
	return p.changed(w, r, d.Session, s), p.gate.Decide(r, s)
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
	watched, done := p.held.streams.Watch(r, s, p.streams.of(d))
	defer done()
	return next.ServeHTTP(w, watched)
}
