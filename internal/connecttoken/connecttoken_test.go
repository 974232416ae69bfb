package connecttoken

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/passkey-sidecar/passkey-sidecar/internal/corbado"
	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

const (
	here   = "https://app.example.com"
	path   = "/passkeys/connect-token"
	minted = "ctk1_T0k3nT0k3nT0k3nT0k3nT0k3nT0k3n"
)

var (
	start   = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	expires = start.Add(5 * time.Minute)
)

// mint is a Minter that remembers what it was asked for.
type mint struct {
	asked []corbado.ConnectTokenRequest
	err   error
}

func (m *mint) CreateConnectToken(_ context.Context, in corbado.ConnectTokenRequest) (corbado.ConnectToken, error) {
	m.asked = append(m.asked, in)
	if m.err != nil {
		return corbado.ConnectToken{}, m.err
	}
	return corbado.ConnectToken{ID: "ctk-1", Secret: secret.New(minted), Expires: expires}, nil
}

func alice() *session.Session {
	return &session.Session{
		ID: "sid", Issuer: "https://login.example.com", Subject: "00ualice", Email: "alice@acme.test", Name: "Alice",
		Username: "alice", RefreshToken: "r3fr3sh", Claims: []session.Claim{{Name: "uid", Value: "u-1"}},
	}
}

type fixture struct {
	*Handler
	mint *mint
	logs *bytes.Buffer
}

