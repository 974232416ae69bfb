// Package wait waits for what a test cannot be told of, such as what another
// process does. Where there is an event to wait for, tests wait for that.
package wait

import (
	"testing"
	"time"
)

const (
	// patience is how long a test waits for what should take milliseconds. It is
	// long because CI machines stall, and nothing is learned from less.
	patience = 30 * time.Second
	// pause is between two looks.
	pause = 2 * time.Millisecond
)

// For waits until is reports true, and returns how long that took. When it never
// does, the test ends.
func For(tb testing.TB, what string, is func() bool) time.Duration {
	tb.Helper()
	began := time.Now()
	for !is() {
		if time.Since(began) > patience {
			tb.Fatalf("in vain: %s", what)
		}
		time.Sleep(pause)
	}
	return time.Since(began)
}

// Within is For with a promise to keep: the test fails when it takes longer than
// most.
func Within(tb testing.TB, most time.Duration, what string, is func() bool) {
	tb.Helper()
	if took := For(tb, what, is); took > most {
		tb.Errorf("%s took %s", what, took)
	}
}
