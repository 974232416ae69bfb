package session

import "net/http"

// Former returns the session that the request's cookie held before it ended, by
// its idle time or otherwise, or nil: none that can still be read. It says who
// used this browser, and gives no right to anything.
func (st *Store) Former(r *http.Request) *Session {
	sealed, err := st.session.Sealed(r)
	if err != nil {
		return nil
	}
	s, err := st.open(sealed)
	if err != nil {
		return nil
	}
	return s
}
