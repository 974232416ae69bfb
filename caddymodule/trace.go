package caddymodule

import (
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/passkey-sidecar/passkey-sidecar/internal/outbound"
)

// traced makes a span of each call that a request waits for which Caddy's tracing
// follows, and sends the request's trace context along (W3C Trace Context). Of other
// requests, and of work in the background, it takes no notice; what a client calls its
// trace itself goes nowhere without that directive.
type traced struct {
	spans http.RoundTripper
	next  http.RoundTripper
}

func newTraced(next http.RoundTripper) *traced {
	return &traced{next: next, spans: otelhttp.NewTransport(
		next,
		otelhttp.WithPropagators(propagation.TraceContext{}),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return "passkeys " + string(outbound.NameOf(r.Context())) }),
	)}
}

// RoundTrip implements http.RoundTripper.
func (t *traced) RoundTrip(r *http.Request) (*http.Response, error) {
	if !trace.SpanContextFromContext(r.Context()).IsValid() {
		return t.next.RoundTrip(r)
	}
	return t.spans.RoundTrip(r)
}

// CloseIdleConnections lets http.Client.CloseIdleConnections reach the pool.
func (t *traced) CloseIdleConnections() {
	if pool, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		pool.CloseIdleConnections()
	}
}
