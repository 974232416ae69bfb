package login

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

const (
	maxCode = 4 << 10
	// maxQuery bounds the whole query: a code, our state, an error with its
	// text, and parameters that we do not know.
	maxQuery = 16 << 10
)

// answer is what Okta says at the redirect URI (RFC 6749 section 4.1.2, RFC
// 9207).
type answer struct {
	code, state, issuer    string
	errorCode, description string
}

// errAnswer is the cause of an answer that no authorization server gives.
var errAnswer = errors.New("not an authorization answer")

// parseAnswer reads the query strictly. Of a parameter that comes twice, another
// reader could take the other one (RFC 6749 section 3.1 forbids it).
func parseAnswer(raw string) (*answer, error) {
	if len(raw) > maxQuery {
		return nil, fmt.Errorf("%w: too long", errAnswer)
	}
	q, err := url.ParseQuery(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: not a query", errAnswer)
	}
	a := new(answer)
	for _, p := range []struct {
		name string
		to   *string
		most int
	}{
		{"code", &a.code, maxCode},
		{"state", &a.state, 512},
		{"iss", &a.issuer, 2048},
		{"error", &a.errorCode, 256},
		{"error_description", &a.description, maxQuery},
	} {
		values := q[p.name]
		if len(values) > 1 {
			return nil, fmt.Errorf("%w: parameter %s comes twice", errAnswer, p.name)
		}
		if len(values) == 0 {
			continue
		}
		if *p.to = values[0]; len(*p.to) > p.most {
			return nil, fmt.Errorf("%w: parameter %s is too long", errAnswer, p.name)
		}
	}
	if a.code != "" && a.errorCode != "" {
		return nil, fmt.Errorf("%w: both a code and an error", errAnswer)
	}
	return a, nil
}

// Callback serves GET <base>/callback, the redirect URI. live is the request's
// session, nil for none. The token endpoint is only ever called for an attempt
// that this very browser started and has not used.
//
// Its problems: invalid_callback, cookies_blocked, sign_in_loop, unknown_host,
// those of refused (what Okta says no to), exchange (the token endpoint), verify
// (the ID token) and identify (its claims).
func (rp *RelyingParty) Callback(w http.ResponseWriter, r *http.Request, live *session.Session) error {
	ctx := r.Context()
	o, err := rp.originOf(r)
	if err != nil {
		return err
	}
	said, err := parseAnswer(r.URL.RawQuery)
	if err != nil {
		return rp.failed(ctx, nil, rp.invalidCallback(err))
	}
	a, ours := rp.attempts.take(w, r, said.state)
	if !ours {
		return rp.unmatched(w, r, said.state, live)
	}
	a.returnPath = rp.paths.Clean(a.returnPath)
	if rp.attempts.tooOld(a) || a.redirectURI != rp.redirectURI(o) {
		return rp.goOn(w, r, a, live)
	}
	switch {
	case said.issuer != "" && said.issuer != rp.provider.Issuer():
		return rp.failed(ctx, a, issuerMismatch(&provider.MismatchError{Configured: rp.provider.Issuer(), Named: said.issuer}))
	case said.errorCode != "":
		return rp.refused(w, r, said, a, live)
	case said.code == "":
		return rp.failed(ctx, a, rp.invalidCallback(fmt.Errorf("%w: neither a code nor an error", errAnswer)))
	}
	return rp.signIn(w, r, said.code, a, live)
}

func (rp *RelyingParty) invalidCallback(err error) *problem.Problem {
	return &problem.Problem{
		Status: http.StatusBadRequest,
		Code:   "invalid_callback",
		Title:  "This is no answer to a sign-in",
		Detail: "The address that led here is not one that the identity provider makes. Nothing was changed.",
		Ways:   []problem.Way{rp.wayAgain("")},
		Err:    err,
	}
}

func (rp *RelyingParty) cookiesBlocked() *problem.Problem {
	return &problem.Problem{
		Status: http.StatusBadRequest,
		Code:   "cookies_blocked",
		Title:  "Your browser does not send our cookie back",
		Detail: "Sign-in needs a cookie of this site, and it did not come back, twice. The likely cures:",
		Causes: []string{
			"Allow cookies for this site, or leave private mode.",
			"Open the page in its own window if it is shown inside another one.",
			"Start from the site's own address instead of a bookmark of the sign-in page.",
		},
		Operator: "Does a server in front of this one drop Set-Cookie or Cookie headers?",
		Ways:     []problem.Way{rp.wayAgain("")},
	}
}

// goOn is for an attempt of this browser that came to nothing and did no harm. Who
// is signed in meanwhile goes where they wanted to; anybody else starts again.
func (rp *RelyingParty) goOn(w http.ResponseWriter, r *http.Request, a *attempt, live *session.Session) error {
	if rp.arrived(a, live) {
		return rp.back(w, r, a)
	}
	return rp.restart(w, r, a)
}

// arrived reports whether somebody is signed in as the attempt demanded.
func (rp *RelyingParty) arrived(a *attempt, live *session.Session) bool {
	return live != nil && a.demand().Met(live, rp.config.Now())
}

// arrive sends the browser to target. The fragment that it kept for returnPath, if
// any, is put back.
func (rp *RelyingParty) arrive(w http.ResponseWriter, r *http.Request, target, returnPath string) error {
	if kept, err := rp.fragments.Arrive(w, r, target, returnPath); kept {
		return err
	}
	redirect(w, http.StatusSeeOther, target)
	return nil
}

