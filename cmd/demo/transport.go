package main

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"
)

// loopbackTransport connects names under .localhost to this machine, as
// browsers do and Go's resolver need not (RFC 6761 section 6.3).
func loopbackTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if host, port, err := net.SplitHostPort(address); err == nil && strings.HasSuffix(host, ".localhost") {
				address = net.JoinHostPort("127.0.0.1", port)
			}
			return dialer.DialContext(ctx, network, address)
		},
		DisableKeepAlives: true, // nothing lingers when the demo ends
	}
}
