package session

import (
	"errors"
	"net/http"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
)

// Standing returns the session that the request's cookie could still be used for,
// here or by whoever copied it, or nil: authentic, before its absolute end, and not
// ended. That it is idle in this browser does not count, since a copy that is in use
// slides an idle time of its own.
//
// It is what endings act on, and gives no right to anything.
func (st *Store) Standing(r *http.Request) *Session {
	s := st.Former(r)
	if s == nil || !st.now().Before(s.ExpiresAt) || st.ended != nil && st.ended.Revoked(s) {
		return nil
	}
	return s
}

// Known reports whether the request carries anything to sign out of, over or not: a
// session's cookie or, on the logout path, that of its ID token.
func (st *Store) Known(r *http.Request) bool {
	if st.Former(r) != nil {
		return true
	}
	id, _ := st.readIDToken(r)
	return id != ""
}

// End ends the session that the request carries, idle or not: the browser forgets
// it, and copies of its cookie, old and new, are dead at once on every replica. So
// does the one that the ID token's cookie belongs to, if that is another. The latter
// cookie can only be cleared on the logout path, where the browser sends it.
func (st *Store) End(w http.ResponseWriter, r *http.Request) {
	former, standing := st.Former(r), st.Standing(r)
	if standing != nil {
		st.end(r, standing.ID)
	}
	if id, _ := st.readIDToken(r); id != "" && (former == nil || former.ID != id) {
		st.end(r, id)
	}
	st.session.Clear(w, r)
	st.idToken.Clear(w, r)
}

func (st *Store) end(r *http.Request, id string) {
	if st.ended != nil {
		_ = st.ended.EndSession(r.Context(), id) // it holds here, and says what it could not do elsewhere
	}
}

// IDToken returns the raw ID token that came with the request's session, on the
// logout path only, and "" when there is none. It may outlast its session; but a
// token that another session came with is none: a cookie of that path can be left
// by the user before, or planted from a sibling domain.
func (st *Store) IDToken(r *http.Request) string {
	id, token := st.readIDToken(r)
	if s := st.Former(r); s != nil && s.ID != id {
		return ""
	}
	return token
}

// writeIDToken writes the cookie of a session's ID token. Without the hint, sign-out
// still ends the session here, so a token too large for its cookies keeps nobody
// out; it leaves an empty one in the place of what came before.
func (st *Store) writeIDToken(w http.ResponseWriter, id, token string) error {
	err := st.idToken.Write(w, []byte(id+"\n"+token))
	if errors.Is(err, seal.ErrTooLarge) {
		err = st.idToken.Write(w, []byte(id+"\n"))
	}
	return err
}

// readIDToken returns the ID of the session that an ID token came with, and the
// token; "" for none that we sealed.
func (st *Store) readIDToken(r *http.Request) (id, token string) {
	plain, err := st.idToken.Read(r)
	if err != nil {
		return "", ""
	}
	id, token, _ = strings.Cut(string(plain), "\n")
	return id, token
}
