package sharedstate

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// link knows whether the server answers, so that no request has to find out.
type link struct {
	now func() time.Time

	mu    sync.RWMutex
	alive bool
	tried bool // a connection was tried at all
	since time.Time
}

func newLink(now func() time.Time) *link { return &link{now: now, since: now()} }

func (l *link) up() bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.alive
}

func (l *link) status() (up bool, since time.Time) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.alive, l.since
}

// set notes how it is, and reports whether that is news and how long the state
// before lasted.
func (l *link) set(alive bool) (news bool, before time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	news = l.alive != alive || !l.tried
	l.tried = true
	if !news {
		return false, 0
	}
	now := l.now()
	before = now.Sub(l.since)
	l.alive, l.since = alive, now
	return true, before
}

// unreachable reports whether an error means that the server cannot serve anybody
// now, rather than that it refuses this one command.
func unreachable(err error) bool {
	reply, isReply := errors.AsType[redis.Error](err)
	if !isReply {
		return true
	}
	for _, prefix := range []string{
		"LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "MOVED", "ASK", "NOAUTH", "WRONGPASS", "NOREPLICAS", "MISCONF", "UNBLOCKED",
	} {
		if strings.HasPrefix(reply.Error(), prefix) {
			return true
		}
	}
	return false
}

// lost notes that the server does not answer; the background asks from now on.
func (s *Redis) lost(ctx context.Context, err error) {
	if news, _ := s.link.set(false); news {
		s.log.WarnContext(ctx, "shared state lost; sessions go on, other replicas hear later of what ends here", slog.Any("error", err))
	}
}

func (s *Redis) found(ctx context.Context) {
	if news, before := s.link.set(true); news {
		s.log.InfoContext(ctx, "shared state up", slog.Duration("after", before.Round(time.Millisecond)), slog.Int("revocations", s.records.Len()))
	}
}
