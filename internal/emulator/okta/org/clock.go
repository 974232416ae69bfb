package org

import (
	"sync"
	"time"
)

// clock is the emulator's own time: a base clock and an offset that only grows.
type clock struct {
	base   func() time.Time
	mu     sync.Mutex
	offset time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base().Add(c.offset)
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
}

// Now is the emulator's time: the configured clock plus all advances.
func (o *Org) Now() time.Time { return o.clock.now() }

// Advance moves the emulator's clock on (or back, with a negative d): codes,
// sign-in pages, sessions and tokens age by it, and tokens issued from now on
// carry the new time. The clock of a relying party does not move with it.
func (o *Org) Advance(d time.Duration) {
	o.clock.advance(d)
	o.Note(Event{Name: EventClockAdvanced, Detail: d.String()})
}
