package keptform

import (
	"context"
	"time"
)

// Once remembers what was used, so that a kept form is sent once. Replicas share
// one, or the same form could be sent once to each replica.
type Once interface {
	// Once reports whether key comes for the first time within ttl.
	Once(ctx context.Context, key string, ttl time.Duration) (first bool, err error)
}
