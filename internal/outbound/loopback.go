package outbound

import (
	"context"
	"net"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
)

// lookupTimeout is how long a resolver may think about a name under .localhost: a
// fifth of what a call to Corbado has. It is asked at all because a container's may
// know one as another container.
const lookupTimeout = time.Second

// dialLoopbackNames dials loopback for a name under .localhost that does not
// resolve, as RFC 6761 section 6.3 asks and Go's resolver does not. A resolver
// that never answers, as in a container without a way to the outside, must not
// use up the time of the call: it gets lookup.
func dialLoopbackNames(d *net.Dialer, lookup time.Duration) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(addr)
		if err == nil && origin.IsLoopbackHost(host) && !resolves(ctx, d.Resolver, lookup, host) {
			addr = net.JoinHostPort("127.0.0.1", port)
		}
		return d.DialContext(ctx, network, addr)
	}
}

func resolves(ctx context.Context, r *net.Resolver, patience time.Duration, host string) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := r.LookupHost(ctx, host)
	return err == nil
}
