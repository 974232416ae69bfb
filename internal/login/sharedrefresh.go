package login

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// Turns lets one replica at a time do a thing.
type Turns interface {
	// Once reports whether nobody has asked for the key since its last deletion,
	// or within the ttl.
	Once(ctx context.Context, key string, ttl time.Duration) (first bool, err error)
	Delete(ctx context.Context, key string) error
}

// Results holds values that every replica finds.
type Results interface {
	Put(ctx context.Context, key string, value []byte, ttl time.Duration) error
	Get(ctx context.Context, key string) (value []byte, found bool, err error)
}

const (
	// turnKept is how long a replica that dies in the middle of a refresh keeps its
	// turn. It must be longer than refreshTimeout.
	turnKept = 30 * time.Second
	// stateTimeout bounds one call to the shared state.
	stateTimeout = 2 * time.Second
	// A replica that waits for another looks again after lookFirst, and doubles the
	// time between looks up to lookLongest.
	lookFirst   = 20 * time.Millisecond
	lookLongest = 250 * time.Millisecond
)

// errElsewhere means that another replica did not finish in time.
var errElsewhere = errors.New("another replica is still refreshing the session")

// sharedRefresh hands refreshed sessions from replica to replica through the shared
// state. That sees neither a session's ID, which is hashed, nor what is in the session:
// results are sealed under a key of their own.
type sharedRefresh struct {
	turns   Turns
	results Results
	box     *seal.Box
	log     *slog.Logger
}

// newSharedRefresh returns nil where nothing is shared.
func newSharedRefresh(c Config, log *slog.Logger) (*sharedRefresh, error) {
	if c.Turns == nil || c.Results == nil {
		return nil, nil //nolint:nilnil // a process on its own is no failure
	}
	box, err := c.Keyring.Box("refresh.v1", 0, c.Now)
	if err != nil {
		return nil, err
	}
	return &sharedRefresh{turns: c.Turns, results: c.Results, box: box, log: log}, nil
}

// refreshKeys returns the keys of a session's turn and of its result.
func refreshKeys(id string) (turn, result string) {
	sum := sha256.Sum256([]byte("refresh " + id))
	name := base64.RawURLEncoding.EncodeToString(sum[:16])
	return "refresh-turn:" + name, "refresh:" + name
}

// refreshShared refreshes a session, or waits for the replica that does. With the
// shared state down it refreshes by itself.
func (rp *RelyingParty) refreshShared(ctx context.Context, s *session.Session) refreshed {
	turn, _ := refreshKeys(s.ID)
	patience, cancel := context.WithTimeout(ctx, rp.refreshPatience)
	defer cancel()
	for pause := lookFirst; ; pause = min(2*pause, lookLongest) {
		known, mine, err := rp.shared.turn(ctx, s)
		if err != nil {
			rp.log.WarnContext(ctx, "shared state not available, refreshing the session on its own", slog.Any("error", err))
		}
		switch {
		case err != nil && !mine:
			return rp.askAgain(ctx, s)
		case known.ended || !rp.due(known.newer(s)):
			if mine {
				rp.shared.release(ctx, turn)
			}
			return known
		case mine:
			result := rp.askAgain(ctx, known.newer(s))
			rp.shared.handOver(ctx, s, result, rp.keptFor(s))
			rp.shared.release(ctx, turn)
			if result.session == nil {
				result.session = known.session
			}
			return result
		}
		select {
		case <-time.After(pause):
		case <-patience.Done():
			return refreshed{session: known.session, err: errElsewhere}
		}
	}
}

// turn asks for this replica's turn, and returns what the replicas know of the session.
// It reads that after it got the turn, because the replica before may have only just
// finished.
func (sr *sharedRefresh) turn(ctx context.Context, s *session.Session) (known refreshed, mine bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, stateTimeout)
	defer cancel()
	turn, _ := refreshKeys(s.ID)
	if mine, err = sr.turns.Once(ctx, turn, turnKept); err != nil {
		return refreshed{}, false, err
	}
	known, err = sr.known(ctx, s)
	return known, mine, err // an error too leaves the turn with us, to be given back
}

// last waits for the replica that refreshes a session now, takes its turn so that
// none comes after it, and returns what is known then. release gives the turn back.
func (sr *sharedRefresh) last(ctx context.Context, s *session.Session) (known refreshed, release func(), err error) {
	patience, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	turn, _ := refreshKeys(s.ID)
	release = func() {}
	for pause := lookFirst; ; pause = min(2*pause, lookLongest) {
		var mine bool
		known, mine, err = sr.turn(patience, s)
		if mine {
			release = func() { sr.release(ctx, turn) }
		}
		if mine || err != nil {
			return known, release, err
		}
		select {
		case <-time.After(pause):
		case <-patience.Done():
			return known, release, errElsewhere
		}
	}
}

// known returns what replicas have handed over of a session.
func (sr *sharedRefresh) known(ctx context.Context, s *session.Session) (refreshed, error) {
	_, result := refreshKeys(s.ID)
	sealed, found, err := sr.results.Get(ctx, result)
	if err != nil || !found {
		return refreshed{}, err
	}
	return sr.open(sealed, s), nil
}

func (sr *sharedRefresh) release(ctx context.Context, turn string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stateTimeout)
	defer cancel()
	if err := sr.turns.Delete(ctx, turn); err != nil {
		sr.log.WarnContext(ctx, "turn to refresh not given back, it lapses by itself", slog.Any("error", err))
	}
}

// A result is a mark, and then what the mark names.
const (
	markRenewed = 's' // the session
	markEnded   = 'e' // its ID
)

// handOver stores what the provider said.
func (sr *sharedRefresh) handOver(ctx context.Context, s *session.Session, result refreshed, kept time.Duration) {
	var plain []byte
	switch {
	case result.ended:
		plain = append([]byte{markEnded}, s.ID...)
	case result.session != nil:
		layout, err := result.session.MarshalBinary()
		if err != nil {
			return // it never fails
		}
		plain = append([]byte{markRenewed}, layout...)
	default:
		return
	}
	sealed, err := sr.box.Seal(plain)
	if err == nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stateTimeout)
		defer cancel()
		_, key := refreshKeys(s.ID)
		err = sr.results.Put(ctx, key, []byte(sealed), kept)
	}
	if err != nil {
		sr.log.WarnContext(ctx, "refreshed session not handed to other replicas", slog.Any("error", err))
	}
}

// open reads a result for a session. It takes no notice of one that we did not seal or
// that is another session's.
func (sr *sharedRefresh) open(sealed []byte, s *session.Session) refreshed {
	plain, err := sr.box.Open(string(sealed))
	if err != nil || len(plain) == 0 {
		return refreshed{}
	}
	switch rest := plain[1:]; plain[0] {
	case markEnded:
		return refreshed{ended: string(rest) == s.ID}
	case markRenewed:
		other := new(session.Session)
		if other.UnmarshalBinary(rest) == nil && other.ID == s.ID && other.IsUser(s.Issuer, s.Subject) {
			return refreshed{session: other}
		}
	}
	return refreshed{}
}
