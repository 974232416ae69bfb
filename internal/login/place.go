package login

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/fetchmeta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/returnpath"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// maxRecalled bounds the form by which a tab says where it wanted to go, in bytes:
// a return path of which every byte is escaped.
const maxRecalled = 3*returnpath.MaxLength + 1024

// recalled reads the return path that a tab kept. Only a page of this site may post
// it. Another site's form comes without the session, and would begin a sign-in that
// nobody asked for.
func (rp *RelyingParty) recalled(w http.ResponseWriter, r *http.Request) (string, error) {
	if err := rp.config.Origins.FromOwnPage(r); err != nil {
		return "", &problem.Problem{
			Status: http.StatusForbidden, Code: "cross_origin", Title: "Another site tried to sign you in",
			Detail: "Nothing was changed. You can sign in from here.",
			Ways:   []problem.Way{{Label: "Sign in", Href: rp.loginPath("", "")}}, Err: err,
		}
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxRecalled)
	if err := r.ParseForm(); err != nil {
		return "", &problem.Problem{
			Status: http.StatusBadRequest, Code: "invalid_body", Title: "This is no request to sign in",
			Detail: "Nothing was changed. You can sign in from here.",
			Ways:   []problem.Way{{Label: "Sign in", Href: rp.loginPath("", "")}}, Err: fmt.Errorf("the form cannot be read: %w", err),
		}
	}
	return r.PostForm.Get("return"), nil
}

// recall asks the tab where it wanted to go, because the cookie of its attempt was
// dropped or could not hold the whole address. The tab posts the address to action. A
// client that keeps no place is sent to the path to.
func (rp *RelyingParty) recall(w http.ResponseWriter, r *http.Request, state, action, to string) error {
	if asked, err := rp.fragments.Recall(w, r, state, action, to); asked {
		return err
	}
	redirect(w, http.StatusSeeOther, to)
	return nil
}

// back sends somebody who is signed in where their attempt wanted to go.
func (rp *RelyingParty) back(w http.ResponseWriter, r *http.Request, a *attempt) error {
	if a.cut == "" {
		return rp.arrive(w, r, a.returnPath, a.returnPath)
	}
	return rp.backByTab(w, r, a, "")
}

// backByTab is back for an attempt whose cookie could not hold the address.
func (rp *RelyingParty) backByTab(w http.ResponseWriter, r *http.Request, a *attempt, flag string) error {
	return rp.recall(w, r, a.state, rp.loginPath(flag, ""), rp.loginPath("lost=1", a.returnPath))
}

// unmatched deals with a callback that belongs to no attempt of this browser. It may be
// a bookmark, a used or forged address, or another browser's. The browser may not send
// cookies back. Or it is one of many tabs, and its cookie made room for others: that is
// no round of a loop, so the state itself says how often the tab has started again.
func (rp *RelyingParty) unmatched(w http.ResponseWriter, r *http.Request, state string, live *session.Session) error {
	ours := wellFormed(state)
	switch {
	case !ours && live != nil:
		redirect(w, http.StatusSeeOther, returnpath.Start)
		return nil
	case !ours:
		return rp.restart(w, r, &attempt{rounds: rp.loop.counted(r)})
	case live != nil:
		return rp.recall(w, r, state, rp.loginPath("", ""), returnpath.Start)
	}
	n := restarts(state)
	if n == maxRestarts || n > 0 && !rp.attempts.any(r) {
		// The cookie was missing before, and we started again because of it.
		return rp.failed(r.Context(), nil, rp.cookiesBlocked())
	}
	again := rp.loginPath(fmt.Sprintf("restart=%d", n+1), "")
	return rp.recall(w, r, state, again, again)
}

// framedPath is where the page that leads to Okta goes instead when it finds itself in
// a frame. That happens only to a page that a service worker passed on.
func (rp *RelyingParty) framedPath(d departure) string {
	flags := fetchmeta.InFrame + "=1"
	if !d.demand.IsZero() {
		flags += "&" + d.demand.Query()
	}
	return rp.loginPath(flags, d.returnPath)
}

// addressTooLong is for somebody who is signed in but has lost the end of the address
// that they asked for.
func (rp *RelyingParty) addressTooLong(ctx context.Context, target string) error {
	const code = "address_too_long"
	rp.log.InfoContext(ctx, "the end of a return path was lost: too long for a cookie, and not kept by the browser's tab", slog.String("code", code))
	return &problem.Problem{
		Status: http.StatusRequestURITooLong, Code: code, Title: "Part of the address was lost",
		Detail: "The address that you asked for was too long to be kept while you signed in. You are signed in now, and this leads to its page without the rest.",
		Ways:   []problem.Way{{Label: "Continue", Href: target}},
	}
}
