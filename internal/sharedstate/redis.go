package sharedstate

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/passkey-sidecar/passkey-sidecar/internal/revocation"
)

// defaultPatience is how long one step of a call may take: dialling, writing,
// reading.
const defaultPatience = time.Second

// RedisConfig of a Redis.
type RedisConfig struct {
	Address Address
	// Namespace separates the relying party's keys from others'.
	Namespace string
	// Records get what any replica publishes. They must outlive the Redis.
	Records *revocation.Records
	// Patience is how long one step of a call may take; zero means a second.
	Patience time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Redis is shared state on a Redis or Valkey server.
type Redis struct {
	client   redis.UniversalClient
	prefix   string
	patience time.Duration
	records  *revocation.Records
	now      func() time.Time
	log      *slog.Logger
	link     *link
	queue    queue
	at       cursor
	// epoch is the mark of the server's data that this replica has seen.
	epoch string

	ready   chan struct{}
	isReady sync.Once
	started sync.Once
	stop    context.CancelFunc
	stopped chan struct{}
}

// quiet keeps the client from writing to standard error: what goes wrong is
// returned, and logged once here.
var quiet = sync.OnceFunc(func() { redis.SetLogger(&logging.VoidLogger{}) })

// NewRedis checks the configuration; Start begins to connect. A nil log discards.
func NewRedis(c RedisConfig, log *slog.Logger) (*Redis, error) {
	if c.Patience == 0 {
		c.Patience = defaultPatience
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if c.Records == nil || c.Namespace == "" {
		return nil, errors.New("the shared state needs a namespace and the records to keep")
	}
	o, err := c.Address.options(c.Patience)
	if err != nil {
		return nil, err
	}
	quiet()
	return &Redis{
		client: redis.NewUniversalClient(o), prefix: "passkeys:" + c.Namespace + ":", patience: c.Patience,
		records: c.Records, now: c.Now, log: log, link: newLink(c.Now),
		ready: make(chan struct{}), stopped: make(chan struct{}),
	}, nil
}

// Start implements Shared. It waits for nothing, so it works while the server is down.
func (s *Redis) Start() {
	s.started.Do(func() {
		ctx, stop := context.WithCancel(context.Background())
		s.stop = stop
		go s.run(ctx)
	})
}

// call runs one command unless the server is known to be down, and notes when it
// turns out to be.
func (s *Redis) call(ctx context.Context, command func(context.Context) error) error {
	if !s.link.up() {
		return ErrDown
	}
	bounded, cancel := context.WithTimeout(ctx, 2*s.patience)
	defer cancel()
	err := command(bounded)
	// A caller who went away says nothing about the server.
	if err == nil || errors.Is(err, redis.Nil) || ctx.Err() != nil {
		return err
	}
	if unreachable(err) {
		s.lost(ctx, err)
		return ErrDown
	}
	return err
}

// Once implements Shared.
func (s *Redis) Once(ctx context.Context, key string, ttl time.Duration) (first bool, err error) {
	err = s.call(ctx, func(ctx context.Context) error {
		err := s.client.SetArgs(ctx, s.prefix+key, "1", redis.SetArgs{Mode: "NX", TTL: ttl}).Err()
		first = err == nil
		return err
	})
	if errors.Is(err, redis.Nil) {
		return false, nil
	}
	return first, err
}

// Put implements Shared.
func (s *Redis) Put(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return s.call(ctx, func(ctx context.Context) error {
		return s.client.Set(ctx, s.prefix+key, value, ttl).Err()
	})
}

// Get implements Shared.
func (s *Redis) Get(ctx context.Context, key string) (value []byte, found bool, err error) {
	err = s.call(ctx, func(ctx context.Context) error {
		var err error
		value, err = s.client.Get(ctx, s.prefix+key).Bytes()
		return err
	})
	if errors.Is(err, redis.Nil) {
		return nil, false, nil
	}
	return value, err == nil, err
}

// Delete implements Shared.
func (s *Redis) Delete(ctx context.Context, key string) error {
	return s.call(ctx, func(ctx context.Context) error { return s.client.Del(ctx, s.prefix+key).Err() })
}

// Add implements Shared.
func (s *Redis) Add(ctx context.Context, key string, window time.Duration) (count int64, err error) {
	err = s.call(ctx, func(ctx context.Context) error {
		var counted *redis.IntCmd
		// In one transaction, so that no counter is left without an end.
		_, err := s.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.SetArgs(ctx, s.prefix+key, 0, redis.SetArgs{Mode: "NX", TTL: window})
			counted = p.Incr(ctx, s.prefix+key)
			return nil
		})
		// The pipeline's error is that of its first failure, and "not set" is one.
		if err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
		count, err = counted.Result()
		return err
	})
	return count, err
}

// Ready implements Shared.
func (s *Redis) Ready() <-chan struct{} { return s.ready }

// Status implements Shared.
func (s *Redis) Status() Status {
	up, since := s.link.status()
	return Status{Up: up, Since: since, Queued: s.queue.len()}
}

// Close implements Shared.
func (s *Redis) Close() error {
	s.started.Do(func() { s.stop = func() {}; close(s.stopped) })
	s.flushLast()
	s.link.set(false)
	s.stop()
	// It interrupts the read that waits for news.
	err := s.client.Close()
	<-s.stopped
	return err
}

// flushLast gives what waits a last chance.
func (s *Redis) flushLast() {
	ctx, cancel := context.WithTimeout(context.Background(), s.patience)
	defer cancel()
	if err := s.flush(ctx); err != nil {
		s.log.ErrorContext(ctx, "other replicas were not told of ended sessions", slog.Int("records", s.queue.len()), slog.Any("error", err))
	}
}

var _ Shared = (*Redis)(nil)
