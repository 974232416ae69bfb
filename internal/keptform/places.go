package keptform

import (
	"context"
	"net/netip"
	"sync"
	"time"
)

const (
	// slots is how many forms are read and sealed at a time. Who posts them is
	// not known, so memory is bounded: some 4 MiB each for a moment, at DefaultSize.
	slots = 8
	// share is how many of them one client has at a time. Four slow ones at least
	// are needed to keep the others out, for as long as readPatience.
	share = 2
	// queued is how long a form waits for its place: behind one address there may
	// be a whole office.
	queued = 3 * time.Second
)

// places are taken by those whose form is worked on, with a share for each client.
type places struct {
	most, share int
	patience    time.Duration // of those who wait

	mu      sync.Mutex
	taken   int
	held    map[string]int
	changed chan struct{} // closed when a place is given back
}

func newPlaces() *places {
	return &places{most: slots, share: share, patience: queued, held: make(map[string]int), changed: make(chan struct{})}
}

// take waits for a place and reports whether there was one in time. What it returns
// gives the place back.
func (p *places) take(ctx context.Context, client string) (giveBack func(), ok bool) {
	ctx, cancel := context.WithTimeout(ctx, p.patience)
	defer cancel()
	for {
		p.mu.Lock()
		if p.taken < p.most && p.held[client] < p.share {
			p.taken++
			p.held[client]++
			p.mu.Unlock()
			return func() { p.giveBack(client) }, true
		}
		changed := p.changed
		p.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, false
		}
	}
}

func (p *places) giveBack(client string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken--
	if p.held[client]--; p.held[client] == 0 {
		delete(p.held, client)
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

// network is what one customer of a provider has: an IPv4 address, or 64 bits of
// IPv6. What is no address is taken as it is.
func network(address string) string {
	if with, err := netip.ParseAddrPort(address); err == nil {
		address = with.Addr().String()
	}
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if addr = addr.Unmap().WithZone(""); addr.Is4() {
		return addr.String()
	}
	p, err := addr.Prefix(64)
	if err != nil {
		return address
	}
	return p.String()
}
