package connecttoken

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// Counter counts for all replicas; sharedstate.Memory and
// sharedstate.Redis do.
type Counter interface {
	// Add counts one more for the key and returns the count since the window
	// began.
	Add(ctx context.Context, key string, window time.Duration) (count int64, err error)
}

// perMinute is the most tokens that one user gets in a minute: what was saved up
// and what comes in by then. All replicas together hand out no more.
func (l *Limiter) perMinute() int64 { return int64(float64(l.perSecond)*60) + int64(l.burst) }

// take takes one token from the user's bucket here, and then one of what all
// replicas together may hand out in this minute. Where their count cannot be had,
// the bucket here decides: a limit is no reason to lock anybody out. It returns how
// long to wait, zero for a token taken.
func (h *Handler) take(ctx context.Context, s *session.Session) time.Duration {
	if wait := h.limiter.take(s.Issuer, s.Subject); wait > 0 {
		return wait
	}
	if h.replicas == nil {
		return 0
	}
	now := h.now()
	minute := now.Truncate(time.Minute)
	// Hashed, because the store is to know nobody.
	user := sha256.Sum256(fmt.Appendf(nil, "%q %q", s.Issuer, s.Subject))
	key := fmt.Sprintf("connect-token:%s:%d", base64.RawURLEncoding.EncodeToString(user[:16]), minute.Unix())
	count, err := h.replicas.Add(ctx, key, 2*time.Minute)
	if err != nil || count <= h.limiter.perMinute() {
		return 0
	}
	return minute.Add(time.Minute).Sub(now)
}
