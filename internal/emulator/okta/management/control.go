package management

import (
	"encoding/json"
	"slices"
	"time"
)

// ManagementToken is the API token that /api/v1 takes, as SSWS or as Bearer.
func (m *API) ManagementToken() string { return m.token }

// ManagementCalls lists the calls that /api/v1 has let through since it was
// last asked, as "POST /api/v1/apps".
func (m *API) ManagementCalls() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	calls := m.calls
	m.calls = nil
	return calls
}

// ManagementObjects returns copies of a collection's objects as JSON. The
// collection is a path below /api/v1, such as "idps" or "policies/<id>/rules".
func (m *API) ManagementObjects(collection string) []json.RawMessage {
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
func (m *API) DenyManagement(rights ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.denied = slices.Clone(rights)
}

// LimitManagement answers the next calls with 429, whose reset is that far ahead.
func (m *API) LimitManagement(calls int, reset time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.limited, m.reset = calls, reset
}

// FailManagement answers the n-th call from now with a status; 0 switches it off.
func (m *API) FailManagement(n, status int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failAt, m.failAs = n, status
}
