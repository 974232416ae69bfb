package caddymodule

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// witness keeps the secrets that a journey meets: what browsers send and get, and what
// the two clouds give the sidecar.
type witness struct {
	mu    sync.Mutex
	known map[string]string // value to what it is
	// traces are the trace contexts that came with calls, by path.
	traces map[string]string
}

// keep remembers a secret, and how it looks in an address. Shorter values than 16 bytes
// would be found in any text.
func (w *witness) keep(what, value string) {
	if len(value) < 16 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.known == nil {
		w.known = make(map[string]string)
	}
	w.known[value], w.known[url.QueryEscape(value)] = what, what
}

// in names the secrets that a text holds.
func (w *witness) in(text string) (found []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for value, what := range w.known {
		if strings.Contains(text, value) {
			found = append(found, what)
		}
	}
	return found
}

// kinds are what secrets were met.
func (w *witness) kinds() map[string]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	kinds := make(map[string]bool)
	for _, what := range w.known {
		kinds[what] = true
	}
	return kinds
}

// RoundTrip implements http.RoundTripper, for browsers.
func (w *witness) RoundTrip(r *http.Request) (*http.Response, error) {
	w.keep("token", strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	for _, c := range resp.Cookies() {
		w.keep("cookie", c.Value)
	}
	if to, err := resp.Location(); err == nil {
		for _, name := range []string{"code", "id_token_hint", "login_hint", "stateToken", "nonce", "state"} {
			w.keep(name, to.Query().Get(name))
		}
	}
	return resp, nil
}

// watch keeps what a cloud answers.
func (w *witness) watch(cloud http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		if w.traces == nil {
			w.traces = make(map[string]string)
		}
		w.traces[r.URL.Path] = r.Header.Get("Traceparent")
		w.mu.Unlock()
		seen := &overheard{ResponseWriter: rw}
		cloud.ServeHTTP(seen, r)
		var answer map[string]any
		if json.Unmarshal(seen.body.Bytes(), &answer) != nil {
			return
		}
		for _, name := range []string{"access_token", "refresh_token", "id_token", "secret"} {
			text, _ := answer[name].(string)
			w.keep(name, text)
		}
	})
}

type overheard struct {
	http.ResponseWriter
	body bytes.Buffer
}

func (o *overheard) Write(p []byte) (int, error) {
	o.body.Write(p)
	return o.ResponseWriter.Write(p)
}

func (o *overheard) Unwrap() http.ResponseWriter { return o.ResponseWriter }
