package sharedstate

import (
	"context"
	"log/slog"
	"strconv"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/passkey-sidecar/passkey-sidecar/internal/revocation"
)

const (
	// maxQueued bounds the records that wait for the server, about 10 MB.
	maxQueued = 100_000
	// batch is how many records go in one round trip.
	batch = 500
)

// queue holds records that other replicas have not been told of, oldest first.
type queue struct {
	// sending is held by whoever takes records out.
	sending sync.Mutex

	mu      sync.Mutex
	waiting []revocation.Record
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

// add keeps the records for later, all or none.
func (q *queue) add(records []revocation.Record) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting)+len(records) > maxQueued {
		return ErrFull
	}
	q.waiting = append(q.waiting, records...)
	return nil
}

// head returns the oldest records. They stay until sent is called.
func (q *queue) head() []revocation.Record {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting[:min(len(q.waiting), batch)]
}

func (q *queue) sent(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiting = q.waiting[n:]; len(q.waiting) == 0 {
		q.waiting = nil
	}
}

// Publish implements Shared.
func (s *Redis) Publish(ctx context.Context, records ...revocation.Record) error {
	err := s.call(ctx, func(ctx context.Context) error { return s.append(ctx, records) })
	if err == nil {
		return nil
	}
	if full := s.queue.add(records); full != nil {
		return full
	}
	s.log.WarnContext(ctx, "other replicas will hear later of ended sessions", slog.Int("waiting", s.queue.len()), slog.Any("error", err))
	return nil
}

// flush sends what waits. A record may arrive twice, which changes nothing.
func (s *Redis) flush(ctx context.Context) error {
	s.queue.sending.Lock()
	defer s.queue.sending.Unlock()
	for {
		records := s.queue.head()
		if len(records) == 0 {
			return nil
		}
		if err := s.append(ctx, records); err != nil {
			return err
		}
		s.queue.sent(len(records))
		s.log.InfoContext(ctx, "told other replicas of sessions that ended earlier", slog.Int("records", len(records)))
	}
}

// The fields of an entry of the log. The end stands by itself, so that a replica
// can tell of any entry, also of a later version's, when it may be dropped.
const (
	fieldRecord  = "r"
	fieldExpires = "x"
)

// append writes records to the end of the log.
func (s *Redis) append(ctx context.Context, records []revocation.Record) error {
	_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, r := range records {
			raw, err := r.MarshalBinary()
			if err != nil {
				return err
			}
			p.XAdd(ctx, &redis.XAddArgs{Stream: s.logKey(), Values: []any{fieldRecord, raw, fieldExpires, strconv.FormatInt(r.Expires.Unix(), 10)}})
		}
		return nil
	})
	return err
}

// logKey and epochKey share a slot of a Cluster, and so their fate.
func (s *Redis) logKey() string   { return s.prefix + "{log}revocations" }
func (s *Redis) epochKey() string { return s.prefix + "{log}epoch" }
