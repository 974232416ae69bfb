package login

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"golang.org/x/oauth2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
	"github.com/passkey-sidecar/passkey-sidecar/internal/stepup"
)

// SendToSignIn sends the browser to Okta for a sign-in that meets a demand, and back to
// returnPath. It is the answer to a navigation, on any path, that needs a session
// and has none, or has one that the path's demand is not content with. The zero
// demand asks for nothing beyond a sign-in. live is the request's session, nil for
// none.
//
// It returns a *problem.Problem: sign_in_loop, unknown_host, issuer_mismatch or
// identity_provider_unavailable.
func (rp *RelyingParty) SendToSignIn(w http.ResponseWriter, r *http.Request, returnPath string, demand stepup.Demand, live *session.Session) error {
	return rp.depart(w, r, rp.steppingUp(departure{returnPath: returnPath, asked: http.StatusUnauthorized}, demand, live))
}

// steppingUp makes a departure one that steps up. The attempt's sealed cookie holds
// the demand, and whose session it is for. The hint is what Okta may know the user
// by, so not the display name.
func (rp *RelyingParty) steppingUp(d departure, demand stepup.Demand, live *session.Session) departure {
	d.demand = demand
	if live == nil || demand.IsZero() {
		return d
	}
	d.user = live.Subject
	if d.hint == "" && d.idp == "" {
		if d.hint = live.Username; d.hint == "" {
			d.hint = live.Email
		}
		d.hint = usableHint(d.hint)
	}
	return d
}

// demanded reads a demand from the query of the login route. It must be one of the
// configured ones, so that a link cannot choose an age or a context of its own.
func (rp *RelyingParty) demanded(q url.Values) stepup.Demand {
	if d := stepup.FromQuery(q); slices.Contains(rp.config.StepUps, d) {
		return d
	}
	return stepup.Demand{}
}

// anyAge is longer than any provider's own session. Sent as max_age it asks nothing
// of the user, but makes the provider say auth_time (OpenID Connect Core 1.0 section
// 2). Auth0 says it only then.
const anyAge = 30 * 24 * time.Hour

// demandOptions are max_age and acr_values (OpenID Connect Core 1.0 section
// 3.1.2.1).
func (rp *RelyingParty) demandOptions(d stepup.Demand) []oauth2.AuthCodeOption {
	maxAge := d.MaxAge
	if d.IsZero() {
		if !slices.ContainsFunc(rp.config.StepUps, func(d stepup.Demand) bool { return !d.IsZero() }) {
			return nil // nobody will ask how old the sign-in is
		}
		maxAge = anyAge
	}
	options := []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("max_age", strconv.FormatInt(int64(maxAge/time.Second), 10))}
	if d.ACR != "" {
		options = append(options, oauth2.SetAuthURLParam("acr_values", d.ACR))
	}
	return options
}

// unmet checks a sign-in against what its attempt demanded. A provider may ignore
// max_age and acr_values. To send the browser there again would go on for ever, so
// the person is told.
func (rp *RelyingParty) unmet(a *attempt, s *session.Session) *problem.Problem {
	demand := a.demand()
	now := rp.config.Now()
	p := &problem.Problem{
		Status: http.StatusForbidden,
		Title:  "You could not be confirmed",
		Ways:   []problem.Way{rp.wayOtherAccount(a.returnPath), {Label: "Go to the start page", Href: "/"}},
	}
	switch {
	case demand.Met(s, now):
		return nil
	case s.AuthTime.IsZero():
		p.Status, p.Code = http.StatusBadGateway, "auth_time_missing"
		p.Detail = "The identity provider did not say when you signed in there, which this page needs to know."
		p.Operator = "The ID token has no auth_time although max_age was asked for (OpenID Connect Core 1.0 section 3.1.2.1). " +
			"Without it step_up cannot work."
		p.Err = errors.New("no auth_time in the answer to max_age")
	case !demand.Recent(s.AuthTime, now):
		p.Code = "step_up_too_old"
		p.Detail = "The identity provider did not ask you to sign in again, so your sign-in is still too old for this page."
		p.Operator = "It answered max_age with an older auth_time; a rule there, or a device that it trusts, may suppress the question."
		p.Ways[0] = problem.Way{Label: "Sign in again", Href: rp.loginPath("prompt=login&"+demand.Query(), a.returnPath)}
		p.Err = fmt.Errorf("auth_time is %s ago, max_age was %s", age(now, s.AuthTime), demand.MaxAge)
	default:
		p.Code = "step_up_too_weak"
		p.Detail = "This page needs a stronger sign-in than the one you just made."
		p.Operator = "The sign-in asked for acr_values=" + demand.ACR + " and the ID token's acr is " + strconv.Quote(claims.Printable(s.ACR, 64)) + "."
		p.Err = fmt.Errorf("acr is %q, asked for %s", s.ACR, demand.ACR)
	}
	return p
}

// otherUser is for a sign-in that was to confirm one user's action and became
// another user's. The new user has a session of their own. The other user's action
// is not done unless the new one chooses to go on.
func (rp *RelyingParty) otherUser(a *attempt, s *session.Session) *problem.Problem {
	return &problem.Problem{
		Status: http.StatusConflict,
		Code:   "step_up_other_user",
		Title:  "You are now signed in as " + claims.Printable(s.DisplayName(), maxShownText),
		Detail: "Another account was signed in here before, and was asked to confirm. Nothing was done for it.",
		Ways: []problem.Way{
			{Label: "Go on with this account", Href: a.returnPath},
			{Label: "Go to the start page", Href: "/"},
		},
		Err: errors.New("the sign-in is another user's than the session that it was to confirm"),
	}
}
