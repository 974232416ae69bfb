package okta

import (
	"net/http"
	"sync"
	"time"
)

const (
	sessionCookie = "idx"
	deviceCookie  = "dt"
	// sessionIdle is Okta's default idle time of an SSO session.
	sessionIdle = 2 * time.Hour
	deviceAge   = 2 * 365 * 24 * time.Hour
)

// ssoSession is a browser's sign-in at Okta.
type ssoSession struct {
	userID   string
	authTime time.Time
	amr      []string
	idp      string
	seen     time.Time
}

// sessionStore holds the SSO sessions by the fingerprint of their cookie,
// which also serves as the session's id.
type sessionStore struct {
	now  func() time.Time
	mu   sync.Mutex
	byID map[string]ssoSession
}

func newSessionStore(now func() time.Time) *sessionStore {
	return &sessionStore{now: now, byID: map[string]ssoSession{}}
}

// start makes a session and returns its cookie value.
func (st *sessionStore) start(session ssoSession) string {
	cookie := randomToken()
	st.mu.Lock()
	defer st.mu.Unlock()
	session.seen = st.now()
	st.byID[fingerprint(cookie)] = session
	return cookie
}

// get returns a live session and marks it as used when touch is set.
func (st *sessionStore) get(id string, touch bool) (ssoSession, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	session, ok := st.byID[id]
	if !ok {
		return ssoSession{}, false
	}
	if st.now().Sub(session.seen) >= sessionIdle {
		delete(st.byID, id)
		return ssoSession{}, false
	}
	if touch {
		session.seen = st.now()
		st.byID[id] = session
	}
	return session, true
}

func (st *sessionStore) end(id string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	delete(st.byID, id)
}

// endOf ends a user's sessions, or everybody's for the empty id.
func (st *sessionStore) endOf(userID string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for id, session := range st.byID {
		if userID == "" || session.userID == userID {
			delete(st.byID, id)
		}
	}
}

// sessionID is the id of the session whose cookie came along, or "".
func sessionID(r *http.Request) string {
	c, err := r.Cookie(sessionCookie)
	if err != nil || c.Value == "" {
		return ""
	}
	return fingerprint(c.Value)
}

// session returns the live SSO session of a request and its id. A disabled or
// deleted user has none.
func (s *Server) session(r *http.Request, touch bool) (string, ssoSession, bool) {
	id := sessionID(r)
	session, ok := s.sessions.get(id, touch)
	if !ok {
		return "", ssoSession{}, false
	}
	if u, known := s.users.find(session.userID); !known || u.Disabled {
		return "", ssoSession{}, false
	}
	return id, session, true
}

// setCookie sets a host-only cookie. A maxAge of 0 makes a session cookie, a
// negative one deletes it.
func (s *Server) setCookie(w http.ResponseWriter, name, value string, maxAge time.Duration) {
	seconds := int(maxAge / time.Second)
	if maxAge < 0 {
		seconds = -1
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // G124: Secure follows the scheme, so that the demo runs on plain http
		Name:     name,
		Value:    value,
		Path:     "/",
		MaxAge:   seconds,
		HttpOnly: true,
		Secure:   s.config.secure(),
		SameSite: http.SameSiteLaxMode,
	})
}

// device returns the value of the device cookie and sets one if there is none.
// Sign-in pages are bound to it, so nobody can make another browser finish
// their own sign-in.
func (s *Server) device(w http.ResponseWriter, r *http.Request) string {
	if c, err := r.Cookie(deviceCookie); err == nil && c.Value != "" {
		return c.Value
	}
	value := randomToken()
	s.setCookie(w, deviceCookie, value, deviceAge)
	return value
}

// deviceOf is the value of the device cookie that came along, or "".
func deviceOf(r *http.Request) string {
	c, err := r.Cookie(deviceCookie)
	if err != nil {
		return ""
	}
	return c.Value
}

// EndSessions ends the SSO sessions of a user (id or login), or everybody's for
// the empty string. Tokens stay good.
func (s *Server) EndSessions(idOrLogin string) error {
	userID := ""
	if idOrLogin != "" {
		u, ok := s.users.find(idOrLogin)
		if !ok {
			return ErrNoUser
		}
		userID = u.ID
	}
	s.sessions.endOf(userID)
	s.events.add(Event{Name: EventSessionsEnded, User: userID})
	return nil
}
