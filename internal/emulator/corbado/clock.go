package corbado

import (
	"sync/atomic"
	"time"
)

// clock is the emulator's time: the configured source plus what was added on
// demand, so that tokens and challenges can be made to expire without waiting.
type clock struct {
	source func() time.Time
	ahead  atomic.Int64 // nanoseconds
}

func (c *clock) now() time.Time {
	return c.source().Add(time.Duration(c.ahead.Load()))
}

// advance moves the clock forward. Time that runs backwards would bring dead
// tokens back to life, so a negative d does nothing.
func (c *clock) advance(d time.Duration) {
	if d > 0 {
		c.ahead.Add(int64(d))
	}
}
