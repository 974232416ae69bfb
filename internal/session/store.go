package session

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/memo"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
)

var (
	// ErrNone means that the request carries no session cookie.
	ErrNone = errors.New("no session")
	// ErrInvalid means that its session cookie is not one of ours, or of an old
	// layout or key: no session.
	ErrInvalid = errors.New("session cookie not valid")
	// ErrExpired means that the session's idle time or lifetime is over.
	ErrExpired = errors.New("session expired")
	// ErrRevoked means that it was ended before its time: by sign-out here, at
	// the identity provider, or by an administrator.
	ErrRevoked = errors.New("session revoked")
)

const (
	// maxParts is the most cookies that a session may be split over.
	maxParts = 4
	// touches is how often a session's cookie is sealed again within its idle
	// time, so that most answers carry no Set-Cookie.
	touches = 10
)

// Revocations tells which sessions were ended before their time;
// revocation.List does.
type Revocations interface {
	// Revoked reports whether the session was ended.
	Revoked(s *Session) bool
	// Generation changes whenever the answer of Revoked may have changed from
	// false to true. It is never zero.
	Generation() uint64
	// EndSession ends a session by its ID, here and on every replica. What it
	// cannot do it logs.
	EndSession(ctx context.Context, id string) error
}

// Config of a Store.
type Config struct {
	Keyring *seal.Keyring
	// Idle ends a session that sends no request for so long; Lifetime ends it
	// in any case.
	Idle     time.Duration
	Lifetime time.Duration
	// Insecure is for plain http on loopback.
	Insecure bool
	// LogoutPath is the one path that the ID token's cookie is sent to.
	LogoutPath string
	// Revocations tells which sessions were ended; nil means none.
	Revocations Revocations
	// Seen is told of a session that was found alive: when its cookie comes for the
	// first time, and after something was revoked. May be nil.
	Seen func(*Session)
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Store keeps sessions in the browser's cookies.
type Store struct {
	keys     *seal.Keyring
	box      *seal.Box
	opened   *memo.Table[string, opened]
	session  *seal.Cookie
	idToken  *seal.Cookie
	idle     time.Duration
	lifetime time.Duration
	ended    Revocations
	seen     func(*Session)
	now      func() time.Time
}

// New checks the configuration and makes a Store.
func New(c Config) (*Store, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Idle <= 0 || c.Lifetime < c.Idle {
		return nil, fmt.Errorf("session idle (%s) must be positive and at most the lifetime (%s)", c.Idle, c.Lifetime)
	}
	sessions, err := c.Keyring.Box(purpose, c.Lifetime, c.Now)
	if err != nil {
		return nil, err
	}
	idTokens, err := c.Keyring.Box("id-token.v2", c.Lifetime, c.Now)
	if err != nil {
		return nil, err
	}
	return &Store{
		keys: c.Keyring, box: sessions, opened: newMemo(),
		session: seal.NewCookie(sessions, seal.Attributes{
			Short: "session", Path: "/", Insecure: c.Insecure, MaxAge: c.Lifetime, Parts: maxParts,
		}),
		idToken: seal.NewCookie(idTokens, seal.Attributes{
			Short: "id-token", Path: c.LogoutPath, Insecure: c.Insecure, MaxAge: c.Lifetime, Parts: maxParts,
		}),
		idle: c.Idle, lifetime: c.Lifetime, ended: c.Revocations, seen: c.Seen, now: c.Now,
	}, nil
}

// Read returns the request's session, or ErrNone, ErrInvalid, ErrExpired or
// ErrRevoked.
func (st *Store) Read(r *http.Request) (*Session, error) {
	sealed, err := st.session.Sealed(r)
	switch {
	case errors.Is(err, seal.ErrNone):
		return nil, ErrNone
	case err != nil:
		return nil, ErrInvalid
	}
	e, err := st.remembered(sealed)
	if err != nil {
		return nil, err
	}
	s := e.session
	if now := st.now(); !now.Before(s.ExpiresAt) || now.Sub(s.SeenAt) >= st.idle {
		return nil, ErrExpired
	}
	if st.revoked(e) {
		return nil, ErrRevoked
	}
	return &s, nil
}

// revoked looks a session up again only after something was revoked.
func (st *Store) revoked(e *opened) bool {
	if st.ended == nil {
		return false
	}
	// Asked for first: what is revoked during the look-up changes it again.
	generation := st.ended.Generation()
	if e.alive.Load() == generation {
		return false
	}
	if st.ended.Revoked(&e.session) {
		return true
	}
	e.alive.Store(generation)
	if st.seen != nil {
		st.seen(&e.session)
	}
	return false
}

func (st *Store) open(sealed string) (*Session, error) {
	plain, err := st.box.Open(sealed)
	if err != nil {
		return nil, ErrInvalid
	}
	s, err := decode(plain)
	if err != nil || s.Subject == "" {
		return nil, ErrInvalid
	}
	return s, nil
}

// Start begins a session for a user who has just signed in: a new ID, whatever
// the browser held before, and both cookies. The ID token serves as the hint
// for sign-out at Okta and is sent to the logout path only.
func (st *Store) Start(w http.ResponseWriter, s *Session, idToken string) error {
	s.ID = newID()
	now := st.now()
	s.StartedAt, s.SeenAt, s.ExpiresAt = now, now, now.Add(st.lifetime)
	if err := st.session.Write(w, encode(s)); err != nil {
		return err
	}
	return st.writeIDToken(w, s.ID, idToken)
}

// Due reports whether the session's cookie is to be sealed again so that its idle time
// slides, which is when a tenth of that has passed.
func (st *Store) Due(s *Session) bool { return st.now().Sub(s.SeenAt) >= st.idle/touches }

// Late tells that it has been due for long: half of the idle time has passed.
func (st *Store) Late(s *Session) bool { return st.now().Sub(s.SeenAt) >= st.idle/2 }

// Renew writes the cookie of a session that has changed, or that counts as used: it
// slides the idle time. The lifetime stays. For a session that was ended since it
// was read it writes nothing: by now the browser may have the cookie of another.
func (st *Store) Renew(w http.ResponseWriter, s *Session) error {
	if st.ended != nil && st.ended.Revoked(s) {
		return nil
	}
	s.SeenAt = st.now()
	return st.session.Write(w, encode(s))
}

// Forget has the browser drop a session that has ended by itself.
func (st *Store) Forget(w http.ResponseWriter, r *http.Request) { st.session.Clear(w, r) }

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b[:])
}
