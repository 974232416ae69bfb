package resume

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestWhatIsNotKept(t *testing.T) {
	t.Parallel()
	small := func(c *Config) { c.MaxSize = 100 }
	for name, tc := range map[string]struct {
		kind string
		body io.Reader
		want error
	}{
		"a body over the size":          {urlencoded, strings.NewReader(strings.Repeat("x", 101)), ErrTooLarge},
		"one of unknown length":         {urlencoded, io.MultiReader(strings.NewReader(strings.Repeat("x", 101))), ErrTooLarge},
		"one as plain text":             {"text/plain", strings.NewReader(strings.Repeat("x", 101)), ErrTooLarge},
		"a body that breaks off":        {urlencoded, iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("abc"))), ErrNotKept},
		"what no form sends":            {"application/json", strings.NewReader("{}"), ErrNotKept},
		"a forged form on its way back": {"text/plain", strings.NewReader("passkeys-resend=forged\r\n"), ErrNotKept},
		"a content type without an end": {urlencoded + strings.Repeat("; a=b", 5000), strings.NewReader("a=b"), ErrNotKept},
	} {
		o := newRoom(t, small)
		if kept, err := o.Keep(httptest.NewRecorder(), post(t, "/orders", tc.kind, tc.body), "/orders", nil); kept != nil || !errors.Is(err, tc.want) {
			t.Errorf("%s: kept %v, %v; want %v", name, kept, err, tc.want)
		}
	}
}

// TestTooManyFormsAtATime: memory for people who are not signed in is bounded.
func TestTooManyFormsAtATime(t *testing.T) {
	t.Parallel()
	o := newRoom(t, nil)
	for range slots {
		o.slots <- struct{}{}
	}
	if _, err := o.Keep(httptest.NewRecorder(), post(t, "/", urlencoded, strings.NewReader("a=b")), "/", nil); !errors.Is(err, ErrNotKept) {
		t.Error(err)
	}
}

// TestSlowBody: who sends a form byte by byte holds one of few places, but not for
// long.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	o := newRoom(t, nil)
	o.patience = 50 * time.Millisecond
	came := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := o.Keep(w, r, r.URL.RequestURI(), nil)
		came <- err
	}))
	t.Cleanup(server.Close)
	body, sent := io.Pipe()
	t.Cleanup(func() { _ = sent.Close() })
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/orders", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", urlencoded)
	go func() { _, _ = sent.Write([]byte("item=")) }()
	go func() {
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
		}
	}()
	select {
	case err := <-came:
		if !errors.Is(err, ErrNotKept) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the server waits for ever")
	}
}

// TestTheSessionEndsAgain between sign-in and the click on "send".
func TestTheSessionEndsAgain(t *testing.T) {
	t.Parallel()
	o := newRoom(t, nil)
	kind, body := upload(t)
	kept := o.keep(t, "/orders", kind, body, alice)
	o.now = o.now.Add(20 * time.Minute)
	again := o.keep(t, "/orders", "text/plain", "passkeys-resend="+kept.Form+"\r\n", bob)
	if again.Form != kept.Form {
		t.Error("a kept form is sealed again: it would become older than it may, and another user's")
	}
	if _, err := o.Keep(httptest.NewRecorder(), post(t, "/admin", "text/plain", strings.NewReader("passkeys-resend="+kept.Form)), "/admin", nil); !errors.Is(err, ErrNotKept) {
		t.Errorf("at another address: %v", err)
	}
}
