package connecttoken

import (
	"container/list"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// The default rate of one user. Opening the passkey page, adding and deleting
// take one token each, so 20 at once let somebody clear out a long list, and 30
// a minute are more than a hand can use.
const (
	defaultPerMinute = 30
	defaultBurst     = 20
)

// maxSubjects is how many users a Limiter remembers. Beyond it the user who has
// asked for nothing for longest is forgotten and starts afresh.
const maxSubjects = 10_000

// Limiter limits how many connect tokens each user may have. It holds all the
// state that must outlive a configuration reload. It is safe for concurrent
// use.
type Limiter struct {
	perSecond rate.Limit
	burst     int
	now       func() time.Time

	mu       sync.Mutex
	subjects map[subject]*list.Element
	recent   *list.List // of *bucket, the latest user in front
}

// subject is a user: no two issuers share one.
type subject struct{ issuer, subject string }

type bucket struct {
	of    subject
	limit *rate.Limiter
}

// NewLimiter makes a Limiter that gives each user burst tokens at once and
// perMinute in the long run. Zero or less means the default, a nil now means
// time.Now.
func NewLimiter(perMinute, burst int, now func() time.Time) *Limiter {
	if perMinute <= 0 {
		perMinute = defaultPerMinute
	}
	if burst <= 0 {
		burst = defaultBurst
	}
	if now == nil {
		now = time.Now
	}
	return &Limiter{
		perSecond: rate.Limit(float64(perMinute) / 60), burst: burst, now: now,
		subjects: make(map[subject]*list.Element), recent: list.New(),
	}
}

// take takes one token from the user's bucket and returns zero, or takes none
// and returns how long until there is one.
func (l *Limiter) take(iss, sub string) time.Duration {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	reserved := l.bucket(subject{iss, sub}).ReserveN(now, 1)
	wait := reserved.DelayFrom(now)
	if wait > 0 {
		reserved.CancelAt(now)
	}
	return wait
}

// bucket finds or makes the user's bucket and forgets the stalest one if there
// are too many.
func (l *Limiter) bucket(of subject) *rate.Limiter {
	if e, ok := l.subjects[of]; ok {
		l.recent.MoveToFront(e)
		return e.Value.(*bucket).limit // only buckets go in
	}
	if l.recent.Len() >= maxSubjects {
		stalest := l.recent.Remove(l.recent.Back()).(*bucket)
		delete(l.subjects, stalest.of)
	}
	b := &bucket{of: of, limit: rate.NewLimiter(l.perSecond, l.burst)}
	l.subjects[of] = l.recent.PushFront(b)
	return b.limit
}
