package connecttoken

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/corbado"
	emulator "github.com/passkey-sidecar/passkey-sidecar/internal/emulator/corbado"
	"github.com/passkey-sidecar/passkey-sidecar/internal/outbound"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
)

const (
	project   = "pro-1234567890"
	apiSecret = "corbado1_S3cr3tS3cr3tS3cr3t"
)

// withCorbado is a fixture whose Minter is the real client.
func withCorbado(t *testing.T, url string) *fixture {
	t.Helper()
	client := outbound.NewClient(0)
	t.Cleanup(client.CloseIdleConnections)
	c, err := corbado.New(corbado.Config{BaseURL: url, ProjectID: project, APISecret: secret.New(apiSecret), HTTPClient: client})
	if err != nil {
		t.Fatal(err)
	}
	f := newFixture(t, nil)
	f.minter = c
	return f
}

// fail serves a good request and wants it to fail at Corbado, without a word of
// Corbado's in the problem or the log.
func (f *fixture) fail(t *testing.T) (*problem.Problem, map[string]any) {
	t.Helper()
	w := httptest.NewRecorder()
	err := f.Serve(w, post(t, `{"type":"passkey-append"}`), alice())
	p, ok := errors.AsType[*problem.Problem](err)
	if !ok {
		t.Fatalf("got %T %v, answer %s", err, err, w.Body)
	}
	if w.Body.Len() > 0 {
		t.Errorf("answer %s", w.Body)
	}
	shown := fmt.Sprintf("%s\n%v\n%+v\n%+v\n%s", f.logs, err, *p, p.Err, w.Header())
	for _, word := range []string{"S3cr3t", "T0k3n", "r3fr3sh", "c0rbad0", "alice@acme.test", "Basic "} {
		if strings.Contains(shown, word) {
			t.Errorf("%q is shown in %s", word, shown)
		}
	}
	return p, f.lastLine(t)
}

func TestCorbadoFaultsBecomeOurs(t *testing.T) {
	const details = "c0rbad0 says: alice@acme.test may not, " + apiSecret + ", " + minted
	body := func(kind string) string {
		return `{"requestData":{"requestID":"req-7"},"error":{"type":"` + kind + `","details":"` + details + `","links":["https://c0rbad0.example"]}}`
	}
	for name, tc := range map[string]struct {
		status     int
		retryAfter string
		body       string
		wantStatus int
		wantCode   string
		wantRetry  time.Duration
		wantLevel  string
	}{
		"401":          {status: 401, body: body("login_error"), wantStatus: 502, wantCode: "passkey_service_misconfigured", wantLevel: "ERROR"},
		"403":          {status: 403, body: body("login_error"), wantStatus: 502, wantCode: "passkey_service_misconfigured", wantLevel: "ERROR"},
		"400":          {status: 400, body: body("validation_error"), wantStatus: 502, wantCode: "passkey_service_rejected", wantLevel: "ERROR"},
		"404":          {status: 404, body: body("not_found"), wantStatus: 502, wantCode: "passkey_service_rejected", wantLevel: "ERROR"},
		"302":          {status: 302, body: details, wantStatus: 502, wantCode: "passkey_service_rejected", wantLevel: "ERROR"},
		"429":          {status: 429, retryAfter: "7", body: body("rate_limited"), wantStatus: 503, wantCode: "passkey_service_busy", wantRetry: 7 * time.Second, wantLevel: "WARN"},
		"429, no time": {status: 429, body: details, wantStatus: 503, wantCode: "passkey_service_busy", wantRetry: retryLater, wantLevel: "WARN"},
		"500":          {status: 500, body: body("internal_error"), wantStatus: 503, wantCode: "passkey_service_unavailable", wantRetry: retryLater, wantLevel: "WARN"},
		"503":          {status: 503, retryAfter: "60", body: details, wantStatus: 503, wantCode: "passkey_service_unavailable", wantRetry: time.Minute, wantLevel: "WARN"},
		"malformed":    {status: 200, body: details, wantStatus: 503, wantCode: "passkey_service_unavailable", wantRetry: retryLater, wantLevel: "WARN"},
		"empty":        {status: 200, wantStatus: 503, wantCode: "passkey_service_unavailable", wantRetry: retryLater, wantLevel: "WARN"},
		"no secret":    {status: 200, body: `{"id":"ctk-1","tokenType":"passkey-append","expires":1}`, wantStatus: 503, wantCode: "passkey_service_unavailable", wantRetry: retryLater, wantLevel: "WARN"},
		"huge":         {status: 200, body: strings.Repeat(details, 40_000), wantStatus: 503, wantCode: "passkey_service_unavailable", wantRetry: retryLater, wantLevel: "WARN"},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				if tc.retryAfter != "" {
					w.Header().Set("Retry-After", tc.retryAfter)
				}
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.body)
			}))
			t.Cleanup(s.Close)
			p, line := withCorbado(t, s.URL).fail(t)
			if p.Status != tc.wantStatus || p.Code != tc.wantCode || p.RetryAfter != tc.wantRetry {
				t.Errorf("got %d %s, Retry-After %s", p.Status, p.Code, p.RetryAfter)
			}
			if line["msg"] != "connect token failed" || line["level"] != tc.wantLevel || line["code"] != tc.wantCode ||
				line["corbado_status"] != float64(tc.status) || line["sub"] != "00ualice" || line["type"] != "passkey-append" {
				t.Errorf("logged %v", line)
			}
			if strings.Contains(tc.body, "req-7") && line["corbado_request_id"] != "req-7" {
				t.Errorf("the log lacks Corbado's request ID: %v", line)
			}
		})
	}
}

