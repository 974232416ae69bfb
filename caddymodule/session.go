package caddymodule

import (
	"time"

	"github.com/caddyserver/caddy/v2"
)

// Session says how long a user stays signed in and what seals the cookie that
// holds it.
type Session struct {
	// Secrets of 32 bytes or more, as placeholders. The first seals, all open,
	// so a key is changed by putting the new one in front and dropping the old
	// one a lifetime later; files are read anew at each reload of the
	// configuration, by SIGUSR1 too. Default: one is generated and kept in Caddy's
	// storage, where replicas with shared storage find it too, and changed on
	// schedule.
	Keys []string `json:"keys,omitempty"`
	// How long a generated key seals, a day at least; negative (`off`) for ever.
	// Its successor is published an hour ahead, and it goes on opening what it
	// sealed for a session's lifetime, so nobody is signed out by the change.
	// Default: `30d`.
	Rotate caddy.Duration `json:"rotate,omitempty"`
	// Ends a session that sends no request for so long; at most `lifetime`.
	// Default: `1h`, or `lifetime` where that is shorter.
	Idle caddy.Duration `json:"idle,omitempty"`
	// Ends a session however busy it is. Default: `8h`.
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

// ends returns when a session ends that is not used, and any session.
func (s *Session) ends() (idle, lifetime time.Duration) {
	lifetime = time.Duration(orDefault(s.Lifetime, caddy.Duration(defaultLifetime)))
	if s.Idle == 0 {
		return min(defaultIdle, lifetime), lifetime
	}
	return time.Duration(s.Idle), lifetime
}
