package login

import (
	"fmt"
	"net/http"
	"strconv"

	"golang.org/x/oauth2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/fetchmeta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
	"github.com/passkey-sidecar/passkey-sidecar/internal/recall"
	"github.com/passkey-sidecar/passkey-sidecar/internal/returnpath"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
	"github.com/passkey-sidecar/passkey-sidecar/internal/stepup"
)

// promptLogin asks Okta to authenticate the user again. It is also the way to
// another account, because Okta has no prompt=select_account.
const promptLogin = "login"

// departure says how an attempt is to start.
type departure struct {
	returnPath string
	// asked is the HTTP status of the page that keeps the browser's place on the
	// way to Okta.
	asked  int
	prompt string
	// hint and idp are for this authorization request only. The hint may be a proof
	// that can be used once, so an attempt that starts again goes without.
	hint, idp string
	// demand is what the sign-in must be like. user is the sub of the session that
	// it is to confirm.
	demand stepup.Demand
	user   string
	// restarts is how often we started the attempt again.
	restarts int
	// again skips the loop guard: the person asked.
	again bool
	// counted is for a start that the person may not have asked for: the loop guard
	// counts it at once.
	counted bool
}

// Login serves GET <base>/login, the explicit start. Its query may hold return,
// prompt=login to authenticate again, login_hint and idp (see hints), step_up and
// acr (see demanded), and our own flags again=1, restart=N, anew=1, lost=1 and
// landed=1.
//
// Whoever is signed in already goes straight to the return path. Three things ask
// for a new sign-in all the same: prompt, anew=1 (for a session that is about to
// end), and a demand that the sign-in does not meet.
//
// A POST by a page of this site is the same with the return path in the body: a tab
// kept it while its user was at Okta. It is checked as one in a link is.
func (rp *RelyingParty) Login(w http.ResponseWriter, r *http.Request, live *session.Session) error {
	q := r.URL.Query()
	d := departure{
		returnPath: q.Get("return"),
		asked:      http.StatusOK,
		again:      q.Get("again") == "1",
	}
	d.restarts, _ = strconv.Atoi(q.Get("restart")) // none for anything that is no number
	if r.Method == http.MethodPost {
		var err error
		if d.returnPath, err = rp.recalled(w, r); err != nil {
			return err
		}
	}
	if q.Get("prompt") == promptLogin {
		d.prompt = promptLogin
	}
	d.hint, d.idp = rp.hints(r, q)
	d = rp.steppingUp(d, rp.demanded(q), live)
	if live != nil && d.prompt == "" && q.Get("anew") != "1" && d.demand.Met(live, rp.config.Now()) {
		target, cut := rp.paths.Nearest(d.returnPath)
		switch {
		case cut || q.Get("lost") == "1":
			return rp.addressTooLong(r.Context(), target)
		case r.Method == http.MethodPost:
			to := target
			if q.Get("landed") == "1" && rp.landing != nil {
				to = rp.landing.AfterSignIn(r, live, target)
			}
			return rp.fragments.ArriveByScript(w, to, target)
		}
		return rp.goTo(w, r, target)
	}
	return rp.depart(w, r, d)
}

// depart begins an attempt and sends the browser to Okta: by a page that keeps the
// fragment of the browser's address and goes on by script, or by a redirect for
// clients that do not say they are a browser.
//
// Its problems: sign_in_loop, unknown_host, issuer_mismatch and
// identity_provider_unavailable.
func (rp *RelyingParty) depart(w http.ResponseWriter, r *http.Request, d departure) error {
	wanted := d.returnPath
	var cut bool
	d.returnPath, cut = rp.paths.Nearest(wanted)
	o, err := rp.originOf(r)
	if err != nil {
		return err
	}
	rounds, err := rp.round(w, r, d)
	if err != nil {
		return err
	}
	ep, err := rp.endpoints(r.Context(), d.attempt())
	if err != nil {
		return err
	}
	inCookie := returnpath.MaxShort
	if fetchmeta.InTab(r) {
		inCookie = maxKept
	}
	a := &attempt{
		nonce:       randomText(16),
		verifier:    oauth2.GenerateVerifier(),
		returnPath:  returnpath.Short(d.returnPath, inCookie),
		redirectURI: rp.redirectURI(o),
		prompt:      d.prompt,
		user:        d.user,
		rounds:      rounds,
	}
	if cut || a.returnPath != d.returnPath {
		a.cut = "1"
	}
	a.setDemand(d.demand)
	if err := rp.attempts.keep(w, r, a, d.restarts); err != nil {
		return problem.Internal(fmt.Errorf("keep sign-in attempt: %w", err))
	}
	target := rp.authorizationURL(ep, a, d)
	// A fragment belongs to the page that was asked for, not to one in its place.
	if d.returnPath == wanted {
		place := recall.Place{At: wanted, State: a.state}
		if fetchmeta.Of(r) == fetchmeta.Worker {
			place.Framed = rp.framedPath(d)
		}
		if kept, err := rp.fragments.Leave(w, r, d.asked, target, place); kept {
			return err
		}
	}
	redirect(w, http.StatusFound, target)
	return nil
}

// round returns the loop guard's count at departure, or the problem of a browser
// that has gone round too often.
func (rp *RelyingParty) round(w http.ResponseWriter, r *http.Request, d departure) (string, error) {
	if d.again {
		rp.loop.reset(w, r)
		return "0", nil
	}
	if rp.loop.looping(r) {
		return "", rp.failed(r.Context(), d.attempt(), rp.loopProblem(d))
	}
	if !d.counted {
		return rp.loop.counted(r), nil
	}
	rounds, err := rp.loop.count(w, r)
	if err != nil {
		return "", problem.Internal(err)
	}
	return rounds, nil
}

// authorizationURL builds the authorization request (OpenID Connect Core 1.0
// section 3.1.2.1, RFC 7636 section 4.3).
func (rp *RelyingParty) authorizationURL(ep provider.Endpoints, a *attempt, d departure) string {
	options := []oauth2.AuthCodeOption{
		oauth2.S256ChallengeOption(a.verifier),
		oauth2.SetAuthURLParam("nonce", a.nonce),
	}
	options = append(options, rp.demandOptions(d.demand)...)
	for _, p := range [...]struct{ name, value string }{{"prompt", a.prompt}, {"login_hint", d.hint}, {"idp", d.idp}} {
		if p.value != "" {
			options = append(options, oauth2.SetAuthURLParam(p.name, p.value))
		}
	}
	return rp.client(ep, a.redirectURI).AuthCodeURL(a.state, options...)
}
