// Package clock has a clock that stands still until a test moves it. Where what is
// tested sleeps or waits, testing/synctest is the clock to take.
package clock

import (
	"sync"
	"time"
)

// Clock is safe for concurrent use.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// New returns a clock that shows a whole second of the year 2027.
func New() *Clock { return At(time.Unix(1_800_000_000, 0)) }

// At returns a clock that shows t.
func At(t time.Time) *Clock { return &Clock{at: t} }

// Now is what it shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Advance moves it on, or back with a negative d.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Set makes it show t.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = t
}
