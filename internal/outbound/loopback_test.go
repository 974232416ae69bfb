package outbound

import (
	"context"
	"net"
	"net/http/httptest"
	"testing"
	"time"
)

// A container without a way to the outside has a resolver that never answers.
func TestNameUnderLocalhostDoesNotWaitForASilentResolver(t *testing.T) {
	srv := httptest.NewServer(nil)
	defer srv.Close()
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	silent := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		nobody, here := net.Pipe()
		t.Cleanup(func() { _ = nobody.Close() })
		return here, nil
	}}
	const lookup = 100 * time.Millisecond
	dial := dialLoopbackNames(&net.Dialer{Timeout: dialTimeout, Resolver: silent}, lookup)
	// A call to Corbado has five seconds, which is five times lookupTimeout.
	ctx, cancel := context.WithTimeout(t.Context(), 5*lookup)
	defer cancel()
	conn, err := dial(ctx, "tcp", net.JoinHostPort("corbado.acme.localhost", port))
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	if _, err := dial(ctx, "tcp", net.JoinHostPort("corbado.example.com", port)); err == nil {
		t.Error("a name elsewhere was taken for this machine")
	}
}
