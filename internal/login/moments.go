package login

import (
	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// attempt is a departure as far as a failure before it needs one.
func (d departure) attempt() *attempt { return &attempt{returnPath: d.returnPath, user: d.user} }

// success is the moment of a session that has begun. Who steps up and turns out to be
// somebody else has signed in.
func (rp *RelyingParty) success(a *attempt, s *session.Session) moment.Moment {
	m := moment.Moment{Kind: moment.SignedIn, Session: s, Took: max(rp.config.Now().Sub(a.startedAt), 0)}
	if a.user != "" && s.IsUser(rp.provider.Issuer(), a.user) {
		m.Kind = moment.SteppedUp
	}
	return m
}

// failure is the moment of a sign-in that came to nothing. a may be nil.
func (rp *RelyingParty) failure(a *attempt, p *problem.Problem) moment.Moment {
	m := moment.Moment{Kind: moment.SignInFailed, Cause: p.Code}
	if a == nil {
		return m
	}
	if a.user != "" {
		m.Kind, m.Session = moment.StepUpFailed, moment.Of(rp.provider.Issuer(), a.user)
	}
	if !a.startedAt.IsZero() {
		m.Took = max(rp.config.Now().Sub(a.startedAt), 0)
	}
	return m
}
