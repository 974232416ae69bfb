package caddymodule

import (
	"net/http"
	"strings"
	"testing"

	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/tracing" // the directive
)

const clientsTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// TestTraceContextGoesWithCalls to Okta and Corbado where Caddy traces the request, and
// is in the audit.
func TestTraceContextGoesWithCalls(t *testing.T) {
	t.Setenv("OTEL_TRACES_EXPORTER", "none")
	w := newWorld(t)
	if err := load(t, strings.Replace(w.caddyfile(""), "\tpasskeys {", "\ttracing {\n\t\tspan app\n\t}\n\tpasskeys {", 1)); err != nil {
		t.Fatal(err)
	}
	b := w.browser()
	b.signIn("/")
	b.connectToken(`{"type":"passkey-list"}`)
	var traces []string
	for _, line := range audited(t, w.logs()) {
		traces = append(traces, line.text("trace.id"))
	}
	if len(traces) != 2 || len(traces[0]) != 32 || traces[0] == traces[1] {
		t.Fatalf("the audit's traces are %v", traces)
	}
	w.witness.mu.Lock()
	defer w.witness.mu.Unlock()
	for suffix, want := range map[string]string{"/v1/token": traces[0], "/v2/connectTokens": traces[1]} {
		found := false
		for path, parent := range w.witness.traces {
			found = found || strings.HasSuffix(path, suffix) && strings.HasPrefix(parent, "00-"+want+"-")
		}
		if !found {
			t.Errorf("%s came without trace %s: %v", suffix, want, w.witness.traces)
		}
	}
}

// TestAClientsTraceGoesNowhere without the directive.
func TestAClientsTraceGoesNowhere(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.browser()
	b.Transport = namesItsTrace{&w.witness}
	b.signIn("/")
	b.connectToken(`{"type":"passkey-list"}`)
	w.witness.mu.Lock()
	defer w.witness.mu.Unlock()
	calls := 0
	for path, parent := range w.witness.traces {
		if !strings.HasSuffix(path, "/v1/token") && !strings.HasSuffix(path, "/v2/connectTokens") {
			continue // the browser's own
		}
		if calls++; parent != "" {
			t.Errorf("%s came with %s", path, parent)
		}
	}
	if calls != 2 {
		t.Errorf("there were %d calls: %v", calls, w.witness.traces)
	}
}

// namesItsTrace sends a trace context with all that a browser asks.
type namesItsTrace struct{ next http.RoundTripper }

func (n namesItsTrace) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("Traceparent", clientsTrace)
	return n.next.RoundTrip(r)
}
