package streams

import (
	"context"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

const (
	// refreshAgain is the least time between two refreshes of a session that its
	// streams ask for. How long a provider in trouble is left alone is for Refresh
	// to know.
	refreshAgain = 30 * time.Second
	// refreshSlots is how many refreshes streams ask for at a time. A thousand that
	// are due at once must not keep the provider from those who sign in.
	refreshSlots = 8
)

// due is when the session is to be refreshed for its streams; false where nobody
// can be asked, or is being asked.
func (w *watched) due() (at time.Time, can bool) {
	if w.asking || w.session.RefreshToken == "" || w.refresher() == nil {
		return time.Time{}, false
	}
	if w.askAgain.After(w.session.RefreshAt) {
		return w.askAgain, true
	}
	return w.session.RefreshAt, true
}

func (w *watched) refresher() func(context.Context, *session.Session) (*session.Session, bool) {
	for _, st := range w.open() {
		if st.rules.Refresh != nil {
			return st.rules.Refresh
		}
	}
	return nil
}

// refresh has a session refreshed that is due. A request of its browser would do
// the same and take the new cookie along; where none comes, the result waits for
// it. It counts as no use of the session, which goes idle as it would have.
func (g *Registry) refresh(w *watched) {
	if at, can := w.due(); !can || time.Now().Before(at) {
		return
	}
	s, ask := w.session, w.refresher()
	w.asking = true
	g.asking.Go(func() {
		newest, ended := &s, false
		select {
		case g.slots <- struct{}{}:
			newest, ended = ask(g.closing, &s)
			<-g.slots
		case <-g.closing.Done():
		}
		g.refreshed(w, newest, ended)
	})
}

// refreshed takes down what became of a refresh.
func (g *Registry) refreshed(w *watched, newest *session.Session, ended bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	w.asking, w.askAgain = false, time.Now().Add(refreshAgain)
	if g.closing.Err() != nil || g.sessions[w.key] != w {
		return
	}
	if ended {
		w.cutAll()
		return
	}
	w.learn(newest)
	w.judge()
	g.arm(w)
}
