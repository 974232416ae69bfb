package keptform

import (
	"context"
	"sync"
	"time"
)

// memory is the Once of a single process.
type memory struct {
	mu   sync.Mutex
	used map[string]time.Time // until when
	now  func() time.Time
}

// newMemory makes an empty memory.
func newMemory(now func() time.Time) *memory {
	return &memory{used: make(map[string]time.Time), now: now}
}

// Once implements Once. It never fails.
func (m *memory) Once(_ context.Context, key string, ttl time.Duration) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	// A form is sent by a person's click: there are never many.
	for k, until := range m.used {
		if !until.After(now) {
			delete(m.used, k)
		}
	}
	if _, known := m.used[key]; known {
		return false, nil
	}
	m.used[key] = now.Add(ttl)
	return true, nil
}
