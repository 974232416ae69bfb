package session

import "time"

// Ends returns when a session ends unless it is used: by its idle time, as far as
// the browser's cookie knows of its use, or by its lifetime; that of a bearer token
// by the latter only. It is the zero time for nil.
func (st *Store) Ends(s *Session) time.Time {
	if s == nil {
		return time.Time{}
	}
	if idle := s.SeenAt.Add(st.idle); !s.SeenAt.IsZero() && idle.Before(s.ExpiresAt) {
		return idle
	}
	return s.ExpiresAt
}
