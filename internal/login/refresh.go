package login

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

const (
	// refreshMargin is how long before its end an access token counts as over.
	refreshMargin = 60 * time.Second
	// refreshEvery is the longest time between two questions to Okta whether the
	// user may still come in.
	refreshEvery = 15 * time.Minute
	// refreshPause is the shortest, however short-lived Okta's tokens are.
	refreshPause = 30 * time.Second
	// refreshPatience is how long a request waits for a refresh before it goes on
	// with what was known.
	refreshPatience = 10 * time.Second
	// refreshTimeout bounds a refresh with all its calls.
	refreshTimeout = 20 * time.Second
)

// errForeignToken means that the new tokens are somebody else's.
var errForeignToken = errors.New("the refreshed ID token's iss or sub is not the session's")

// Revoker ends a session before its time, on every replica and for every copy
// of its cookie.
type Revoker interface {
	EndSession(ctx context.Context, id string) error
}

// Refresh asks Okta again about a session that is due, and returns the session to go
// on with. That is s itself when nothing changed, or a renewed one, whose cookie the
// answer is to carry. It is nil when the session is over: its user signed out
// meanwhile, or Okta says so (invalid_grant: the user was deactivated or lost the app,
// or the token was revoked). Refresh is called before a session is used, so that a
// change takes effect on that very request.
//
// However many requests come with a session, one of them refreshes it and the others
// get its result; with shared state that holds for all replicas together. It also holds
// for later requests with the old cookie, so nothing is lost when an answer cannot carry
// the new one. A second use of a rotated refresh token would make Okta end the whole
// sign-in.
//
// An identity provider that is down, slow or set up wrongly ends no session.
func (rp *RelyingParty) Refresh(ctx context.Context, s *session.Session) *session.Session {
	if !rp.due(s) {
		return s
	}
	newest, ended := rp.newest(ctx, s)
	if ended {
		return nil
	}
	if newest == s {
		return s
	}
	renewed := *newest // others get the same one
	renewed.SeenAt = rp.config.Now()
	return &renewed
}

// Follow is Refresh without a request, for a session whose page lives by a stream
// and sends none. It returns the newest that is known of the session, s itself
// where that is nothing new, and whether it has ended. The browser's next request,
// which still carries the cookie from before, gets the same result by Refresh.
func (rp *RelyingParty) Follow(ctx context.Context, s *session.Session) (newest *session.Session, ended bool) {
	if !rp.due(s) {
		return s, false
	}
	return rp.newest(ctx, s)
}

func (rp *RelyingParty) due(s *session.Session) bool {
	return s.RefreshToken != "" && !rp.config.Now().Before(s.RefreshAt)
}

// newest returns the newest that is known of a session that is due, after asking
// for it where that is due, and whether the session has ended.
func (rp *RelyingParty) newest(ctx context.Context, s *session.Session) (*session.Session, bool) {
	f, known := rp.handover.join(s, rp.due)
	if f == nil {
		return known.newer(s), known.ended
	}
	if known.leads {
		// It serves many requests and may outlast this one, whose context also
		// holds what is this one's to write.
		go rp.fly(context.Background(), f, known.newer(s)) //nolint:contextcheck,gosec // see above
	}
	patience := time.NewTimer(rp.refreshPatience)
	defer patience.Stop()
	select {
	case <-f.done:
		return f.result.newer(s), f.result.ended
	case <-patience.C:
	case <-ctx.Done():
	}
	return known.newer(s), false
}

// fly refreshes a session for everybody who waits for it.
func (rp *RelyingParty) fly(ctx context.Context, f *refreshFlight, s *session.Session) {
	ctx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	result := refreshed{err: errors.New("refresh panicked")}
	defer func() {
		if fault := recover(); fault != nil {
			// On its own goroutine it would take the whole server along.
			rp.log.ErrorContext(ctx, "refresh panicked", slog.Any("fault", fault), slog.String("stack", string(debug.Stack())))
		}
		rp.handover.settle(f, s, result, rp.keptFor(s))
	}()
	if rp.shared != nil {
		result = rp.refreshShared(ctx, s)
	} else {
		result = rp.askAgain(ctx, s)
	}
	rp.note(ctx, s, result)
}

// note writes what became of a refresh into the log, tells of it, and has an ended session's
// cookies refused everywhere.
func (rp *RelyingParty) note(ctx context.Context, s *session.Session, result refreshed) {
	attrs := []slog.Attr{slog.String("sub", s.Subject)}
	if result.err != nil {
		attrs = append(attrs, slog.String("error", claims.Printable(result.err.Error(), maxLogText)))
	}
	switch {
	case result.ended:
		rp.log.LogAttrs(ctx, slog.LevelWarn, "session ended by refresh", attrs...)
		rp.config.Moments.Tell(ctx, moment.Moment{Kind: moment.SessionRevoked, Cause: moment.Refresh, Session: s})
		if rp.config.Revoker == nil {
			return
		}
		if err := rp.config.Revoker.EndSession(ctx, s.ID); err != nil {
			rp.log.WarnContext(ctx, "ended session not revoked", slog.Any("error", err))
		}
	case result.misconfigured:
		rp.config.Moments.Tell(ctx, moment.Moment{Kind: moment.RefreshFailed, Cause: moment.Misconfigured, Session: s})
		rp.log.LogAttrs(ctx, slog.LevelError, "session not refreshed: the identity provider refuses this site's refresh requests; "+
			"check client_id, client_secret, client_auth and the application's grant types", attrs...)
	case result.err != nil:
		rp.config.Moments.Tell(ctx, moment.Moment{Kind: moment.RefreshFailed, Cause: moment.Unavailable, Session: s})
		rp.log.LogAttrs(ctx, slog.LevelWarn, "session not refreshed, going on with what is known", attrs...)
	case result.session != nil:
		rp.config.Moments.Tell(ctx, moment.Moment{Kind: moment.SessionRefreshed, Session: result.session})
		if result.session.Groups != s.Groups {
			attrs = append(attrs, slog.Bool("groups_changed", true))
		}
		rp.log.LogAttrs(ctx, slog.LevelDebug, "session refreshed", attrs...)
	}
}

// keptFor is how long a cookie of the session from before now may still come
// back: until it has gone idle, or the session is over.
func (rp *RelyingParty) keptFor(s *session.Session) time.Duration {
	left := s.ExpiresAt.Sub(rp.config.Now())
	if rp.config.Idle > 0 {
		left = min(left, rp.config.Idle)
	}
	return max(left, time.Second)
}

// nextRefresh is when to ask again after tokens with an access token of this
// lifetime; zero means that it was not said.
func (rp *RelyingParty) nextRefresh(lifetime time.Duration) time.Time {
	wait := refreshEvery
	if lifetime > 0 {
		wait = min(max(lifetime-refreshMargin, refreshPause), refreshEvery)
	}
	return rp.config.Now().Add(wait)
}

// refreshAt is RefreshAt of a new session.
func (rp *RelyingParty) refreshAt(t *tokens) time.Time {
	if t.refresh == "" {
		return time.Time{}
	}
	return rp.nextRefresh(t.lifetime)
}
