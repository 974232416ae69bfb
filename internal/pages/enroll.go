package pages

import (
	"fmt"
	"net/http"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/returnpath"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// EnrollPolicy says after which sign-ins a passkey is offered. The zero value is
// Never.
type EnrollPolicy struct {
	offer  bool
	period time.Duration
}

// Always offers a passkey after every sign-in, until the user has added one in
// this browser.
func Always() EnrollPolicy { return EnrollPolicy{offer: true} }

// Never offers nothing; the pages are there all the same.
func Never() EnrollPolicy { return EnrollPolicy{} }

// Every offers a passkey after a sign-in, and to a user who skips it not again
// in this browser before the period, which must be positive, is over.
func Every(period time.Duration) EnrollPolicy {
	if period <= 0 {
		period = -1 // refused by New, not taken for Always
	}
	return EnrollPolicy{offer: true, period: period}
}

func (e EnrollPolicy) check() error {
	if e.period < 0 {
		return fmt.Errorf("enroll every: the period must be positive, like 30d")
	}
	return nil
}

// How long an offer rests, by what became of it.
const (
	// restComplete: this browser holds a passkey now. It is also the longest
	// that the memory lasts.
	restComplete = 365 * 24 * time.Hour
	// restNotOffered: Corbado's rollout or its knowledge of the device said no.
	restNotOffered = 24 * time.Hour
	// restBroken keeps an outage from costing the user a detour at each sign-in.
	restBroken = time.Hour
)

// rest is how long an offer with this outcome is not repeated.
func (e EnrollPolicy) rest(o outcome) time.Duration {
	switch o {
	case outcomeComplete, outcomeCompleteNoop:
		return restComplete
	case outcomeSkip:
		return min(e.period, restComplete)
	case outcomeNotOffered:
		return min(e.period, restNotOffered)
	case outcomeError, outcomeUnavailable:
		return restBroken
	}
	return 0
}

// AfterSignIn returns where to send a user who has just signed in and wanted to
// go to returnPath: there, or to the offer of a passkey that leads on to it.
func (p *Pages) AfterSignIn(r *http.Request, s *session.Session, returnPath string) string {
	returnPath = p.returns.Clean(returnPath)
	if _, ours := p.below(returnPath); ours {
		return returnPath // on the way to the passkeys already
	}
	if !returnpath.FitsQuery(returnPath) {
		return returnPath // the offer could not lead on to it; there is a next sign-in
	}
	if !p.enroll.offer || p.memory.resting(r, userKey(s)) {
		return returnPath
	}
	p.moments.Tell(r.Context(), moment.Moment{Kind: moment.PasskeyOffered, Session: s})
	return p.appendPath(returnPath)
}
