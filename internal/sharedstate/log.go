package sharedstate

import (
	"context"
	"crypto/rand"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/passkey-sidecar/passkey-sidecar/internal/revocation"
)

// tidy looks after the log now and then: it is still the one that was read, and
// holds no more than it must.
func (s *Redis) tidy(ctx context.Context) error {
	if err := s.mendLog(ctx); err != nil {
		return err
	}
	return s.trim(ctx)
}

// mendLog finds out whether the server lost the log, because it was restarted
// without persistence, flushed, or replaced by a replica that lagged behind. Each
// replica of ours then reads what is there and adds what it knows besides, so
// that the replicas together forget nothing.
func (s *Redis) mendLog(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, 2*s.patience)
	defer cancel()
	// The epoch is made by whoever comes first and never again: another one means
	// other data.
	if err := s.client.SetNX(bounded, s.epochKey(), rand.Text(), 0).Err(); err != nil {
		return err
	}
	epoch, err := s.client.Get(bounded, s.epochKey()).Result()
	if err != nil {
		return err
	}
	lost := s.epoch != "" && s.epoch != epoch
	if !lost && s.at.id != begin && s.now().Before(s.at.expires) {
		last, err := s.client.XRangeN(bounded, s.logKey(), s.at.id, s.at.id, 1).Result()
		if err != nil {
			return err
		}
		lost = len(last) == 0
	}
	if lost {
		s.log.WarnContext(ctx, "the server lost the revocation log; it is written again from memory", slog.Int("revocations", s.records.Len()))
		if err := s.restore(ctx); err != nil {
			return err
		}
	}
	s.epoch = epoch
	return nil
}

// name is what tells records apart.
type name struct {
	kind   revocation.Kind
	digest revocation.Digest
}

// restore reads the log from its begin and adds what is missing.
func (s *Redis) restore(ctx context.Context) error {
	there := make(map[name]revocation.Record)
	from := cursor{id: begin}
	for id := "-"; ; id = "(" + from.id {
		entries, err := s.entries(ctx, id)
		if err != nil {
			return err
		}
		for _, m := range entries {
			from = cursor{m.ID, expiry(m)}
			if r, ok := s.decode(ctx, m); ok {
				there[name{r.Kind, r.Digest}] = r
				s.records.Apply(r)
			}
		}
		if len(entries) < readSize {
			break
		}
	}
	missing := make([]revocation.Record, 0, batch)
	send := func() error {
		bounded, cancel := context.WithTimeout(ctx, 5*s.patience)
		defer cancel()
		err := s.append(bounded, missing)
		missing = missing[:0]
		return err
	}
	for r := range s.records.All {
		if known, ok := there[name{r.Kind, r.Digest}]; ok && !r.Cutoff.After(known.Cutoff) && !r.Expires.After(known.Expires) {
			continue
		}
		if missing = append(missing, r); len(missing) == batch {
			if err := send(); err != nil {
				return err
			}
		}
	}
	if len(missing) > 0 {
		if err := send(); err != nil {
			return err
		}
	}
	// What was just written comes back by following, and changes nothing. Only
	// now: an attempt that failed half way is made again.
	s.at = from
	return nil
}

// trim drops what has expired from the begin of the log. It goes by each entry's
// own end, because replicas may differ in how long their sessions last.
func (s *Redis) trim(ctx context.Context) error {
	now := s.now()
	for {
		entries, err := s.entries(ctx, "-")
		if err != nil || len(entries) == 0 {
			return err
		}
		keep := 0
		for keep < len(entries) && s.over(entries[keep], now) {
			keep++
		}
		if keep == 0 {
			return nil
		}
		// The newest entry stays, as the mark by which a lost log is found out.
		minID := entries[min(keep, len(entries)-1)].ID
		bounded, cancel := context.WithTimeout(ctx, 2*s.patience)
		dropped, err := s.client.XTrimMinID(bounded, s.logKey(), minID).Result()
		cancel()
		if err != nil || dropped == 0 || keep < len(entries) {
			return err
		}
	}
}

func (s *Redis) over(m redis.XMessage, now time.Time) bool { return !now.Before(expiry(m)) }

func (s *Redis) entries(ctx context.Context, from string) ([]redis.XMessage, error) {
	bounded, cancel := context.WithTimeout(ctx, 5*s.patience)
	defer cancel()
	return s.client.XRangeN(bounded, s.logKey(), from, "+", readSize).Result()
}
