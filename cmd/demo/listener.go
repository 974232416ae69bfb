package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"sync"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// heldNetwork is the network name by which Caddy gets listeners that were
// opened before its configuration was written. The port is known by then, and
// nobody can take it in between; and a taken port is noticed, which Caddy's own
// listeners, made with SO_REUSEPORT, would share.
const heldNetwork = "held"

// heldPackets is the same for QUIC, which is UDP on the same port.
const heldPackets = "heldpackets"

// held are the open sockets, by their network and "name:port". Caddy's networks
// are global, so this is too.
var held sync.Map

func init() {
	for _, network := range []string{heldNetwork, heldPackets} {
		caddy.RegisterNetwork(network, func(_ context.Context, _, name, port string, _ uint, _ net.ListenConfig) (any, error) {
			socket, ok := held.Load(heldKey(network, name, port))
			if !ok {
				return nil, errors.New("no socket is held under that name")
			}
			return socket, nil
		})
	}
	caddyhttp.RegisterNetworkHTTP3(heldNetwork, heldPackets)
}

// door is where the demo listens.
type door struct {
	port int
	// names are Caddy's addresses of the listeners.
	names []string
	// sockets are all that is open, by their keys in held.
	sockets map[string]io.Closer
	// missed is an address that browsers may try and that is somebody else's.
	missed string
}

// openDoor listens on an address. For IPv4 loopback it takes the same port of
// IPv6 loopback as well, if that is free: browsers try either for a name under
// .localhost. With quic it listens for HTTP/3 as well.
func openDoor(ctx context.Context, address string, quic bool) (*door, error) {
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
	d := &door{sockets: make(map[string]io.Closer)}
	first, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, portTaken(host, port, err)
	}
	d.port = first.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // a TCP listener has no other
	if err := d.hold(ctx, "first", first, quic); err != nil {
		d.close()
		return nil, portTaken(host, strconv.Itoa(d.port), err)
	}
	if host == "127.0.0.1" {
		other := net.JoinHostPort("::1", strconv.Itoa(d.port))
		second, err := (&net.ListenConfig{}).Listen(ctx, "tcp", other)
		if err == nil {
			err = d.hold(ctx, "second", second, quic)
		}
		if err != nil && portInUse(ctx, other) {
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

// hold keeps a listener, and with quic opens the UDP socket beside it, or neither.
func (d *door) hold(ctx context.Context, name string, ln net.Listener, quic bool) error {
	if quic {
		packets, err := (&net.ListenConfig{}).ListenPacket(ctx, "udp", ln.Addr().String())
		if err != nil {
			_ = ln.Close() // nobody uses it yet
			return err
		}
		d.keep(heldPackets, name, packets)
	}
	d.keep(heldNetwork, name, ln)
	d.names = append(d.names, heldNetwork+"/"+name)
	return nil
}

func (d *door) keep(network, name string, socket io.Closer) {
	key := heldKey(network, name, strconv.Itoa(d.port))
	held.Store(key, socket)
	d.sockets[key] = socket
}

func heldKey(network, name, port string) string { return network + "/" + net.JoinHostPort(name, port) }

// close closes what Caddy has not.
func (d *door) close() {
	for key, socket := range d.sockets {
		_ = socket.Close() // Caddy may have
		held.Delete(key)
	}
}
