package signout

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits for strangers at the front channel, where nothing is signed. Each made-up sid
// costs a record for a session's lifetime. Ten a second are 288,000 records in eight
// hours. One client gets no more than one in two seconds for long, so that it cannot
// use up what the others need.
const (
	allPerSecond    = 10
	allBurst        = 200
	clientPerSecond = 0.5
	clientBurst     = 20
	// maxClients is how many clients are remembered. When there are more, all are
	// forgotten; the limit for all of them together still holds.
	maxClients = 10_000
)

// Limiter limits sign-outs that come without proof. It is safe for concurrent use.
type Limiter struct {
	now     func() time.Time
	mu      sync.Mutex
	all     *rate.Limiter
	clients map[netip.Prefix]*rate.Limiter
}

// NewLimiter makes a Limiter; a nil now means time.Now.
func NewLimiter(now func() time.Time) *Limiter {
	if now == nil {
		now = time.Now
	}
	return &Limiter{now: now, all: rate.NewLimiter(allPerSecond, allBurst), clients: map[netip.Prefix]*rate.Limiter{}}
}

// allow takes one from the client's share and from everybody's.
func (l *Limiter) allow(clientIP string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	key := network(clientIP)
	c, known := l.clients[key]
	if !known {
		if len(l.clients) >= maxClients {
			clear(l.clients)
		}
		c = rate.NewLimiter(clientPerSecond, clientBurst)
		l.clients[key] = c
	}
	return c.AllowN(now, 1) && l.all.AllowN(now, 1)
}

// network is what one customer of an Internet provider has: an IPv4 address, or the
// first 64 bits of an IPv6 one. Clients without a readable address count as one.
func network(clientIP string) netip.Prefix {
	addr, err := netip.ParseAddr(clientIP)
	if err != nil {
		return netip.Prefix{}
	}
	bits := 32
	if addr = addr.Unmap(); addr.Is6() {
		bits = 64
	}
	p, err := addr.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
