package outbound

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func get(t *testing.T, c *http.Client, target string) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

func TestClient(t *testing.T) {
	foreign := httptest.NewServer(http.NotFoundHandler())
	defer foreign.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	mux.HandleFunc("/exact", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", maxBody))
	})
	mux.HandleFunc("/flood", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", maxBody+1))
	})
	mux.Handle("/away", http.RedirectHandler(foreign.URL, http.StatusFound))
	mux.Handle("/here", http.RedirectHandler("/ok", http.StatusFound))
	mux.Handle("/round", http.RedirectHandler("/round", http.StatusFound))
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	srv := httptest.NewServer(mux)
	defer srv.Close()
	c := NewClient(0)
	defer c.CloseIdleConnections()

	if body, err := get(t, c, srv.URL+"/here"); err != nil || body != "ok" {
		t.Errorf("redirect on the same host: %q, %v", body, err)
	}
	if body, err := get(t, c, srv.URL+"/exact"); err != nil || len(body) != maxBody {
		t.Errorf("a body of exactly the limit: %d bytes, %v", len(body), err)
	}
	if body, err := get(t, c, srv.URL+"/flood"); !errors.Is(err, ErrBodyTooLarge) || len(body) != maxBody {
		t.Errorf("flood: %d bytes, %v", len(body), err)
	}
	if _, err := get(t, c, srv.URL+"/away"); !errors.Is(err, ErrForeignRedirect) {
		t.Errorf("redirect to another host: %v", err)
	}
	if _, err := get(t, c, srv.URL+"/round"); err == nil {
		t.Error("an endless redirect was followed")
	}
	if _, err := get(t, NewClient(20*time.Millisecond), srv.URL+"/slow"); err == nil {
		t.Error("a provider that never answers was waited for")
	}

	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := get(t, c, "http://login.acme.localhost:"+u.Port()+"/ok"); err != nil || body != "ok" {
		t.Errorf("a name under .localhost: %q, %v", body, err)
	}
}
