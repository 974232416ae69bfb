package corbado

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
)

// TestProbeMakesNothing: the request holds nothing that a token could be made of, and
// only the refusal for that counts as a right credential.
func TestProbeMakesNothing(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		want   error
	}{
		{400, `{"error":{"type":"validation_error","validation":[{"field":"type"}]}}`, nil},
		{401, `{"error":{"type":"login_error"}}`, ErrUnauthorized},
		{403, `{}`, ErrUnauthorized},
		{400, `{"error":{"type":"project_id_mismatch"}}`, ErrUnauthorized},
		{429, `{"error":{"type":"rate_limited"}}`, ErrRateLimited},
		{503, `<html>`, ErrUnavailable},
		{200, `{"id":"ctk-1","secret":"s"}`, ErrUnavailable},
		{400, `<html>`, ErrRejected},
	} {
		sent := ""
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			raw, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			sent = r.Method + " " + r.URL.Path + " " + string(raw)
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		}))
		defer web.Close()
		client, err := New(Config{BaseURL: web.URL, ProjectID: "pro-1", APISecret: secret.New("corbado1_x"), HTTPClient: web.Client()})
		if err != nil {
			t.Fatal(err)
		}
		if err := client.Probe(t.Context()); !errors.Is(err, c.want) || sent != "POST /v2/connectTokens {}" {
			t.Errorf("%d %s: %v after %q, want %v", c.status, c.body, err, sent, c.want)
		}
	}
}