// restart starts the attempt again. It goes by way of the login route, so that this
// answer need not both clear the old attempt's cookie and set the new one's.
// Restarts count as rounds of a loop.
func (rp *RelyingParty) restart(w http.ResponseWriter, r *http.Request, a *attempt) error {
	if err := rp.loop.countRound(w, r, a); err != nil {
		return problem.Internal(err)
	}
	flag := "restart=1"
	if a.prompt == promptLogin {
		flag += "&prompt=login"
	}
	if demand := a.demand(); !demand.IsZero() {
		flag += "&" + demand.Query()
	}
	again := rp.loginPath(flag, a.returnPath)
	if a.cut != "" {
		return rp.recall(w, r, a.state, rp.loginPath(flag, ""), again)
	}
	redirect(w, http.StatusSeeOther, again)
	return nil
}

// signIn redeems the code and begins the session.
func (rp *RelyingParty) signIn(w http.ResponseWriter, r *http.Request, code string, a *attempt, live *session.Session) error {
	ctx, cancel := context.WithTimeout(r.Context(), tokenTimeout)
	defer cancel()
	ep, err := rp.endpoints(ctx, a)
	if err != nil {
		return err
	}
	tokens, err := rp.exchange(ctx, ep, code, a)
	if errors.Is(err, errCodeSpent) && (rp.arrived(a, live) || a.restarts() == 0) {
		rp.quiet.LogAttrs(ctx, slog.LevelInfo, "authorization code not accepted", "", slog.String("error", err.Error()))
		return rp.goOn(w, r, a, live)
	}
	if err != nil {
		return rp.failed(ctx, a, rp.exchangeProblem(err, a))
	}
	idToken, err := rp.verify(ctx, tokens, a)
	if err != nil {
		return rp.failed(ctx, a, rp.idTokenProblem(err, a))
	}
	s, err := rp.identify(ctx, idToken, tokens)
	if err != nil {
		return rp.failed(ctx, a, rp.claimsProblem(err))
	}
	if p := rp.unmet(a, s); p != nil {
		return rp.failed(ctx, a, p)
	}
	// A step-up is counted although there is a session: a browser that does not
	// store the new one would step up for ever.
	if live == nil || !a.demand().IsZero() {
		if err := rp.loop.countRound(w, r, a); err != nil {
			return problem.Internal(err)
		}
	}
	if a.sideBySide(live, s) {
		return rp.back(w, r, a)
	}
	return rp.land(w, r, s, tokens.id, a)
}

// land begins the session in place of the one that the browser had, and sends the
// browser where it wanted to go.
func (rp *RelyingParty) land(w http.ResponseWriter, r *http.Request, s *session.Session, idToken string, a *attempt) error {
	err := rp.sessions.Start(w, s, idToken)
	switch {
	case errors.Is(err, seal.ErrTooLarge):
		return rp.failed(r.Context(), a, rp.sessionTooLarge(err))
	case err != nil:
		return problem.Internal(fmt.Errorf("start session: %w", err))
	}
	rp.endReplaced(r.Context(), rp.sessions.Standing(r))
	rp.config.Moments.Tell(r.Context(), rp.success(a, s))
	rp.log.InfoContext(r.Context(), "signed in", slog.String("sub", s.Subject), slog.String("amr", s.AMR), slog.String("idp", s.IDP), slog.Bool("passkey", s.Passkey))
	target := a.returnPath
	switch {
	case a.user != "" && !s.IsUser(rp.provider.Issuer(), a.user):
		return rp.failed(r.Context(), a, rp.otherUser(a, s))
	case a.cut != "" && a.user == "":
		return rp.backByTab(w, r, a, "landed=1")
	case a.cut != "":
		return rp.back(w, r, a)
	case a.user != "": // back to what they were doing
	case rp.landing != nil:
		target = rp.landing.AfterSignIn(r, s, target)
	}
	return rp.arrive(w, r, target, a.returnPath)
}

// endReplaced ends the session that a new one took the place of, idle or not, on
// every replica. Otherwise a copy of its cookie would live on beside the new sign-in,
// which may even be somebody else's.
//
// Its refresh token, which was in that cookie only, is left to lapse. Some providers
// answer the revocation of one token by ending all that the user has with this
// application, the new session's token among them (Auth0: Refresh Token Revocation
// Deletes Grant).
func (rp *RelyingParty) endReplaced(ctx context.Context, replaced *session.Session) {
	if replaced == nil || rp.config.Revoker == nil {
		return
	}
	rp.config.Moments.Tell(ctx, moment.Moment{Kind: moment.SessionRevoked, Cause: moment.Replaced, Session: replaced})
	if err := rp.config.Revoker.EndSession(ctx, replaced.ID); err != nil {
		rp.log.WarnContext(ctx, "replaced session not revoked everywhere", slog.String("sub", replaced.Subject), slog.Any("error", err))
	}
}

func (rp *RelyingParty) sessionTooLarge(err error) *problem.Problem {
	return &problem.Problem{
		Status:   http.StatusBadGateway,
		Code:     "session_too_large",
		Title:    "Your account has too much to carry",
		Detail:   "What the identity provider says about you does not fit into the session.",
		Operator: "Send fewer groups or claims.",
		Err:      err,
	}
}

// failed writes the log line of a sign-in that ends here, at a limited rate: anybody
// can cause it. a is the attempt, nil where there is none.
func (rp *RelyingParty) failed(ctx context.Context, a *attempt, p *problem.Problem) error {
	rp.config.Moments.Tell(ctx, rp.failure(a, p))
	attrs := []slog.Attr{slog.String("code", p.Code)}
	if p.Err != nil {
		attrs = append(attrs, slog.String("error", claims.Printable(p.Err.Error(), maxLogText)))
	}
	rp.quiet.LogAttrs(ctx, slog.LevelWarn, "sign-in failed", p.Code, attrs...)
	return p
}

// age is the time since t for a log line, in whole seconds.
func age(now, t time.Time) string { return now.Sub(t).Round(time.Second).String() }
