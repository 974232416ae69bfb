package corbado

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
)

func TestConnectionRefused(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	_, err := newClient(t, s.URL).CreateConnectToken(t.Context(), request)
	checkUnreachable(t, err, "connection refused")
}

func TestNameDoesNotResolve(t *testing.T) {
	failing := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "backend.example", IsNotFound: true}}
	})}
	c, err := New(Config{BaseURL: "https://backend.example", ProjectID: project, APISecret: secret.New(apiSecret), HTTPClient: failing})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.CreateConnectToken(t.Context(), request)
	checkUnreachable(t, err, "the name does not resolve")
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestUntrustedCertificate(t *testing.T) {
	s := httptest.NewUnstartedServer(answerWith(200, nil, goodAnswer))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	t.Cleanup(s.Close)
	_, err := newClient(t, s.URL).CreateConnectToken(t.Context(), request)
	checkUnreachable(t, err, "its certificate is not trusted, or is another host's")
}

func TestBrokenAnswerIsNotQuoted(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, r.Header.Get("Authorization")+" "+apiSecret+"\r\n\r\n")
		_ = conn.Close()
	})
	_, err := newClient(t, s.URL).CreateConnectToken(t.Context(), request)
	checkUnreachable(t, err, "connection failed")
}

func TestAnswerCutShort(t *testing.T) {
	s := serve(t, answerWith(200, map[string]string{"Content-Length": "1000"}, goodAnswer))
	_, err := newClient(t, s.URL).CreateConnectToken(t.Context(), request)
	checkUnreachable(t, err, "connection lost")
}

func TestSlowCorbadoEndsAtTheDeadline(t *testing.T) {
	for name, answer := range map[string]func(http.ResponseWriter){
		"no answer": func(http.ResponseWriter) {},
		"half a body": func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, goodAnswer[:50])
			_ = http.NewResponseController(w).Flush()
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				answer(w)
				<-r.Context().Done()
			})
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			_, err := newClient(t, s.URL).CreateConnectToken(ctx, request)
			checkUnreachable(t, err, "timeout")
		})
	}
}

func TestCallWithoutDeadlineGetsOne(t *testing.T) {
	var left time.Duration
	c, err := New(Config{
		BaseURL: "https://backend.example", ProjectID: project, APISecret: secret.New(apiSecret),
		HTTPClient: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			deadline, _ := r.Context().Deadline()
			left = time.Until(deadline)
			return nil, context.DeadlineExceeded
		})},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.CreateConnectToken(t.Context(), request)
	checkUnreachable(t, err, "timeout")
	if left <= 0 || left > defaultTimeout {
		t.Errorf("the deadline was %s away", left)
	}
}

func TestCallerLeaves(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
	})
	_, err := newClient(t, s.URL).CreateConnectToken(ctx, request)
	checkUnreachable(t, err, "canceled by the caller")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v is not context.Canceled", err)
	}
}

func checkUnreachable(t *testing.T, err error, reason string) {
	t.Helper()
	got, ok := errors.AsType[*UnreachableError](err)
	if !ok {
		t.Fatalf("got %T %v", err, err)
	}
	if got.Reason != reason {
		t.Errorf("got reason %q (%v), want %q", got.Reason, got.cause, reason)
	}
	if !errors.Is(err, ErrUnavailable) {
		t.Errorf("%v is not ErrUnavailable", err)
	}
	if strings.Contains(err.Error(), "S3cr3t") || strings.Contains(err.Error(), encode(project+":"+apiSecret)) {
		t.Errorf("the error shows a secret: %v", err)
	}
}
