package corbado

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/passkey-sidecar/passkey-sidecar/internal/outbound"
	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
)

const (
	minted = "ctk1_T0k3nT0k3nT0k3nT0k3nT0k3nT0k3n"
	email  = "alice@acme.test"
	// goodAnswer is the example of Corbado's API reference.
	goodAnswer = `{"id":"ctk-940364795071150919","tokenType":"passkey-append",` +
		`"data":{"displayName":"alice@acme.test","identifier":"00u1"},` +
		`"connectTokenStatus":"initial","secret":"` + minted + `","expires":1752749184}`
)

var request = ConnectTokenRequest{Type: PasskeyAppend, Identifier: "00u1", DisplayName: email, MaxLifetime: 5 * time.Minute}

func newClient(tb testing.TB, url string) *Client {
	tb.Helper()
	client := outbound.NewClient(0)
	tb.Cleanup(client.CloseIdleConnections)
	c, err := New(Config{
		BaseURL: url, ProjectID: project, APISecret: secret.New(apiSecret), HTTPClient: client, Version: "1.2.3",
		Now: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) },
	})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func serve(tb testing.TB, h http.HandlerFunc) *httptest.Server {
	tb.Helper()
	s := httptest.NewServer(h)
	tb.Cleanup(s.Close)
	return s
}

func answerWith(status int, header map[string]string, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestCreateConnectTokenSendsWhatCorbadoWants(t *testing.T) {
	for kind, wantBody := range map[ConnectTokenType]string{ //nolint:gosec // G101: no credentials
		PasskeyAppend: `{"type":"passkey-append","data":{"displayName":"alice@acme.test","identifier":"00u1"},"maxLifetimeInSeconds":300}`,
		PasskeyList:   `{"type":"passkey-list","data":{"identifier":"00u1"},"maxLifetimeInSeconds":300}`,
		PasskeyDelete: `{"type":"passkey-delete","data":{"identifier":"00u1"},"maxLifetimeInSeconds":300}`,
	} {
		t.Run(string(kind), func(t *testing.T) {
			var got *http.Request
			var body []byte
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				got = r
				body, _ = io.ReadAll(r.Body)
				_, _ = io.WriteString(w, strings.Replace(goodAnswer, "passkey-append", string(kind), 1))
			})
			in := request
			in.Type = kind
			token, err := newClient(t, s.URL).CreateConnectToken(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			if token.ID != "ctk-940364795071150919" || token.Secret.Reveal() != minted || token.Expires.Unix() != 1752749184 {
				t.Errorf("got %+v with secret %q", token, token.Secret.Reveal())
			}
			if diff := cmp.Diff(wantBody, string(body)); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
			if line := got.Method + " " + got.URL.String(); line != "POST /v2/connectTokens" {
				t.Errorf("got %s", line)
			}
			user, password, _ := got.BasicAuth()
			if user != project || password != apiSecret {
				t.Errorf("got user %q, password %q", user, password)
			}
			for name, want := range map[string]string{
				"Content-Type": "application/json", "User-Agent": "passkey-sidecar/1.2.3", "Origin": "", "Cookie": "",
			} {
				if value := got.Header.Get(name); value != want {
					t.Errorf("%s: got %q, want %q", name, value, want)
				}
			}
		})
	}
}

// A user's name may hold anything; it must arrive as it is and break nothing.
func TestHostileDisplayNameStaysOneJSONString(t *testing.T) {
	hostile := "x\",\"identifier\":\"00u2\r\n\x00\u2028</script>"
	var got connectTokenBody
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewDecoder(r.Body).Decode(&got)
		_, _ = io.WriteString(w, goodAnswer)
	})
	in := request
	in.DisplayName = hostile
	if _, err := newClient(t, s.URL).CreateConnectToken(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if got.Data.DisplayName != hostile || got.Data.Identifier != "00u1" {
		t.Errorf("got %+v", got.Data)
	}
}

func TestTokenIDOfAnotherFormIsNotKept(t *testing.T) {
	s := serve(t, answerWith(200, nil, strings.Replace(goodAnswer, "ctk-940364795071150919", minted, 1)))
	token, err := newClient(t, s.URL).CreateConnectToken(t.Context(), request)
	if err != nil || token.ID != "" {
		t.Errorf("got ID %q, %v", token.ID, err)
	}
	if shown := fmt.Sprintf("%+v", token); strings.Contains(shown, "T0k3n") {
		t.Errorf("a printed token shows its secret: %s", shown)
	}
}

// A 307 to another place, or the same one, would repeat the POST there.
func TestRedirectDoesNotCarryCredentialsAway(t *testing.T) {
	for _, status := range []int{301, 302, 307, 308} {
		var calls atomic.Int32
		other := serve(t, func(http.ResponseWriter, *http.Request) { calls.Add(1) })
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if calls.Add(1) == 1 {
				w.Header().Set("Location", map[bool]string{true: "/again", false: other.URL}[status == 308])
				w.WriteHeader(status)
			}
		})
		_, err := newClient(t, s.URL).CreateConnectToken(t.Context(), request)
		checkError(t, err, ErrRejected)
		if n := calls.Load(); n != 1 {
			t.Errorf("%d: %d calls", status, n)
		}
	}
}

// A create that is tried twice leaves a token that nobody knows of.
func TestCreateIsNeverRetried(t *testing.T) {
	for name, fail := range map[string]http.HandlerFunc{
		"500": answerWith(500, nil, ""),
		"429": answerWith(429, map[string]string{"Retry-After": "0"}, ""),
		"dropped connection": func(http.ResponseWriter, *http.Request) {
			panic(http.ErrAbortHandler)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var calls atomic.Int32
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				if calls.Add(1) == 1 { // warms a connection up, since net/http retries on those
					_, _ = io.WriteString(w, goodAnswer)
					return
				}
				fail(w, r)
			})
			c := newClient(t, s.URL)
			if _, err := c.CreateConnectToken(t.Context(), request); err != nil {
				t.Fatal(err)
			}
			if _, err := c.CreateConnectToken(t.Context(), request); err == nil {
				t.Fatal("no error")
			}
			if n := calls.Load(); n != 2 {
				t.Errorf("%d calls, want 2", n)
			}
		})
	}
}

func TestConnectionIsKeptAlive(t *testing.T) {
	var opened atomic.Int32
	var calls int
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls++
		if calls%2 == 0 {
			w.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = io.WriteString(w, goodAnswer+strings.Repeat(" ", 8192))
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	c := newClient(t, s.URL)
	for range 6 {
		_, _ = c.CreateConnectToken(t.Context(), request)
	}
	if n := opened.Load(); n != 1 || calls != 6 {
		t.Errorf("%d calls over %d connections, want 6 over 1", calls, n)
	}
}