func newFixture(tb testing.TB, change func(*Config)) *fixture {
	tb.Helper()
	set, err := origin.ParseSet([]string{here, "https://app.example.org:8443"})
	if err != nil {
		tb.Fatal(err)
	}
	c := Config{Origins: set, Now: func() time.Time { return start }}
	if change != nil {
		change(&c)
	}
	f := &fixture{mint: new(mint), logs: new(bytes.Buffer)}
	log := slog.New(slog.NewJSONHandler(f.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if f.Handler, err = New(c, f.mint, log); err != nil {
		tb.Fatal(err)
	}
	return f
}

// post is what the page's glue sends: fetch with a JSON body.
func post(tb testing.TB, body string) *http.Request {
	tb.Helper()
	r := httptest.NewRequestWithContext(tb.Context(), http.MethodPost, here+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", here)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

func (f *fixture) lastLine(t *testing.T) map[string]any {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(f.logs.String()), "\n")
	var line map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &line); err != nil {
		t.Fatalf("log %q: %v", f.logs, err)
	}
	delete(line, "time")
	return line
}

// wantRefusal serves r and wants a problem, no call of Corbado and nothing written.
func (f *fixture) wantRefusal(t *testing.T, r *http.Request, s *session.Session, status int, code string) {
	t.Helper()
	asked := len(f.mint.asked)
	w := httptest.NewRecorder()
	err := f.Serve(w, r, s)
	p, ok := errors.AsType[*problem.Problem](err)
	if !ok {
		t.Fatalf("got %T %v, answer %s", err, err, w.Body)
	}
	if p.Status != status || p.Code != code {
		t.Errorf("got %d %s (%v), want %d %s", p.Status, p.Code, p.Err, status, code)
	}
	if p.Title == "" {
		t.Error("the problem has no title")
	}
	if len(f.mint.asked) != asked {
		t.Errorf("Corbado was asked for %+v", f.mint.asked)
	}
	if w.Body.Len() > 0 || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("got body %q, headers %v", w.Body, w.Header())
	}
	if line := f.lastLine(t); line["msg"] != "connect token refused" || line["code"] != code {
		t.Errorf("logged %v", line)
	}
}

func TestTokensForTheSessionsUser(t *testing.T) {
	for kind, lifetime := range map[corbado.ConnectTokenType]time.Duration{
		corbado.PasskeyAppend: 5 * time.Minute,
		corbado.PasskeyDelete: 2 * time.Minute,
		corbado.PasskeyList:   30 * time.Minute,
	} {
		t.Run(string(kind), func(t *testing.T) {
			f := newFixture(t, nil)
			w := httptest.NewRecorder()
			if err := f.Serve(w, post(t, `{"type":"`+string(kind)+`"}`), alice()); err != nil {
				t.Fatal(err)
			}
			want := []corbado.ConnectTokenRequest{{
				Type: kind, Identifier: "00ualice", DisplayName: "alice@acme.test", MaxLifetime: lifetime,
			}}
			if diff := cmp.Diff(want, f.mint.asked); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
			if got := w.Body.String(); w.Code != 200 || got != `{"secret":"`+minted+`","expires":1767323345}` {
				t.Errorf("got %d %s", w.Code, got)
			}
			for name, value := range map[string]string{
				"Cache-Control": "no-store", "Content-Type": "application/json", "X-Content-Type-Options": "nosniff",
			} {
				if got := w.Header().Get(name); got != value {
					t.Errorf("%s: got %q, want %q", name, got, value)
				}
			}
			wantLine := map[string]any{
				"level": "INFO", "msg": "connect token created", "type": string(kind), "iss": "https://login.example.com",
				"sub": "00ualice", "token_id": "ctk-1", "expires": "2026-01-02T03:09:05Z", "latency_ms": 0.0,
			}
			if diff := cmp.Diff(wantLine, f.lastLine(t)); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
		})
	}
}

func TestIdentifierIsTheConfiguredClaim(t *testing.T) {
	for claim, want := range map[string]string{"": "00ualice", "sub": "00ualice", "email": "alice@acme.test", "uid": "u-1"} {
		f := newFixture(t, func(c *Config) { c.Identifier = claim })
		if err := f.Serve(httptest.NewRecorder(), post(t, `{"type":"passkey-list"}`), alice()); err != nil {
			t.Fatal(err)
		}
		if got := f.mint.asked[0].Identifier; got != want {
			t.Errorf("%q: got %q, want %q", claim, got, want)
		}
	}
}

func TestDisplayNameFallsBack(t *testing.T) {
	s := alice()
	for _, want := range []string{"alice@acme.test", "alice", "Alice", "00ualice"} {
		f := newFixture(t, nil)
		if err := f.Serve(httptest.NewRecorder(), post(t, `{"type":"passkey-append"}`), s); err != nil {
			t.Fatal(err)
		}
		if got := f.mint.asked[0].DisplayName; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		switch want {
		case s.Email:
			s.Email = ""
		case s.Username:
			s.Username = ""
		case s.Name:
			s.Name = ""
		}
	}
}

func TestUserWithoutIdentifierClaim(t *testing.T) {
	f := newFixture(t, func(c *Config) { c.Identifier = "employee_id" })
	f.wantRefusal(t, post(t, `{"type":"passkey-list"}`), alice(), 409, "no_identifier")
	line := f.lastLine(t)
	if reason, _ := line["reason"].(string); line["level"] != "ERROR" || !strings.Contains(reason, `"employee_id"`) {
		t.Errorf("the operator is not told: %v", line)
	}
}

func TestNewRefusesUnsafeConfig(t *testing.T) {
	set := origin.Set{{Scheme: "https", Host: "app.example.com"}}
	for name, c := range map[string]Config{
		"no origins":                       {},
		"identifier that others share":     {Origins: set, Identifier: "name"},
		"identifier that changes":          {Origins: set, Identifier: "sid"},
		"identifier of the issuer":         {Origins: set, Identifier: "iss"},
		"identifier of the user's groups":  {Origins: set, Identifier: "groups"},
		"identifier of the way to sign in": {Origins: set, Identifier: "amr"},
	} {
		if _, err := New(c, new(mint), nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := New(Config{Origins: set}, nil, nil); err == nil {
		t.Error("no minter: no error")
	}
	if _, err := New(Config{Origins: set}, new(mint), nil); err != nil {
		t.Error(err)
	}
}

// The time that we add to Corbado's own answer (budget: 1 ms median).
func BenchmarkServe(b *testing.B) {
	set, err := origin.ParseSet([]string{here})
	if err != nil {
		b.Fatal(err)
	}
	var at time.Time // a clock so fast that nobody is limited
	tick := func() time.Time { at = at.Add(time.Minute); return at }
	log := slog.New(slog.NewJSONHandler(new(bytes.Buffer), nil))
	h, err := New(Config{Origins: set, Limiter: NewLimiter(60, 10, tick)}, instant{}, log)
	if err != nil {
		b.Fatal(err)
	}
	s := alice()
	b.ReportAllocs()
	for b.Loop() {
		if err := h.Serve(httptest.NewRecorder(), post(b, `{"type":"passkey-list"}`), s); err != nil {
			b.Fatal(err)
		}
	}
}

type instant struct{}

func (instant) CreateConnectToken(context.Context, corbado.ConnectTokenRequest) (corbado.ConnectToken, error) {
	return corbado.ConnectToken{ID: "ctk-1", Secret: secret.New(minted), Expires: expires}, nil
}
