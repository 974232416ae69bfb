package login

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
)

// FuzzCallbackQuery: whatever the query, a callback never panics, always ends in
// a redirect on this site or in a problem, and makes no request without the
// attempt that the state names. The browser holds an attempt, another one.
func FuzzCallbackQuery(f *testing.F) {
	for _, seed := range []string{
		"", "code=a&state=b", "code=a&code=b&state=c", "error=access_denied&state=f", "state=%00&code=x", "code=a;state=b",
		"iss=x&state=" + strings.Repeat("r", stateLength), "error=x&error_description=%ff%fe", "a=%zz", "code=" + strings.Repeat("x", 5000),
		"state=f1" + strings.Repeat("-", stateLength-2) + "&code=1",
		"state=v4" + strings.Repeat("B", stateLength-2) + "&code=1",
	} {
		f.Add(seed)
	}
	var requests atomic.Int64
	client := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		requests.Add(1)
		return nil, errors.New("no network")
	})}
	log := slog.New(slog.DiscardHandler)
	rp, err := New(testConfig(f, time.Now), provider.New(provider.Config{Issuer: "https://okta.example", Client: client}), nil, nil, log)
	if err != nil {
		f.Fatal(err)
	}
	held := &attempt{returnPath: "/", redirectURI: "https://app.example.com/passkeys/callback"}
	kept := httptest.NewRecorder()
	if err := rp.attempts.keep(kept, httptest.NewRequestWithContext(f.Context(), http.MethodGet, "/", nil), held, 0); err != nil {
		f.Fatal(err)
	}
	cookie := kept.Header().Get("Set-Cookie")
	f.Fuzz(func(t *testing.T, query string) {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/passkeys/callback", nil)
		r.Host = "app.example.com"
		r.URL.RawQuery = query
		r.Header.Set("Cookie", cookie)
		err := rp.Callback(w, r, nil)
		if requests.Load() != 0 {
			t.Fatalf("%q caused a request", query)
		}
		if err == nil {
			if target := w.Header().Get("Location"); w.Code != http.StatusSeeOther || !strings.HasPrefix(target, "/passkeys/login?") {
				t.Fatalf("%q: %d to %q", query, w.Code, target)
			}
			return
		}
		if _, ok := errors.AsType[*problem.Problem](err); !ok {
			t.Fatalf("%q: an error without a face: %v", query, err)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
