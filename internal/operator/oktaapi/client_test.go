package oktaapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
)

const testToken = "00aTESTTOKEN-do-not-print" //nolint:gosec // of no account

func newClient(t *testing.T, handler http.HandlerFunc) (*Client, *[]time.Duration) {
	t.Helper()
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	var waits []time.Duration
	c, err := New(Config{
		OrgURL: srv.URL, Token: secret.New(testToken), Hide: []secret.Value{secret.New("corbado-secret")},
		Sleep: func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, &waits
}

func TestCallCarriesTokenAndJSON(t *testing.T) {
	t.Parallel()
	c, _ := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		var in map[string]string
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in["label"] != "x" {
			t.Errorf("body %v %v", in, err)
		}
		if got := r.Header.Get("Authorization"); got != "SSWS "+testToken {
			t.Errorf("Authorization %q", got)
		}
		_, _ = w.Write([]byte(`{"id":"0oa1"}`))
	})
	var out struct{ ID string }
	if err := c.Do(t.Context(), http.MethodPost, "/api/v1/apps", map[string]string{"label": "x"}, &out); err != nil || out.ID != "0oa1" {
		t.Errorf("%v %+v", err, out)
	}
}

func TestRefusalIsTypedAndShowsNoSecret(t *testing.T) {
	t.Parallel()
	c, _ := newClient(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"errorCode":"E0000001","errorSummary":"bad \u001b[31m%s","errorId":"oae1","errorCauses":[{"errorSummary":"corbado-secret is short"}]}`, testToken)
	})
	err := c.Do(t.Context(), http.MethodGet, "/api/v1/idps", nil, nil)
	refusal, ok := errors.AsType[*Error](err)
	if !ok || refusal.Code != codeValidation || refusal.ID != "oae1" || refusal.Status != 400 || len(refusal.Causes) != 1 {
		t.Fatalf("%#v", err)
	}
	for _, hidden := range []string{testToken, "corbado-secret", "\x1b"} {
		if strings.Contains(err.Error(), hidden) {
			t.Errorf("shows %q: %v", hidden, err)
		}
	}
}

func TestRateLimitIsHonoured(t *testing.T) {
	t.Parallel()
	calls := 0
	c, waits := newClient(t, func(w http.ResponseWriter, _ *http.Request) {
		if calls++; calls <= 2 {
			w.Header().Set("Date", time.Unix(1000, 0).UTC().Format(http.TimeFormat))
			w.Header().Set("X-Rate-Limit-Reset", "1030")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		_, _ = w.Write([]byte(`{}`))
	})
	if err := c.Do(t.Context(), http.MethodGet, "/api/v1/apps", nil, nil); err != nil {
		t.Fatal(err)
	}
	if len(*waits) != 2 || (*waits)[0] != 31*time.Second {
		t.Errorf("waited %v", *waits)
	}
}

func TestRateLimitThatNeverEnds(t *testing.T) {
	t.Parallel()
	for reset, wantCalls := range map[string]int{"": maxAttempts, "99999999999": 1} {
		calls := 0
		c, _ := newClient(t, func(w http.ResponseWriter, _ *http.Request) {
			calls++
			w.Header().Set("X-Rate-Limit-Reset", reset)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		err := c.Do(t.Context(), http.MethodGet, "/api/v1/apps", nil, nil)
		if refusal, ok := errors.AsType[*Error](err); !ok || refusal.Status != 429 || calls != wantCalls {
			t.Errorf("reset %q: %d calls, %v", reset, calls, err)
		}
	}
}

func TestListFollowsPages(t *testing.T) {
	t.Parallel()
	c, _ := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("after") == "" {
			w.Header().Add("Link", `<http://`+r.Host+`/api/v1/apps>; rel="self"`)
			w.Header().Add("Link", `<http://`+r.Host+`/api/v1/apps?after=1>; rel="next"`)
		}
		_, _ = w.Write([]byte(`[{}]`))
	})
	all, err := c.List(t.Context(), "/api/v1/apps")
	if err != nil || len(all) != 2 {
		t.Errorf("%d, %v", len(all), err)
	}
}

// TestNextPageAtAnotherHost: a link must not carry the token away.
func TestNextPageAtAnotherHost(t *testing.T) {
	t.Parallel()
	c, _ := newClient(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", `<https://evil.example/api/v1/apps?after=1>; rel="next"`)
		_, _ = w.Write([]byte(`[]`))
	})
	if _, err := c.List(t.Context(), "/api/v1/apps"); err == nil || !strings.Contains(err.Error(), "another host") {
		t.Errorf("%v", err)
	}
}

func TestRedirectToAnotherHost(t *testing.T) {
	t.Parallel()
	c, _ := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://evil.example/", http.StatusTemporaryRedirect)
	})
	if err := c.Do(t.Context(), http.MethodPost, "/api/v1/apps", nil, nil); err == nil {
		t.Error("followed")
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]Config{
		"plain http":    {OrgURL: "http://acme.okta.com", Token: secret.New("x")},
		"admin host":    {OrgURL: "https://acme-admin.okta.com", Token: secret.New("x")},
		"path":          {OrgURL: "https://acme.okta.com/oauth2/default", Token: secret.New("x")},
		"no token":      {OrgURL: "https://acme.okta.com"},
		"broken token":  {OrgURL: "https://acme.okta.com", Token: secret.New("a\nb")},
		"unknown token": {OrgURL: "https://acme.okta.com", Token: secret.New("x"), Scheme: "Basic"},
	} {
		if _, err := New(config); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
