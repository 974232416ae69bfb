package sharedstate

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/revocation"
)

var (
	// ErrDown is what calls return, at once, while the server is known not to
	// answer. The caller decides what to do without it.
	ErrDown = errors.New("shared state is down")
	// ErrFull is what calls return when a bound is reached: records that wait for
	// the server to come back, or entries in Memory.
	ErrFull = errors.New("shared state is full")
)

// Shared is what Memory and Redis have in common. All of it is safe for
// concurrent use.
type Shared interface {
	// Once reports whether it is the first call for the key within ttl, among all
	// replicas: a record against replay, or a lock.
	Once(ctx context.Context, key string, ttl time.Duration) (first bool, err error)
	// Put keeps a value for ttl. Whatever is confidential must be sealed.
	Put(ctx context.Context, key string, value []byte, ttl time.Duration) error
	// Get returns a value that Put keeps.
	Get(ctx context.Context, key string) (value []byte, found bool, err error)
	// Delete forgets what Once, Put or Add knows of a key.
	Delete(ctx context.Context, key string) error
	// Add counts one more and returns the count since the window began, which it
	// does with the first call and again when it is over.
	Add(ctx context.Context, key string, window time.Duration) (count int64, err error)
	// Publish tells every replica of ended sessions. While the server is down it
	// keeps the records for later, and returns an error only when it cannot.
	Publish(ctx context.Context, records ...revocation.Record) error
	// Start begins what runs in the background. Before it, calls may fail.
	Start()
	// Ready is closed when the records of all replicas have been read, or when it
	// turned out that they cannot be had now.
	Ready() <-chan struct{}
	// Status tells how it is.
	Status() Status
	// Close ends what runs in the background and sends what still waits, if it
	// can within a second. Calls after it return ErrDown.
	Close() error
}

// Status tells how the shared state is.
type Status struct {
	// Up reports whether calls are served, Since since when that is so.
	Up    bool
	Since time.Time
	// Queued is the number of revocation records that other replicas have not
	// been told of.
	Queued int
}

// Namespace separates relying parties that share one server. It tells nobody
// their names.
func Namespace(issuer, clientID string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q", issuer, clientID))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}
