package outbound

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestEveryCallIsTold by its name, with what became of it, and once.
func TestEveryCallIsTold(t *testing.T) {
	leave := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			<-r.Context().Done()
		case "/leave":
			close(leave)
			<-r.Context().Done()
		case "/half":
			w.Header().Set("Content-Length", "10")
			_, _ = io.WriteString(w, "half")
		case "/refused":
			w.WriteHeader(http.StatusBadRequest)
		case "/limited":
			w.WriteHeader(http.StatusTooManyRequests)
		case "/failed":
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	defer srv.Close()
	type told struct {
		call   Call
		became Outcome
	}
	for path, want := range map[string]told{
		srv.URL + "/":            {Token, Answered},
		srv.URL + "/refused":     {Token, Refused},
		srv.URL + "/limited":     {Token, Limited},
		srv.URL + "/failed":      {Token, Failed},
		srv.URL + "/slow":        {Token, TimedOut},
		srv.URL + "/leave":       {Token, Left},
		srv.URL + "/half":        {Token, Unreachable},
		"http://127.0.0.1:1/off": {Token, Unreachable},
	} {
		var all []told
		c := NewClient(200 * time.Millisecond)
		if want.became != TimedOut {
			c = NewClient(0)
		}
		Watch(c, func(_ context.Context, call Call, became Outcome, took time.Duration) {
			if took <= 0 {
				t.Errorf("%s took %s", path, took)
			}
			all = append(all, told{call, became})
		})
		ctx, cancel := context.WithCancel(t.Context())
		if want.became == Left {
			go func() { <-leave; cancel() }()
		}
		r, err := http.NewRequestWithContext(Named(ctx, Token), http.MethodGet, path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := c.Do(r); err == nil {
			_, _ = io.ReadAll(resp.Body)
			_ = resp.Body.Close()
		}
		cancel()
		c.CloseIdleConnections()
		if len(all) != 1 || all[0] != want {
			t.Errorf("%s: told %v, want %v", path, all, want)
		}
	}
}
