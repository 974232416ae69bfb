package oktaapi

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"
)

const (
	// maxAttempts is how often a call is tried against the rate limit.
	maxAttempts = 4
	// maxWait is the longest wait. Okta's windows are a minute long; more than
	// two means that the clocks disagree.
	maxWait = 2 * time.Minute
)

// retryAfter reports whether a call may be tried again, and when: a second after
// X-Rate-Limit-Reset, which is in epoch seconds (Okta: "Rate limits").
func (c *Client) retryAfter(err error, header http.Header, attempt int) (time.Duration, bool) {
	refusal, ok := errors.AsType[*Error](err)
	if !ok || refusal.Status != http.StatusTooManyRequests || attempt+1 >= maxAttempts {
		return 0, false
	}
	reset, err := strconv.ParseInt(header.Get("X-Rate-Limit-Reset"), 10, 64)
	if err != nil {
		return time.Minute, true
	}
	now := c.config.Now()
	if theirs, err := http.ParseTime(header.Get("Date")); err == nil {
		now = theirs // the reset is on Okta's clock
	}
	wait := time.Unix(reset, 0).Sub(now)
	if wait > maxWait {
		return 0, false
	}
	return max(wait, 0) + time.Second, true
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