func TestCorbadoDown(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	p, line := withCorbado(t, s.URL).fail(t)
	if p.Status != 503 || p.Code != "passkey_service_unavailable" || p.RetryAfter != retryLater {
		t.Errorf("got %d %s, Retry-After %s", p.Status, p.Code, p.RetryAfter)
	}
	if reason, _ := line["reason"].(string); !strings.Contains(reason, "connection refused") {
		t.Errorf("logged %v", line)
	}
}

// stuck answers when its caller gives up.
type stuck struct{}

func (stuck) CreateConnectToken(ctx context.Context, _ corbado.ConnectTokenRequest) (corbado.ConnectToken, error) {
	<-ctx.Done()
	return corbado.ConnectToken{}, ctx.Err()
}

func TestSlowCorbadoIsGivenUpAfterFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, func(c *Config) { c.Now = time.Now })
		f.minter = stuck{}
		p, line := f.fail(t)
		if p.Status != 503 || p.Code != "passkey_service_unavailable" || line["latency_ms"] != 5000.0 || line["level"] != "WARN" {
			t.Errorf("got %d %s, logged %v", p.Status, p.Code, line)
		}
	})
}

func TestBrowserLeaves(t *testing.T) {
	f := newFixture(t, nil)
	f.minter = stuck{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Serve(httptest.NewRecorder(), post(t, listBody).WithContext(ctx), alice()); err == nil {
		t.Fatal("no error")
	}
	if line := f.lastLine(t); line["level"] != "INFO" {
		t.Errorf("logged %v", line)
	}
}

func TestAgainstTheEmulator(t *testing.T) {
	emulated, err := emulator.New(emulator.Config{
		PublicURL: "http://corbado.acme.localhost", ProjectID: project, APISecret: apiSecret, RPID: "acme.localhost",
		RPOrigins: []string{"http://app.acme.localhost"}, Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(emulated)
	t.Cleanup(s.Close)
	f := withCorbado(t, s.URL)
	for _, kind := range []string{"passkey-append", "passkey-list", "passkey-delete"} {
		w := httptest.NewRecorder()
		if err := f.Serve(w, post(t, `{"type":"`+kind+`"}`), alice()); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(w.Body.String(), `{"secret":"ctk1_`) {
			t.Errorf("%s: got %s", kind, w.Body)
		}
		line := f.lastLine(t)
		id, _ := line["token_id"].(string)
		if line["msg"] != "connect token created" || !strings.HasPrefix(id, "ctk-") || strings.Contains(f.logs.String(), "ctk1_") {
			t.Errorf("logged %s", f.logs)
		}
	}
	for fault, wantCode := range map[string]string{
		"backend-401": "passkey_service_misconfigured", "backend-429": "passkey_service_busy",
		"backend-500": "passkey_service_unavailable", "backend-503": "passkey_service_unavailable",
		"backend-malformed": "passkey_service_unavailable", "backend-down": "passkey_service_unavailable",
	} {
		if err := emulated.Fault(emulator.Fault{Name: fault, Times: 1}); err != nil {
			t.Fatal(err)
		}
		if p, line := f.fail(t); p.Code != wantCode {
			t.Errorf("%s: got %s, logged %v", fault, p.Code, line)
		}
	}
}
