package doctor

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
)

// broken is a set-up in which one thing is wrong.
type broken struct {
	name  string
	auth0 bool
	stage func(*world)
	// check must find it, at least as bad as level, with fix in its fix.
	check string
	level Level
	fix   string
}

// find runs each set-up and looks for its finding.
func find(t *testing.T, all []broken) {
	t.Helper()
	for _, b := range all {
		t.Run(b.name, func(t *testing.T) {
			var tenant *okta.Auth0
			if b.auth0 {
				tenant = &okta.Auth0{}
			}
			w := newWorld(t, tenant)
			b.stage(w)
			fix := strings.ReplaceAll(strings.ReplaceAll(b.fix, "SITE", w.PublicURLs[0]), "ISSUER", w.okta.Issuer())
			found := w.examine()
			for _, f := range found {
				if f.Check == b.check && f.Level == b.level && strings.Contains(f.Fix, fix) {
					return
				}
			}
			var text strings.Builder
			for _, f := range found {
				if f.Level > OK || f.Check == b.check {
					fmt.Fprintf(&text, "%s %s: %s; %s; %s\n", f.Level, f.Check, f.What, f.Why, f.Fix)
				}
			}
			t.Errorf("no %s of %s with the fix %q in:\n%s", b.level, b.check, fix, text.String())
		})
	}
}

// fault switches one of Okta's faults on.
func fault(name string) func(*world) {
	return func(w *world) {
		w.t.Helper()
		if err := w.okta.Fault(okta.Fault{Name: name}); err != nil {
			w.t.Fatal(err)
		}
	}
}

func faulty(f okta.Fault) func(*world) {
	return func(w *world) {
		w.t.Helper()
		if err := w.okta.Fault(f); err != nil {
			w.t.Fatal(err)
		}
	}
}

// tokens answers the token endpoint's requests that when holds for.
func tokens(status int, kind, body string, when func(*http.Request) bool) func(*world) {
	return func(w *world) {
		w.atOkta = func(rw http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, "/token") || r.Method != http.MethodPost || when != nil && !when(r) {
				return false
			}
			rw.Header().Set("Content-Type", kind)
			rw.WriteHeader(status)
			_, _ = io.WriteString(rw, body)
			return true
		}
	}
}

// elsewhere makes another server the issuer.
func elsewhere(handler http.HandlerFunc) func(*world) {
	return func(w *world) {
		web := httptest.NewServer(handler)
		w.t.Cleanup(web.Close)
		w.Okta.Issuer = web.URL
	}
}

func hang(rw http.ResponseWriter, r *http.Request) bool {
	<-r.Context().Done()
	return true
}

// deaf takes connections and says nothing.
func deaf(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // of a test
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // of a test
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// unresolved fails as names do that do not exist.
type unresolved struct{ http.RoundTripper }

func (u unresolved) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Hostname(), ".invalid") {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: r.URL.Hostname(), IsNotFound: true}}
	}
	return u.RoundTripper.RoundTrip(r)
}
