package okta

import (
	"encoding/json"
	"slices"
	"time"
)

// ManagementToken is the API token that /api/v1 takes, as SSWS or as Bearer.
func (s *Server) ManagementToken() string { return s.management.token }

// ManagementCalls lists the calls that /api/v1 has let through since it was
// last asked, as "POST /api/v1/apps".
func (s *Server) ManagementCalls() []string {
	m := s.management
	m.mu.Lock()
	defer m.mu.Unlock()
	calls := m.calls
	m.calls = nil
	return calls
}

// ManagementObjects returns copies of a collection's objects as JSON. The
// collection is a path below /api/v1, such as "idps" or "policies/<id>/rules".
func (s *Server) ManagementObjects(collection string) []json.RawMessage {
	m := s.management
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []json.RawMessage
	for _, o := range m.objects[collection] {
		raw, err := json.Marshal(o)
		if err != nil {
			panic(err) // it came from JSON
		}
		list = append(list, raw)
	}
	return list
}

// DenyManagement takes rights away: "POST apps" or "* idps", a method and the
// start of a path below /api/v1. No argument gives all rights back.
func (s *Server) DenyManagement(rights ...string) {
	m := s.management
	m.mu.Lock()
	defer m.mu.Unlock()
	m.denied = slices.Clone(rights)
}

// LimitManagement answers the next calls with 429, whose reset is that far ahead.
func (s *Server) LimitManagement(calls int, reset time.Duration) {
	m := s.management
	m.mu.Lock()
	defer m.mu.Unlock()
	m.limited, m.reset = calls, reset
}

// FailManagement answers the n-th call from now with a status; 0 switches it off.
func (s *Server) FailManagement(n, status int) {
	m := s.management
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failAt, m.failAs = n, status
}
