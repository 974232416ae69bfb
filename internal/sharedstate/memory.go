package sharedstate

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/revocation"
)

// maxEntries bounds each kind of entries in a Memory: kept forms that were sent,
// logout tokens that were seen, counts of connect tokens. Beyond it new keys of the
// kind are refused with ErrFull, for dropping an old one would allow a replay. Who
// can make many of one kind takes no room from another.
const maxEntries = 100_000

// Memory is the state of a single process. Revocations live in its
// revocation.Records alone, so they last as long as the process.
type Memory struct {
	now   func() time.Time
	since time.Time
	ready chan struct{}

	mu      sync.Mutex
	entries map[string]entry
	kinds   map[string]int // how many entries each kind has
	swept   time.Time
}

type entry struct {
	value   []byte
	count   int64
	expires time.Time
}

// NewMemory makes an empty Memory. A nil now means time.Now.
func NewMemory(now func() time.Time) *Memory {
	if now == nil {
		now = time.Now
	}
	m := &Memory{now: now, since: now(), ready: make(chan struct{}), entries: make(map[string]entry), kinds: make(map[string]int)}
	close(m.ready)
	return m
}

// Start implements Shared: nothing runs in the background.
func (m *Memory) Start() {}

// Once implements Shared.
func (m *Memory) Once(_ context.Context, key string, ttl time.Duration) (bool, error) {
	now := m.now()
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.entries[key]; ok && now.Before(e.expires) {
		return false, nil
	}
	return true, m.set(key, entry{expires: now.Add(ttl)}, now)
}

// Put implements Shared.
func (m *Memory) Put(_ context.Context, key string, value []byte, ttl time.Duration) error {
	now := m.now()
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.set(key, entry{value: slices.Clone(value), expires: now.Add(ttl)}, now)
}

// Get implements Shared.
func (m *Memory) Get(_ context.Context, key string) ([]byte, bool, error) {
	now := m.now()
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.entries[key]
	if !ok || !now.Before(e.expires) {
		return nil, false, nil
	}
	return slices.Clone(e.value), true, nil
}

// Delete implements Shared.
func (m *Memory) Delete(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.entries[key]; known {
		m.drop(key)
	}
	return nil
}

// Add implements Shared.
func (m *Memory) Add(_ context.Context, key string, window time.Duration) (int64, error) {
	now := m.now()
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.entries[key]
	if !ok || !now.Before(e.expires) {
		e = entry{expires: now.Add(window)}
	}
	e.count++
	return e.count, m.set(key, e, now)
}

// set keeps an entry and forgets expired ones now and then: once a minute, and for a
// full kind once a second, not for each key of a flood.
func (m *Memory) set(key string, e entry, now time.Time) error {
	kind := kindOf(key)
	since := now.Sub(m.swept)
	if since < 0 || since > time.Minute || since >= time.Second && m.kinds[kind] >= maxEntries {
		for k, old := range m.entries {
			if !now.Before(old.expires) {
				m.drop(k)
			}
		}
		m.swept = now
	}
	if _, known := m.entries[key]; !known {
		if m.kinds[kind] >= maxEntries {
			return ErrFull
		}
		m.kinds[kind]++
	}
	m.entries[key] = e
	return nil
}

// drop forgets an entry that is there.
func (m *Memory) drop(key string) {
	delete(m.entries, key)
	kind := kindOf(key)
	if m.kinds[kind]--; m.kinds[kind] == 0 {
		delete(m.kinds, kind)
	}
}

// kindOf is the word that a key begins with. The callers' are few.
func kindOf(key string) string {
	if i := strings.IndexAny(key, " :"); i >= 0 {
		return key[:i]
	}
	return ""
}

// Publish implements Shared: there is nobody else to tell.
func (m *Memory) Publish(context.Context, ...revocation.Record) error { return nil }

// Ready implements Shared: it always is.
func (m *Memory) Ready() <-chan struct{} { return m.ready }

// Status implements Shared.
func (m *Memory) Status() Status { return Status{Up: true, Since: m.since} }

// Close implements Shared.
func (m *Memory) Close() error { return nil }

var _ Shared = (*Memory)(nil)
