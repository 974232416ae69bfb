// Package keyrotation keeps the keys of several replicas in a storage that they share,
// and changes them on schedule without anybody noticing.
//
// A new key is published before it is used, early enough for every replica to read it.
// Then it becomes the current one, by each replica's own clock. After its successor has
// taken over, it is kept for as long as something that was made with it may come back. A
// change is one write of the whole list, under the storage's lock. So a replica that dies
// in between leaves either the old list or the new one.
package keyrotation

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"time"
)

// Storage is what the replicas share, like Caddy's.
type Storage interface {
	// Load returns fs.ErrNotExist for a name that holds nothing.
	Load(ctx context.Context, name string) ([]byte, error)
	// Store replaces the whole value at once.
	Store(ctx context.Context, name string, value []byte) error
	// Lock waits for the lock of a name, which all replicas share, and returns what gives it back.
	Lock(ctx context.Context, name string) (unlock func() error, err error)
}

// Schedule says when keys change.
type Schedule struct {
	// Every is how long a key is the current one; zero means for ever.
	Every time.Duration
	// Lead is how long before that a key is published. It must cover the time
	// between two readings of the slowest replica, and how far clocks differ.
	Lead time.Duration
	// Keep is how long a key is kept after its successor took over.
	Keep time.Duration
}

// Key is one key.
type Key struct {
	// ID is 64 random bits; it is no secret.
	ID     string
	Secret []byte
	// From is when the key becomes the current one.
	From time.Time
}

// Config of a Ring.
type Config struct {
	Storage Storage
	// Name is where the keys stand in the storage.
	Name     string
	Schedule Schedule
	// Generate makes the secret of a new key.
	Generate func() ([]byte, error)
	// Earlier returns the secret of a layout before this one, to be taken over
	// as the first key, or nil. It may be nil itself.
	Earlier func(ctx context.Context) ([]byte, error)
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	Log *slog.Logger
}

// Ring keeps one list of keys. It is safe for one goroutine.
type Ring struct {
	config Config
	// last is what was read last.
	last document
}

// lockPatience is how long to wait for another replica's change.
const lockPatience = 20 * time.Second

// New checks the configuration. It reads nothing.
func New(c Config) (*Ring, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := c.Schedule
	if s.Every < 0 || s.Lead < 0 || s.Keep < 0 || s.Every > 0 && s.Every < 2*s.Lead {
		return nil, fmt.Errorf("keys cannot change every %s: it takes %s until all replicas know a new one, and that twice", s.Every, s.Lead)
	}
	return &Ring{config: c}, nil
}

// Turn reads the keys and makes what changes are due. The current key comes
// first, then all others that are still or already good. Where the storage
// fails, the keys of the reading before come with the error; without any there
// is nothing to go on with.
func (r *Ring) Turn(ctx context.Context) ([]Key, error) {
	d, err := r.read(ctx)
	if err == nil && len(r.due(d).Keys) > 0 {
		d, err = r.change(ctx)
	}
	if err == nil {
		r.last = d
	}
	return r.last.ordered(r.config.Now()), err
}

// Follow turns the ring at each interval and tells what came of it when the
// order of the keys is another one. It ends with the context.
func (r *Ring) Follow(ctx context.Context, interval time.Duration, changed func([]Key)) {
	known := ids(r.last.ordered(r.config.Now()))
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		keys, err := r.Turn(ctx)
		if err != nil && ctx.Err() == nil {
			r.config.Log.ErrorContext(ctx, "keys in the storage cannot be read or changed, going on with those that are known",
				slog.String("storage_key", r.config.Name), slog.String("error", err.Error()))
		}
		if now := ids(keys); len(now) > 0 && !slices.Equal(now, known) {
			known = now
			changed(keys)
		}
	}
}

func ids(keys []Key) []string {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = k.ID
	}
	return list
}

// read returns what the storage holds; nothing is an empty document.
func (r *Ring) read(ctx context.Context) (document, error) {
	raw, err := r.config.Storage.Load(ctx, r.config.Name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return document{}, nil
	case err != nil:
		return document{}, fmt.Errorf("read %s from the storage: %w", r.config.Name, err)
	}
	d, err := parse(raw)
	if err != nil {
		return document{}, fmt.Errorf("%s in the storage: %w", r.config.Name, err)
	}
	return d, nil
}

// change makes the changes that are due, under the lock. Another replica may
// have made them in the meantime.
func (r *Ring) change(ctx context.Context) (d document, err error) {
	waiting, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	unlock, err := r.config.Storage.Lock(waiting, r.config.Name)
	if err != nil {
		return d, fmt.Errorf("lock %s in the storage: %w", r.config.Name, err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if d, err = r.read(ctx); err != nil {
		return d, err
	}
	next := r.due(d)
	if len(next.Keys) == 0 {
		return d, nil
	}
	if err := r.complete(ctx, &next); err != nil {
		return document{}, err
	}
	raw, err := next.text()
	if err != nil {
		return document{}, err
	}
	if err := r.config.Storage.Store(ctx, r.config.Name, raw); err != nil {
		return document{}, fmt.Errorf("keep %s in the storage: %w", r.config.Name, err)
	}
	r.config.Log.InfoContext(ctx, "keys changed", slog.String("storage_key", r.config.Name), slog.Int("keys", len(next.Keys)),
		slog.Time("newest_from", next.Keys[len(next.Keys)-1].From))
	return next, nil
}

// due returns the document as it ought to be, and an empty one where nothing is
// to be changed. A key that has yet to be made has no secret.
func (r *Ring) due(d document) document {
	s, now := r.config.Schedule, r.config.Now()
	next := document{Version: version, Keys: slices.Clone(d.Keys)}
	if len(next.Keys) == 0 {
		next.Keys = []Key{{From: now}}
		return next
	}
	newest := next.Keys[len(next.Keys)-1]
	if from := newest.From.Add(s.Every); s.Every > 0 && !now.Before(from.Add(-s.Lead)) {
		// Late, after a long rest: nobody may be taken by surprise then either.
		if earliest := now.Add(s.Lead); from.Before(earliest) {
			from = earliest
		}
		next.Keys = append(next.Keys, Key{From: from})
	}
	// Another replica's clock may be behind ours, so a key is kept for the lead
	// too.
	next.Keys = slices.Delete(next.Keys, 0, outlived(next.Keys, now.Add(-s.Keep-s.Lead)))
	if len(next.Keys) == len(d.Keys) && next.Keys[len(next.Keys)-1].Secret != nil && next.Keys[0].ID == d.Keys[0].ID {
		return document{}
	}
	return next
}

// outlived counts the keys whose successor took over before a time.
func outlived(keys []Key, before time.Time) int {
	n := 0
	for n+1 < len(keys) && keys[n+1].From.Before(before) {
		n++
	}
	return n
}

// complete makes the keys that a document lacks.
func (r *Ring) complete(ctx context.Context, d *document) error {
	for i := range d.Keys {
		k := &d.Keys[i]
		if k.Secret != nil {
			continue
		}
		var err error
		if len(d.Keys) == 1 && r.config.Earlier != nil {
			if k.Secret, err = r.config.Earlier(ctx); err != nil {
				return err
			}
		}
		if k.Secret == nil {
			if k.Secret, err = r.config.Generate(); err != nil {
				return fmt.Errorf("make a key: %w", err)
			}
		}
		k.ID = newID()
	}
	return nil
}
