package caddymodule

import (
	"time"

	"github.com/caddyserver/caddy/v2"
)

// Session says how long a user stays signed in, and what seals the cookie that
// holds the session.
type Session struct {
	// Secrets of 32 bytes or more, as placeholders. The first seals; all open. To
	// change a key, put the new one first, and drop the old one a lifetime later.
	// Files are read again at each reload of the configuration, also by SIGUSR1.
	// Default: a key is generated and changed on schedule. It is kept in Caddy's
	// storage, where replicas with shared storage find it too.
	Keys []string `json:"keys,omitempty"`
	// How long a generated key seals, at least a day. Negative (`off`): for ever.
	// Default: `30d`. Its successor is published an hour ahead. The old key opens what
	// it sealed for one more lifetime of a session, so the change signs nobody out.
	Rotate caddy.Duration `json:"rotate,omitempty"`
	// The idle timeout: a session ends after this time without a request. At most
	// `lifetime`. Default: `1h`, or `lifetime` if that is shorter.
	Idle caddy.Duration `json:"idle,omitempty"`
	// When a session ends, however busy it is. Default: `8h`.
	Lifetime caddy.Duration `json:"lifetime,omitempty"`
}

const (
	defaultIdle     = time.Hour
	defaultLifetime = 8 * time.Hour
	defaultRotate   = 30 * 24 * time.Hour
)

func (s *Session) settings() settings {
	return settings{
		"key":      texts(&s.Keys),
		"rotate":   durationOrOff(&s.Rotate),
		"idle":     duration(&s.Idle),
		"lifetime": duration(&s.Lifetime),
	}
}

// ends returns the idle timeout and the lifetime.
func (s *Session) ends() (idle, lifetime time.Duration) {
	lifetime = time.Duration(orDefault(s.Lifetime, caddy.Duration(defaultLifetime)))
	if s.Idle == 0 {
		return min(defaultIdle, lifetime), lifetime
	}
	return time.Duration(s.Idle), lifetime
}
