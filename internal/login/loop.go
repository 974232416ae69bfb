package login

import (
	"encoding/binary"
	"net/http"
	"strconv"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
)

const (
	loopPurpose = "attempts.v2"
	loopKept    = 2 * time.Minute
	// Three in a minute: nobody signs in so often, and Okta's own limit is 60
	// requests a minute for a client and address.
	loopWindow = time.Minute
	loopLimit  = 3
)

// loopGuard breaks redirect loops. Okta signs a known browser in without asking, so a
// browser that never sends our session cookie back would go round for ever. The guard
// counts the sign-ins that a browser completed without showing a session, and the
// restarts. The count is in a sealed cookie of that browser, so nobody can use it to
// lock somebody else out.
//
// A round counts only if it began after the one before it had ended. Tabs that are
// restored together sign in side by side, and none of them could have come with the
// session of another.
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

// rounds is what the cookie holds.
type rounds struct {
	// all is how many were counted since the browser got its first. times is when the
	// last of them were, in seconds since 1970.
	all   uint64
	times []uint64
}

func (g *loopGuard) rounds(r *http.Request) (rs rounds) {
	plain, err := g.cookie.Read(r)
	if err != nil {
		return rs
	}
	for first := true; len(plain) > 0; first = false {
		n, used := binary.Uvarint(plain)
		if used <= 0 {
			return rounds{}
		}
		plain = plain[used:]
		if first {
			rs.all = n
		} else {
			rs.times = append(rs.times, n)
		}
	}
	return rs
}

// count adds one to the request's rounds, and returns the new count.
func (g *loopGuard) count(w http.ResponseWriter, r *http.Request) (string, error) {
	rs := g.rounds(r)
	rs.all++
	rs.times = append(rs.times, unixSeconds(g.now()))
	plain := binary.AppendUvarint(nil, rs.all)
	for _, at := range rs.times[max(0, len(rs.times)-loopLimit):] {
		plain = binary.AppendUvarint(plain, at)
	}
	return strconv.FormatUint(rs.all, 10), g.cookie.Write(w, plain)
}

// countRound adds one for an attempt, unless another was counted since that attempt
// began.
func (g *loopGuard) countRound(w http.ResponseWriter, r *http.Request, a *attempt) error {
	if a.rounds != g.counted(r) {
		return nil
	}
	_, err := g.count(w, r)
	return err
}

// counted is the request's count.
func (g *loopGuard) counted(r *http.Request) string {
	return strconv.FormatUint(g.rounds(r).all, 10)
}

// looping reports whether the browser has gone round too often.
func (g *loopGuard) looping(r *http.Request) bool {
	recent, oldest := 0, unixSeconds(g.now().Add(-loopWindow))
	for _, at := range g.rounds(r).times {
		if at > oldest {
			recent++
		}
	}
	return recent >= loopLimit
}

// reset forgets the count.
func (g *loopGuard) reset(w http.ResponseWriter, r *http.Request) { g.cookie.Clear(w, r) }

func unixSeconds(t time.Time) uint64 {
	return uint64(max(0, t.Unix()))
}

// loopProblem says what to look at, to the person and to whoever runs the site.
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
