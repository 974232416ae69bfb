package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"

	"github.com/caddyserver/caddy/v2"
)

// heldNetwork is the network name by which Caddy gets listeners that were
// opened before its configuration was written. The port is known by then, and
// nobody can take it in between; and a taken port is noticed, which Caddy's own
// listeners, made with SO_REUSEPORT, would share.
const heldNetwork = "held"

// held are the open listeners, by "name:port". Caddy's networks are global, so
// this is too.
var held sync.Map

func init() {
	caddy.RegisterNetwork(heldNetwork, func(_ context.Context, _, name, port string, _ uint, _ net.ListenConfig) (any, error) {
		ln, ok := held.Load(net.JoinHostPort(name, port))
		if !ok {
			return nil, errors.New("no listener is held under that name")
		}
		return ln, nil
	})
}

// door is where the demo listens.
type door struct {
	port int
	// names are Caddy's addresses of the listeners.
	names     []string
	listeners []net.Listener
	// missed is an address that browsers may try and that is somebody else's.
	missed string
}

// openDoor listens on an address. For IPv4 loopback it takes the same port of
// IPv6 loopback as well, if that is free: browsers try either for a name under
// .localhost.
func openDoor(ctx context.Context, address string) (*door, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("--listen %s: want address:port, like %s", address, defaultListen)
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if ip, err := netip.ParseAddr(host); host != "" && (err != nil || ip != netip.MustParseAddr("127.0.0.1") && !ip.IsUnspecified()) {
		return nil, fmt.Errorf("--listen %s: want 127.0.0.1, or 0.0.0.0 for every address: names under .localhost lead to loopback", address)
	}
	d := &door{}
	first, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, portTaken(host, port, err)
	}
	d.port = first.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // a TCP listener has no other
	d.hold("first", first)
	if host == "127.0.0.1" {
		other := net.JoinHostPort("::1", strconv.Itoa(d.port))
		second, err := (&net.ListenConfig{}).Listen(ctx, "tcp", other)
		if err == nil {
			d.hold("second", second)
		} else if portInUse(ctx, other) {
			d.missed = other
		}
	}
	return d, nil
}

func portTaken(host, port string, err error) error {
	next := "8081"
	if n, convErr := strconv.Atoi(port); convErr == nil && n > 0 && n < 65535 {
		next = strconv.Itoa(n + 1)
	}
	return fmt.Errorf("cannot listen on port %s: %w\n"+
		"Stop the program that has it, or choose another port:\n"+
		"  go run ./cmd/demo --listen %s", port, err, net.JoinHostPort(host, next))
}

// portInUse tells a port that somebody answers from a machine without IPv6.
func portInUse(ctx context.Context, address string) bool {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

func (d *door) hold(name string, ln net.Listener) {
	held.Store(net.JoinHostPort(name, strconv.Itoa(d.port)), ln)
	d.names = append(d.names, heldNetwork+"/"+name)
	d.listeners = append(d.listeners, ln)
}

// close closes what Caddy has not.
func (d *door) close() {
	for i, ln := range d.listeners {
		_ = ln.Close() // Caddy may have
		held.Delete(net.JoinHostPort([]string{"first", "second"}[i], strconv.Itoa(d.port)))
	}
}
