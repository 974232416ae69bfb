package login

import (
	"encoding/binary"
	"net/http"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
)

const (
	loopPurpose = "attempts.v1"
	loopKept    = 2 * time.Minute
	// Three in a minute: nobody signs in so often, and Okta's own limit is 60
	// requests a minute for a client and address.
	loopWindow = time.Minute
	loopLimit  = 3
)

// loopGuard breaks redirect loops. Okta signs a known browser in without asking,
// so a browser that never shows our session cookie would go round for ever. It
// counts the sign-ins that a browser completed without showing a session, and
// the restarts; in a sealed cookie, so that it cannot be used to lock somebody
// out.
type loopGuard struct {
	cookie *seal.Cookie
	now    func() time.Time
}

func newLoopGuard(k *seal.Keyring, insecure bool, now func() time.Time) (*loopGuard, error) {
	box, err := k.Box(loopPurpose, loopKept, now)
	if err != nil {
		return nil, err
	}
	return &loopGuard{
		cookie: seal.NewCookie(box, seal.Attributes{Short: "attempts", Path: "/", Insecure: insecure, MaxAge: loopKept}),
		now:    now,
	}, nil
}

// recent returns the times, in seconds since 1970, that lie within the window.
func (g *loopGuard) recent(r *http.Request) []uint64 {
	plain, err := g.cookie.Read(r)
	if err != nil {
		return nil
	}
	var times []uint64
	for oldest := unixSeconds(g.now().Add(-loopWindow)); len(plain) > 0; {
		at, used := binary.Uvarint(plain)
		if used <= 0 {
			return nil
		}
		plain = plain[used:]
		if at > oldest {
			times = append(times, at)
		}
	}
	return times
}

// count adds one.
func (g *loopGuard) count(w http.ResponseWriter, r *http.Request) error {
	times := append(g.recent(r), unixSeconds(g.now()))
	var plain []byte
	for _, at := range times[max(0, len(times)-loopLimit):] {
		plain = binary.AppendUvarint(plain, at)
	}
	return g.cookie.Write(w, plain)
}

// looping tells whether the browser has gone round too often.
func (g *loopGuard) looping(r *http.Request) bool { return len(g.recent(r)) >= loopLimit }

// reset forgets the count.
func (g *loopGuard) reset(w http.ResponseWriter, r *http.Request) { g.cookie.Clear(w, r) }

func unixSeconds(t time.Time) uint64 {
	return uint64(max(0, t.Unix()))
}

// loopProblem tells the person, and whoever runs the site, what to look at.
func (rp *RelyingParty) loopProblem(d departure) *problem.Problem {
	flags := "again=1"
	if !d.demand.IsZero() {
		flags += "&" + d.demand.Query()
	}
	return &problem.Problem{
		Status: http.StatusTooManyRequests,
		Code:   "sign_in_loop",
		Title:  "Sign-in goes round in circles",
		Detail: "You were signed in several times within a minute, but your browser did not come back with the session. The likely causes:",
		Causes: []string{
			"The browser does not store this site's cookies.",
			"The clock of this computer or of the server is wrong.",
			"The session cookie is too large for a server in between, which happens with many groups.",
			"The app itself sends signed-in users back to sign in.",
		},
		Ways:       []problem.Way{{Label: "Try again", Href: rp.loginPath(flags, d.returnPath)}},
		RetryAfter: loopWindow,
	}
}
