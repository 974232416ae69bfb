package revocation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// margin is added to the end of each record, for clocks that differ.
const margin = time.Minute

// Publisher tells the other replicas. It returns an error only for records that
// it can neither deliver nor keep for later.
type Publisher interface {
	Publish(ctx context.Context, records ...Record) error
}

// Config of a List.
type Config struct {
	// Records outlive this List when the caller keeps them across reloads.
	Records *Records
	// Keyring is the one that seals the sessions, bound to the relying party.
	Keyring *seal.Keyring
	// Publisher tells the other replicas; nil means that there are none.
	Publisher Publisher
	// Lifetime is the longest that a session lasts.
	Lifetime time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// List tells which sessions were ended, and ends them. It is safe for concurrent
// use.
type List struct {
	records   *Records
	digests   *digester
	publisher Publisher
	lifetime  time.Duration
	now       func() time.Time
	log       *slog.Logger
}

// New checks the configuration and makes a List. A nil log discards.
func New(c Config, log *slog.Logger) (*List, error) {
	if c.Records == nil || c.Keyring == nil || c.Lifetime <= 0 {
		return nil, errors.New("a revocation list needs records, a keyring and the sessions' lifetime")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	digests, err := newDigester(c.Keyring)
	if err != nil {
		return nil, err
	}
	return &List{c.Records, digests, c.Publisher, c.Lifetime, c.Now, log}, nil
}

// Generation changes whenever a session may have been revoked since.
func (l *List) Generation() uint64 { return l.records.Generation() }

// Revoked reports whether the session was ended before its time.
func (l *List) Revoked(s *session.Session) bool {
	began := seconds(s.StartedAt)
	var names [5]Name
	for _, n := range append(names[:0], bySession(s.ID), byProviderSession(s.Issuer, s.ProviderSID), bySubject(s.Issuer, s.Subject), byEmail(s.Email), byEmail(s.Username)) {
		if n.empty() || !l.records.any(n.kind) {
			continue
		}
		for _, way := range l.digests.ways() {
			cutoff, ok := l.records.cutoff(n.kind, way.digest(n))
			if ok && (n.kind == SessionID || began <= cutoff) {
				return true
			}
		}
	}
	return false
}

// Add ends, in this process only, the sessions of that name that began at or
// before the cutoff. expires is when the last of them would end anyway.
func (l *List) Add(n Name, cutoff, expires time.Time) {
	for _, r := range l.recordsOf(n, cutoff, expires) {
		l.records.Apply(r)
	}
}

// EndSession ends one session by its ID, here at once and on every replica.
func (l *List) EndSession(ctx context.Context, id string) error { return l.end(ctx, bySession(id)) }

// EndProviderSession ends the sessions here that came from one session at the
// identity provider.
func (l *List) EndProviderSession(ctx context.Context, iss, sid string) error {
	return l.end(ctx, byProviderSession(iss, sid))
}

// EndSubject ends all sessions that a user has now.
func (l *List) EndSubject(ctx context.Context, iss, sub string) error {
	return l.end(ctx, bySubject(iss, sub))
}

// EndEmail ends all sessions that the user of an address has now; case does not
// matter, and a user name that is that address counts too.
func (l *List) EndEmail(ctx context.Context, email string) error {
	return l.end(ctx, byEmail(email))
}

// end revokes until now. An error means that other replicas may not hear of it;
// here it holds in any case.
func (l *List) end(ctx context.Context, n Name) error {
	if n.empty() {
		return errors.New("nothing names the sessions to end")
	}
	now := l.now()
	records := l.recordsOf(n, now, now.Add(l.lifetime+margin))
	for _, r := range records {
		l.records.Apply(r)
	}
	if l.publisher == nil {
		return nil
	}
	// A user who signs out and leaves at once has signed out on every replica.
	if err := l.publisher.Publish(context.WithoutCancel(ctx), records...); err != nil {
		l.log.ErrorContext(ctx, "sessions ended on this replica only", slog.Any("error", err))
		return fmt.Errorf("tell the other replicas of ended sessions: %w", err)
	}
	return nil
}

// recordsOf returns one record for each session secret, so that replicas in the
// middle of a key rotation understand each other as long as they share one.
func (l *List) recordsOf(n Name, cutoff, expires time.Time) []Record {
	ways := l.digests.ways()
	records := make([]Record, len(ways))
	for i, way := range ways {
		records[i] = Record{Kind: n.kind, Digest: way.digest(n), Cutoff: cutoff, Expires: expires}
	}
	return records
}

var _ session.Revocations = (*List)(nil)
