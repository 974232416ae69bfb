package streams

import (
	"context"
	"slices"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// watched is a session with open streams. The Registry's lock guards it.
type watched struct {
	key key
	// session is the newest that is known here.
	session session.Session
	seen    time.Time
	timer   *time.Timer
	streams map[*stream]struct{}
	// asking tells that a refresh is under way, askAgain when there may be another.
	asking   bool
	askAgain time.Time
}

// stream is one open request.
type stream struct {
	cancel context.CancelCauseFunc
	rules  *Rules
	// groups and claims are what the app was told when it began.
	groups string
	claims []session.Claim
	// over tells that it was cut. It leaves the list by itself.
	over bool
}

func (st *stream) cut() {
	st.over = true
	st.cancel(ErrEnded)
}

// open are the streams that have not been cut.
func (w *watched) open() []*stream {
	var open []*stream
	for st := range w.streams {
		if !st.over {
			open = append(open, st)
		}
	}
	return open
}

// adopt lets the rules hold for the streams of their site, and reports whether others
// did before: rules change with a reload.
func (w *watched) adopt(rules *Rules) (changed bool) {
	for st := range w.streams {
		if st.rules != rules && st.rules.Site == rules.Site {
			st.rules, changed = rules, true
		}
	}
	return changed
}

// learn takes over what is newer, and reports whether anything is.
func (w *watched) learn(s *session.Session) bool {
	if !s.RefreshAt.After(w.session.RefreshAt) {
		return false
	}
	w.session = *s
	return true
}

// judge cuts the streams that are over: by their time, by the rules of access, and
// where the app was told of a right that is gone. A right more is no reason: the
// next connection will have it.
func (w *watched) judge() {
	now := time.Now()
	for _, st := range w.open() {
		if !now.Before(w.end(st)) || st.rules.Admits != nil && !st.rules.Admits(&w.session) || st.lost(&w.session) {
			st.cut()
		}
	}
}

// lost reports whether a group is gone that the app was told of, or a value of a
// further claim. Apps decide by those whom they serve.
func (st *stream) lost(s *session.Session) bool {
	if gone(st.groups, s.Groups) {
		return true
	}
	return slices.ContainsFunc(st.claims, func(c session.Claim) bool { return gone(c.Value, s.Claim(c.Name)) })
}

// gone reports whether one of the values in the list before is not in the list now.
func gone(before, now string) bool {
	if before == now {
		return false
	}
	left := session.SplitList(now)
	return slices.ContainsFunc(session.SplitList(before), func(value string) bool { return !slices.Contains(left, value) })
}

func (w *watched) cutAll() {
	for _, st := range w.open() {
		st.cut()
	}
}

// end is when a stream is over if nothing happens.
func (w *watched) end(st *stream) time.Time {
	if st.rules.Idle > 0 {
		if idle := w.seen.Add(st.rules.Idle); idle.Before(w.session.ExpiresAt) {
			return idle
		}
	}
	return w.session.ExpiresAt
}

// next is when something is to be done; false where nothing is.
func (w *watched) next() (at time.Time, ok bool) {
	for _, st := range w.open() {
		if end := w.end(st); !ok || end.Before(at) {
			at, ok = end, true
		}
	}
	if due, can := w.due(); can && ok && due.Before(at) {
		at = due
	}
	return at, ok
}
