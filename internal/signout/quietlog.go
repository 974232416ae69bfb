package signout

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// A minute's refusals in the log are as many as an operator needs to see what is
// wrong; the rest is a number in the next one.
const (
	refusalsInAMinute = 10
	refusalWindow     = time.Minute
)

// quietLog logs refusals at a limited rate: anybody can cause them as fast as
// they like.
type quietLog struct {
	*slog.Logger
	now func() time.Time

	mu      sync.Mutex
	began   time.Time
	logged  int
	dropped int
}

func newQuietLog(log *slog.Logger, now func() time.Time) *quietLog {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &quietLog{Logger: log, now: now}
}

// refused logs that a request was refused, or counts it.
func (q *quietLog) refused(ctx context.Context, endpoint, reason string) {
	q.mu.Lock()
	now := q.now()
	if now.Sub(q.began) >= refusalWindow || now.Before(q.began) {
		q.began, q.logged = now, 0
	}
	if q.logged >= refusalsInAMinute {
		q.dropped++
		q.mu.Unlock()
		return
	}
	q.logged++
	dropped := q.dropped
	q.dropped = 0
	q.mu.Unlock()
	q.WarnContext(ctx, "sign-out by the provider refused", slog.String("endpoint", endpoint), slog.String("reason", reason), slog.Int("not_logged", dropped))
}
