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

// Turns lets one replica of a fleet at a time do a thing.
type Turns interface {
	// Once tells whether nobody has asked for the key since its last deletion,
	// or within the ttl.
	Once(ctx context.Context, key string, ttl time.Duration) (first bool, err error)
	Delete(ctx context.Context, key string) error
}

// Results holds values that every replica of a fleet finds.
type Results interface {
	Put(ctx context.Context, key string, value []byte, ttl time.Duration) error
	Get(ctx context.Context, key string) (value []byte, found bool, err error)
}

const (
	// turnKept is when a replica that died in the middle of a refresh has lost
	// its turn. It must be longer than refreshTimeout.
	turnKept = 30 * time.Second
	// stateTimeout bounds one call to the shared state.
	stateTimeout = 2 * time.Second
	// A replica that waits for another looks again after lookFirst, and then
	// ever more seldom, down to once in lookLongest.
	lookFirst   = 20 * time.Millisecond
	lookLongest = 250 * time.Millisecond
)

// errElsewhere means that another replica did not finish in time.
var errElsewhere = errors.New("another replica is still refreshing the session")

// fleet hands refreshed sessions from replica to replica. The shared state sees
// neither a session's ID nor, in clear, what is in it: the results are sealed
// under a key of their own.
type fleet struct {
	turns   Turns
	results Results
	box     *seal.Box
	log     *slog.Logger
}

// newFleet returns nil where nothing is shared.
func newFleet(c Config, log *slog.Logger) (*fleet, error) {
	if c.Turns == nil || c.Results == nil {
		return nil, nil //nolint:nilnil // no fleet is no failure
	}
	box, err := c.Keyring.Box("refresh.v1", 0, c.Now)
	if err != nil {
		return nil, err
	}
	return &fleet{turns: c.Turns, results: c.Results, box: box, log: log}, nil
}

// refreshKeys returns the keys of a session's turn and of its result.
func refreshKeys(id string) (turn, result string) {
	sum := sha256.Sum256([]byte("refresh " + id))
	name := base64.RawURLEncoding.EncodeToString(sum[:16])
	return "refresh-turn:" + name, "refresh:" + name
}

// refreshInFleet refreshes a session, or waits for the replica that is at it.
// With the shared state down it goes on in this process alone.
func (rp *RelyingParty) refreshInFleet(ctx context.Context, s *session.Session) refreshed {
	turn, _ := refreshKeys(s.ID)
	patience, cancel := context.WithTimeout(ctx, refreshPatience)
	defer cancel()
	for pause := lookFirst; ; pause = min(2*pause, lookLongest) {
		known, mine, err := rp.fleet.turn(ctx, s)
		if err != nil {
			rp.log.WarnContext(ctx, "shared state not available, refreshing the session on its own", slog.Any("error", err))
		}
		switch {
		case err != nil && !mine:
			return rp.askAnew(ctx, s)
		case known.ended || !rp.due(known.newer(s)):
			if mine {
				rp.fleet.release(ctx, turn)
			}
			return known
		case mine:
			result := rp.askAnew(ctx, known.newer(s))
			rp.fleet.handOver(ctx, s, result, rp.keptFor(s))
			rp.fleet.release(ctx, turn)
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

// turn asks for this replica's turn, and returns what the fleet knows of the
// session. It looks after it has the turn: another replica may just have done
// with its own.
func (f *fleet) turn(ctx context.Context, s *session.Session) (known refreshed, mine bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, stateTimeout)
	defer cancel()
	turn, _ := refreshKeys(s.ID)
	if mine, err = f.turns.Once(ctx, turn, turnKept); err != nil {
		return refreshed{}, false, err
	}
	known, err = f.known(ctx, s)
	return known, mine, err // with the turn, others wait for what comes
}

// last waits for the replica that refreshes a session now, takes its turn so that
// none comes after it, and returns what is known then. release gives the turn back.
func (f *fleet) last(ctx context.Context, s *session.Session) (known refreshed, release func(), err error) {
	patience, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	turn, _ := refreshKeys(s.ID)
	release = func() {}
	for pause := lookFirst; ; pause = min(2*pause, lookLongest) {
		var mine bool
		known, mine, err = f.turn(patience, s)
		if mine {
			release = func() { f.release(ctx, turn) }
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
func (f *fleet) known(ctx context.Context, s *session.Session) (refreshed, error) {
	_, result := refreshKeys(s.ID)
	sealed, found, err := f.results.Get(ctx, result)
	if err != nil || !found {
		return refreshed{}, err
	}
	return f.open(sealed, s), nil
}

func (f *fleet) release(ctx context.Context, turn string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stateTimeout)
	defer cancel()
	if err := f.turns.Delete(ctx, turn); err != nil {
		f.log.WarnContext(ctx, "turn to refresh not given back, it lapses by itself", slog.Any("error", err))
	}
}

// A result is a mark and what the mark says.
const (
	markRenewed = 's' // the session
	markEnded   = 'e' // its ID
)

// handOver stores what the provider said.
func (f *fleet) handOver(ctx context.Context, s *session.Session, result refreshed, kept time.Duration) {
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
	sealed, err := f.box.Seal(plain)
	if err == nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stateTimeout)
		defer cancel()
		_, key := refreshKeys(s.ID)
		err = f.results.Put(ctx, key, []byte(sealed), kept)
	}
	if err != nil {
		f.log.WarnContext(ctx, "refreshed session not handed to other replicas", slog.Any("error", err))
	}
}

// open reads a result for a session; what is not ours, or another session's,
// says nothing.
func (f *fleet) open(sealed []byte, s *session.Session) refreshed {
	plain, err := f.box.Open(string(sealed))
	if err != nil || len(plain) == 0 {
		return refreshed{}
	}
	switch rest := plain[1:]; plain[0] {
	case markEnded:
		return refreshed{ended: string(rest) == s.ID}
	case markRenewed:
		other := new(session.Session)
		if other.UnmarshalBinary(rest) == nil && other.ID == s.ID && other.Issuer == s.Issuer && other.Subject == s.Subject {
			return refreshed{session: other}
		}
	}
	return refreshed{}
}
