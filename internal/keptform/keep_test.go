package keptform

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
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
	o.strangers.patience = 0
	for i := range slots {
		if _, ok := o.strangers.take(t.Context(), strconv.Itoa(i)); !ok {
			t.Fatalf("no place for client %d", i)
		}
	}
	if _, err := o.Keep(httptest.NewRecorder(), post(t, "/", urlencoded, strings.NewReader("a=b")), "/", nil); !errors.Is(err, ErrNotKept) {
		t.Error(err)
	}
}

// TestOneClientHoldsAllPlaces, or would: who sends slowly has a share, and neither
// other clients nor users who send a kept form wait for it.
func TestOneClientHoldsAllPlaces(t *testing.T) {
	t.Parallel()
	from := "203.0.113.7"
	o := newRoom(t, func(c *Config) { c.Client = func(*http.Request) string { return from } })
	o.strangers.patience = 0
	kept := o.keep(t, "/orders", urlencoded, "a=b", alice)
	reading := make(chan struct{})
	var done sync.WaitGroup
	body, sent := io.Pipe()
	for range share {
		r := post(t, "/orders", urlencoded, io.MultiReader(signals{reading}, body))
		done.Go(func() { _, _ = o.Keep(httptest.NewRecorder(), r, "/orders", nil) })
		<-reading
	}
	for range 2 {
		if _, err := o.Keep(httptest.NewRecorder(), post(t, "/orders", urlencoded, strings.NewReader("a=b")), "/orders", nil); !errors.Is(err, ErrNotKept) {
			t.Errorf("one more of the same client: %v", err)
		}
	}
	if _, err := o.resend(t, "/orders", kept.Form, alice); err != nil {
		t.Errorf("a user behind the same address: %v", err)
	}
	from = "203.0.113.8"
	o.keep(t, "/orders", urlencoded, "a=b", alice)
	from = "203.0.113.7"
	_ = sent.Close()
	done.Wait()
	o.keep(t, "/orders", urlencoded, "a=b", alice)
	if len(o.strangers.held) != 0 || o.strangers.taken != 0 {
		t.Errorf("places are left taken: %+v", o.strangers.held)
	}
}

// signals tells that it is read, and is empty.
type signals struct{ read chan<- struct{} }

func (s signals) Read([]byte) (int, error) {
	s.read <- struct{}{}
	return 0, io.EOF
}

// TestAnOfficeBehindOneAddress waits for its place, one after the other.
func TestAnOfficeBehindOneAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces()
		var kept atomic.Int32
		var done sync.WaitGroup
		for range 20 {
			done.Go(func() {
				giveBack, ok := p.take(t.Context(), "203.0.113.7")
				if !ok {
					return
				}
				time.Sleep(100 * time.Millisecond)
				kept.Add(1)
				giveBack()
			})
		}
		done.Wait()
		if kept.Load() != 20 {
			t.Errorf("%d of 20 got a place", kept.Load())
		}
	})
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"203.0.113.7": "203.0.113.7", "203.0.113.7:1234": "203.0.113.7", "::ffff:203.0.113.7": "203.0.113.7",
		"2001:db8:1:2:3::4": "2001:db8:1:2::/64", "[2001:db8:1:2::9]:443": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64", "": "", "@": "@",
	} {
		if got := network(address); got != want {
			t.Errorf("%s is of %s, want %s", address, got, want)
		}
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
