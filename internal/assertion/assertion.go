// Package assertion tells the app who the user is, in a signed token that the app can
// verify by itself. The token is a short-lived JSON Web Token (RFC 7519) for one
// audience. Its keys are in a key set that anybody can read (RFC 7517).
package assertion

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/passkey-sidecar/passkey-sidecar/internal/memo"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

const (
	// leastTTL and MostTTL bound how long an assertion is good for: clocks
	// differ by seconds, and an assertion outlives a sign-out.
	leastTTL = 30 * time.Second
	MostTTL  = time.Hour
	// mostBytes bounds the header's value. Tomcat, nginx and others take 8 KiB
	// for a request's whole head, and the names of the groups may stand in
	// another header once more.
	mostBytes = 4 << 10
)

// Config of a Signer.
type Config struct {
	// Issuer is the site's public origin, Audience the name that the app knows
	// itself by.
	Issuer   string
	Audience string
	// TTL is how long an assertion is good for, unless the session ends before.
	TTL time.Duration
	// Claims are the claims to carry besides sub; nil means all that every
	// session holds. Others come as lists of text.
	Claims []string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	Log *slog.Logger
}

// Signer makes assertions. It is ready after the first Use, and safe for
// concurrent use from then on.
type Signer struct {
	config  Config
	further []string
	keys    atomic.Pointer[keys]
	signed  *memo.Table[string, entry]
	warning rate.Sometimes
}

// New checks the configuration. It has no keys yet.
func New(c Config) (*Signer, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	switch {
	case c.Issuer == "" || c.Audience == "":
		return nil, errors.New("an assertion needs an issuer and an audience")
	case c.TTL < leastTTL || c.TTL > MostTTL:
		return nil, fmt.Errorf("ttl %s of assertions must be between %s and %s", c.TTL, leastTTL, MostTTL)
	}
	s := &Signer{config: c, signed: newMemo(), warning: rate.Sometimes{First: 1, Interval: time.Minute}}
	for i, name := range c.Claims {
		switch {
		case name == "" || reserved(name):
			return nil, fmt.Errorf("claim %q of assertions is set by the sidecar; leave it out", name)
		case slices.Contains(c.Claims[:i], name):
			return nil, fmt.Errorf("claim %q of assertions is named twice", name)
		case !carried(name):
			s.further = append(s.further, name)
		}
	}
	return s, nil
}

// Assert returns an assertion about a session. Requests of one session get the
// same one for half of its time, as long as it says what the session says. It
// returns "" where there can be none, and logs why.
func (s *Signer) Assert(ctx context.Context, about *session.Session) string {
	now := s.config.Now().Round(0) // a machine that slept counts that time too
	k, f := s.keys.Load(), factsOf(about)
	key := memoKey(about)
	if e := s.signed.Get(key); e != nil && e.answers(now, k, f, about) {
		return e.token
	}
	if k == nil {
		s.complain(ctx, "the app gets no assertion: there is no key yet", f.sub, 0)
		return ""
	}
	e := &entry{keys: k, facts: f, from: now}
	for _, name := range s.further {
		e.further = append(e.further, about.Further(name))
	}
	ttl := s.config.TTL
	if !about.ExpiresAt.IsZero() {
		ttl = min(ttl, about.ExpiresAt.Sub(now))
	}
	e.until = now.Add(ttl / 2)
	e.token = s.sign(ctx, k, s.claims(e, now, now.Add(ttl)))
	s.signed.Put(key, e)
	return e.token
}

// sign leaves the groups out of an assertion that would be too large, and says
// so in it: fewer groups are fewer rights, and a request that the app's server
// refuses is none at all.
func (s *Signer) sign(ctx context.Context, k *keys, claims map[string]any) string {
	token, err := k.sign(claims)
	size := len(token)
	if err == nil && size > mostBytes {
		delete(claims, claimGroups)
		claims[claimOmitted] = true
		token, err = k.sign(claims)
	}
	switch {
	case err != nil:
		s.complain(ctx, "the app gets no assertion: "+err.Error(), claims["sub"], size)
		return ""
	case len(token) > mostBytes:
		s.complain(ctx, "the app gets no assertion: too large without groups even", claims["sub"], size)
		return ""
	case size > mostBytes:
		s.complain(ctx, "the app gets an assertion without groups: too large with them", claims["sub"], size)
	}
	return token
}

// complain warns once a minute at most.
func (s *Signer) complain(ctx context.Context, reason string, sub any, size int) {
	s.warning.Do(func() {
		s.config.Log.WarnContext(ctx, "assertion not complete; let fewer groups in, or name the claims that the app needs: assertion { claims }",
			slog.String("reason", reason), slog.Any("sub", sub), slog.Int("bytes", size), slog.Int("limit", mostBytes))
	})
}

// KeySet returns the keys to check assertions with as a JSON Web Key Set, also
// those of the coming and of the past assertions.
func (s *Signer) KeySet() []byte {
	if k := s.keys.Load(); k != nil {
		return k.public
	}
	return []byte(`{"keys":[]}`)
}

func (k *keys) sign(claims map[string]any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signature, err := k.signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign an assertion: %w", err)
	}
	return signature.CompactSerialize()
}
