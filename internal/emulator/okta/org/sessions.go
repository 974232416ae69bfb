package org

import (
	"net/http"
	"slices"
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

// Session is a browser's sign-in at Okta.
type Session struct {
	UserID   string
	AuthTime time.Time
	// AMR are the methods of the sign-in (RFC 8176).
	AMR []string
	// IDP is the id of the org, or of the identity provider that signed the user in.
	IDP  string
	seen time.Time
}

// Participant is an app that a session has signed the user in at, and the issuer
// that did it.
type Participant struct{ Client, Issuer string }

// Sessions holds the SSO sessions by the fingerprint of their cookie,
// which also serves as the session's id.
type Sessions struct {
	now  func() time.Time
	mu   sync.Mutex
	byID map[string]Session
	// tokens leads from the jti or sid of an ID token to the session it came from.
	tokens map[string]string
	// participants are the apps of each session, those that have ended included.
	participants map[string][]Participant
}

func newSessions(now func() time.Time) *Sessions {
	return &Sessions{now: now, byID: map[string]Session{}, tokens: map[string]string{}, participants: map[string][]Participant{}}
}

// start makes a session and returns its cookie value.
func (st *Sessions) start(session Session) string {
	cookie := RandomToken()
	st.mu.Lock()
	defer st.mu.Unlock()
	session.seen = st.now()
	st.byID[Fingerprint(cookie)] = session
	return cookie
}

// Get returns a live session and marks it as used when touch is set.
func (st *Sessions) Get(id string, touch bool) (Session, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	session, ok := st.byID[id]
	if !ok {
		return Session{}, false
	}
	if st.now().Sub(session.seen) >= sessionIdle {
		delete(st.byID, id)
		return Session{}, false
	}
	if touch {
		session.seen = st.now()
		st.byID[id] = session
	}
	return session, true
}

// End ends a session; one that is not there is none.
func (st *Sessions) End(id string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	delete(st.byID, id)
}

// endOf ends a user's sessions, or everybody's for the empty id.
func (st *Sessions) endOf(userID string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for id, session := range st.byID {
		if userID == "" || session.UserID == userID {
			delete(st.byID, id)
		}
	}
}

// NoteToken remembers which session an ID token came from.
func (st *Sessions) NoteToken(mark, sessionID string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.tokens[mark] = sessionID
}

// OfToken is the id of the session that an ID token came from, or "".
func (st *Sessions) OfToken(mark string) string {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.tokens[mark]
}

// Join notes that an app takes part in a session.
func (st *Sessions) Join(sessionID string, p Participant) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if !slices.Contains(st.participants[sessionID], p) {
		st.participants[sessionID] = append(st.participants[sessionID], p)
	}
}

// TakeParticipants returns the apps of a session that has ended, and forgets them.
func (st *Sessions) TakeParticipants(sessionID string) []Participant {
	st.mu.Lock()
	defer st.mu.Unlock()
	all := st.participants[sessionID]
	delete(st.participants, sessionID)
	return all
}

// ofUser is the id of any session of a user, or "".
func (st *Sessions) ofUser(userID string) string {
	st.mu.Lock()
	defer st.mu.Unlock()
	for id, session := range st.byID {
		if session.UserID == userID {
			return id
		}
	}
	return ""
}

// SID is the sid of a session: not the fingerprint of its cookie, but as good a
// name.
func SID(sessionID string) string { return "102" + Fingerprint("sid " + sessionID)[:22] }

// CookieSession is the id of the session whose cookie came along, or "".
func CookieSession(r *http.Request) string {
	c, err := r.Cookie(sessionCookie)
	if err != nil || c.Value == "" {
		return ""
	}
	return Fingerprint(c.Value)
}

// StartSession starts a session for a user who has just signed in, so that none
// from before lives on, sets its cookie and returns its id. The idp is the org's
// or a provider's id.
func (o *Org) StartSession(w http.ResponseWriter, r *http.Request, user User, amr []string, idp string) string {
	o.Sessions.End(CookieSession(r))
	cookie := o.Sessions.start(Session{UserID: user.ID, AuthTime: o.Now(), AMR: amr, IDP: idp})
	o.setCookie(w, sessionCookie, cookie, 0)
	return Fingerprint(cookie)
}

// EndSession ends a session and deletes the browser's cookie.
func (o *Org) EndSession(w http.ResponseWriter, id string) {
	o.Sessions.End(id)
	o.setCookie(w, sessionCookie, "", -1)
}

// Session returns the live SSO session of a request and its id. A disabled or
// deleted user has none.
func (o *Org) Session(r *http.Request, touch bool) (string, Session, bool) {
	id := CookieSession(r)
	session, ok := o.Sessions.Get(id, touch)
	if !ok {
		return "", Session{}, false
	}
	if u, known := o.users.find(session.UserID); !known || u.Disabled {
		return "", Session{}, false
	}
	return id, session, true
}

// setCookie sets a host-only cookie. A maxAge of 0 makes a session cookie, a
// negative one deletes it.
func (o *Org) setCookie(w http.ResponseWriter, name, value string, maxAge time.Duration) {
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
		Secure:   o.secure(),
		SameSite: http.SameSiteLaxMode,
	})
}

// Device returns the value of the device cookie and sets one if there is none.
// Sign-in pages are bound to it, so nobody can make another browser finish
// their own sign-in.
func (o *Org) Device(w http.ResponseWriter, r *http.Request) string {
	if c, err := r.Cookie(deviceCookie); err == nil && c.Value != "" {
		return c.Value
	}
	value := RandomToken()
	o.setCookie(w, deviceCookie, value, deviceAge)
	return value
}

// DeviceOf is the value of the device cookie that came along, or "".
func DeviceOf(r *http.Request) string {
	c, err := r.Cookie(deviceCookie)
	if err != nil {
		return ""
	}
	return c.Value
}

// EndSessions ends the SSO sessions of a user (id or login), or everybody's for
// the empty string. Tokens stay good.
func (o *Org) EndSessions(idOrLogin string) error {
	userID := ""
	if idOrLogin != "" {
		u, ok := o.users.find(idOrLogin)
		if !ok {
			return ErrNoUser
		}
		userID = u.ID
	}
	o.Sessions.endOf(userID)
	o.Note(Event{Name: EventSessionsEnded, User: userID})
	return nil
}

// SessionID returns the sid of the user's session (id or login), as ID tokens
// name it, "" for none. With several sessions it is any of them.
func (o *Org) SessionID(idOrLogin string) string {
	u, ok := o.users.find(idOrLogin)
	if !ok {
		return ""
	}
	if id := o.Sessions.ofUser(u.ID); id != "" {
		return SID(id)
	}
	return ""
}

// HasDevice reports whether the browser sent its device cookie.
func HasDevice(r *http.Request) bool {
	_, err := r.Cookie(deviceCookie)
	return err == nil
}
