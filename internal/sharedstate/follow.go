package sharedstate

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/passkey-sidecar/passkey-sidecar/internal/revocation"
)

const (
	// listen is how long one read waits for news. A connection that died without
	// a word is found after it.
	listen = time.Second
	// retryFirst and retryMost bound the pause between attempts to connect.
	retryFirst = 50 * time.Millisecond
	retryMost  = time.Second
	// readSize is how many entries of the log come in one answer.
	readSize = 1000
	// tidyEvery is how often a replica looks after the log.
	tidyEvery = time.Minute

	begin = "0-0"
)

// cursor is how far this replica has read the log.
type cursor struct {
	id string
	// expires is when the entry at id may have been dropped.
	expires time.Time
}

// run connects, reads the log to its end and follows it, for ever. It is the one
// place that finds out that the server is back.
func (s *Redis) run(ctx context.Context) {
	defer close(s.stopped)
	s.at = cursor{id: begin}
	pause := retryFirst
	for ctx.Err() == nil {
		err := s.connect(ctx)
		if err == nil {
			pause = retryFirst
			s.found(ctx)
			s.isReady.Do(func() { close(s.ready) })
			err = s.follow(ctx)
		}
		s.isReady.Do(func() { close(s.ready) })
		if ctx.Err() != nil {
			return
		}
		s.lost(ctx, err)
		s.lookAround(ctx)
		// Not all replicas at the same moment.
		select {
		case <-ctx.Done():
		case <-time.After(pause/2 + rand.N(pause/2)): //nolint:gosec // no secret
		}
		pause = min(2*pause, retryMost)
	}
}

// lookAround makes the client ask the nodes of a Cluster, in the background, who
// has what now. It does so by itself when a node sends it elsewhere; but a master
// that died does not, and it would go on with it for a minute after a copy took
// over.
func (s *Redis) lookAround(ctx context.Context) {
	if cluster, ok := s.client.(*redis.ClusterClient); ok {
		cluster.ReloadState(ctx)
	}
}

// connect finds out whether the server serves, catches up with the log, and sends
// what waited meanwhile.
func (s *Redis) connect(ctx context.Context) error {
	if err := s.probe(ctx); err != nil {
		return err
	}
	if err := s.mendLog(ctx); err != nil {
		return err
	}
	for {
		n, err := s.read(ctx, -1)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	bounded, cancel := context.WithTimeout(ctx, 10*s.patience)
	defer cancel()
	return s.flush(bounded)
}

// probe writes, because a primary that was replaced still answers a PING.
func (s *Redis) probe(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, 2*s.patience)
	defer cancel()
	return s.client.Set(bounded, s.prefix+"probe", "1", time.Minute).Err()
}

// follow applies what any replica publishes, as it comes.
func (s *Redis) follow(ctx context.Context) error {
	tidied := s.now()
	for s.link.up() {
		if _, err := s.read(ctx, listen); err != nil {
			return err
		}
		if s.queue.len() > 0 {
			if err := s.flush(ctx); err != nil {
				return err
			}
		}
		if now := s.now(); now.Sub(tidied) >= tidyEvery {
			tidied = now
			if err := s.tidy(ctx); err != nil {
				return err
			}
		}
	}
	return errors.New("a call found the server not to answer")
}

// read applies the next entries of the log and returns how many they were. It
// waits for some; a negative time means not at all.
func (s *Redis) read(ctx context.Context, wait time.Duration) (int, error) {
	bounded, cancel := context.WithTimeout(ctx, max(wait, 0)+2*s.patience)
	defer cancel()
	streams, err := s.client.XRead(bounded, &redis.XReadArgs{Streams: []string{s.logKey(), s.at.id}, Count: readSize, Block: wait}).Result()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n := 0
	for _, stream := range streams {
		for _, m := range stream.Messages {
			n++
			s.at = cursor{m.ID, expiry(m)}
			if r, ok := s.decode(ctx, m); ok {
				s.records.Apply(r)
			}
		}
	}
	return n, nil
}

func (s *Redis) decode(ctx context.Context, m redis.XMessage) (r revocation.Record, ok bool) {
	raw, _ := m.Values[fieldRecord].(string)
	if err := r.UnmarshalBinary([]byte(raw)); err != nil {
		s.log.WarnContext(ctx, "an entry of the revocation log is none of this version's; update this replica", slog.String("entry", m.ID))
		return r, false
	}
	return r, true
}

// expiry is when an entry may be dropped; for what is no entry of ours, at once.
func expiry(m redis.XMessage) time.Time {
	raw, _ := m.Values[fieldExpires].(string)
	at, err := strconv.ParseInt(raw, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(at, 0)
}
