package keptform

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

var (
	alice = &session.Session{Issuer: "https://login.example.com", Subject: "00u1"}
	bob   = &session.Session{Issuer: "https://login.example.com", Subject: "00u2"}
	// imposter has alice's subject at another issuer.
	imposter = &session.Session{Issuer: "https://login.example.net", Subject: "00u1"}
)

const urlencoded = "application/x-www-form-urlencoded"

// room is the Forms under test with a clock to set.
type room struct {
	*Forms
	now time.Time
	log bytes.Buffer
}

func newRoom(t *testing.T, change func(*Config)) *room {
	t.Helper()
	keys, err := seal.NewKeyring([]byte(strings.Repeat("k", seal.MinSecret)))
	if err != nil {
		t.Fatal(err)
	}
	o := &room{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	c := Config{Keyring: keys, Base: "/passkeys", Origins: origin.Set{{Scheme: "https", Host: "app.example.com"}}, Now: func() time.Time { return o.now }}
	c.Once = newMemory(c.Now)
	if change != nil {
		change(&c)
	}
	if o.Forms, err = NewForms(c, slog.New(slog.NewJSONHandler(&o.log, &slog.HandlerOptions{Level: slog.LevelDebug}))); err != nil {
		t.Fatal(err)
	}
	return o
}

func post(t *testing.T, target, kind string, body io.Reader) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://app.example.com"+target, body)
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Origin", "https://app.example.com")
	r.Header.Set("Referer", "https://app.example.com/orders/new")
	return r
}

func (o *room) keep(t *testing.T, target, kind, body string, former *session.Session) *Kept {
	t.Helper()
	kept, err := o.Keep(httptest.NewRecorder(), post(t, target, kind, strings.NewReader(body)), target, former)
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// resend posts a kept form as its page does.
func (o *room) resend(t *testing.T, target, sealed string, s *session.Session) (*http.Request, error) {
	t.Helper()
	r := post(t, target, "text/plain", strings.NewReader("passkeys-resend="+sealed+"\r\n"))
	r.Header.Set("Referer", "https://app.example.com/passkeys/resume")
	return r, o.Restore(httptest.NewRecorder(), r, target, s)
}

func wantProblem(t *testing.T, err error, status int, code string) {
	t.Helper()
	var p *problem.Problem
	if !errors.As(err, &p) || p.Status != status || p.Code != code {
		t.Errorf("%v, want %d %s", err, status, code)
	}
}

func upload(t *testing.T) (kind, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	field, _ := w.CreateFormField("subject")
	_, _ = field.Write([]byte("Anvil & more"))
	field, _ = w.CreateFormField("card_number")
	_, _ = field.Write([]byte("4111 1111"))
	file, _ := w.CreateFormFile("photo", "katze.png")
	for i := range 3000 {
		_, _ = file.Write([]byte{byte(i)})
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.String()
}

func TestAFormComesBackByteForByte(t *testing.T) {
	t.Parallel()
	kind, body := upload(t)
	for name, tc := range map[string]struct{ kind, body string }{
		"urlencoded":  {urlencoded + "; charset=utf-8", "item=a%26b&quantity=1"},
		"with a file": {kind, body}, "empty": {urlencoded, ""}, "plain": {"text/plain", "a=b\r\n"},
	} {
		o := newRoom(t, nil)
		kept := o.keep(t, "/orders?a=1&b=%2F", tc.kind, tc.body, alice)
		for _, sealed := range []string{kept.Form, kept.Summary} {
			if strings.Contains(sealed, "item") || strings.Contains(sealed, "orders") {
				t.Errorf("%s: can be read in the browser: %s", name, sealed)
			}
		}
		r, err := o.resend(t, "/orders?a=1&b=%2F", kept.Form, alice)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := io.ReadAll(r.Body)
		if err != nil || string(got) != tc.body || r.ContentLength != int64(len(tc.body)) {
			t.Errorf("%s: %v, %d bytes (length %d), want %d", name, err, len(got), r.ContentLength, len(tc.body))
		}
		want := map[string]string{"Content-Type": tc.kind, "Origin": "https://app.example.com", "Referer": "https://app.example.com/orders/new"}
		for header, value := range want {
			if r.Header.Get(header) != value {
				t.Errorf("%s: %s is %q, want %q", name, header, r.Header.Get(header), value)
			}
		}
		if strings.Contains(o.log.String(), "a%26b") || strings.Contains(o.log.String(), kept.Form) || strings.Contains(o.log.String(), "Anvil") {
			t.Errorf("%s: the form is in the log: %s", name, &o.log)
		}
	}
}

func TestAKeptFormIsRefused(t *testing.T) {
	t.Parallel()
	kinds := map[string]func(t *testing.T, o *room, kept *Kept) error{
		"for another user 403 form_of_another_user": func(t *testing.T, o *room, kept *Kept) error {
			t.Helper()
			_, err := o.resend(t, "/orders", kept.Form, bob)
			return err
		},
		"for the same name at another issuer 403 form_of_another_user": func(t *testing.T, o *room, kept *Kept) error {
			t.Helper()
			_, err := o.resend(t, "/orders", kept.Form, imposter)
			return err
		},
		"at another path 400 form_invalid": func(t *testing.T, o *room, kept *Kept) error {
			t.Helper()
			_, err := o.resend(t, "/admin/delete", kept.Form, alice)
			return err
		},
		"with another query 400 form_invalid": func(t *testing.T, o *room, kept *Kept) error {
			t.Helper()
			_, err := o.resend(t, "/orders?all=1", kept.Form, alice)
			return err
		},
		"after half an hour 400 form_invalid": func(t *testing.T, o *room, kept *Kept) error {
			t.Helper()
			o.now = o.now.Add(formKept + time.Second)
			_, err := o.resend(t, "/orders", kept.Form, alice)
			return err
		},
		"changed 400 form_invalid": func(t *testing.T, o *room, kept *Kept) error {
			t.Helper()
			_, err := o.resend(t, "/orders", kept.Form[:40]+"AAAA"+kept.Form[44:], alice)
			return err
		},
		"the summary for the form 400 form_invalid": func(t *testing.T, o *room, kept *Kept) error {
			t.Helper()
			_, err := o.resend(t, "/orders", kept.Summary, alice)
			return err
		},
		"a second time 409 form_sent_already": func(t *testing.T, o *room, kept *Kept) error {
			t.Helper()
			if _, err := o.resend(t, "/orders", kept.Form, alice); err != nil {
				t.Fatal(err)
			}
			_, err := o.resend(t, "/orders", kept.Form, alice)
			return err
		},
	}
	for name, refused := range kinds {
		o := newRoom(t, nil)
		words := strings.Fields(name)
		status := map[string]int{"400": 400, "403": 403, "409": 409}[words[len(words)-2]]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantProblem(t, refused(t, o, o.keep(t, "/orders", urlencoded, "item=1", alice)), status, words[len(words)-1])
		})
	}
}

type brokenOnce struct{}

func (brokenOnce) Once(context.Context, string, time.Duration) (bool, error) {
	return false, errors.New("shared state is down")
}

// TestSharedStateDown: a form that might go through twice does not go through.
func TestSharedStateDown(t *testing.T) {
	t.Parallel()
	o := newRoom(t, func(c *Config) { c.Once = brokenOnce{} })
	_, err := o.resend(t, "/orders", o.keep(t, "/orders", urlencoded, "a=b", alice).Form, alice)
	wantProblem(t, err, http.StatusServiceUnavailable, "resend_unavailable")
}

// TestOtherRequestsPassUntouched: an app may take text/plain itself.
func TestOtherRequestsPassUntouched(t *testing.T) {
	t.Parallel()
	o := newRoom(t, nil)
	for _, body := range []string{"", "a", "passkeys-resend", "passkeys-resen=x", strings.Repeat("x", 5000)} {
		r := post(t, "/orders", "text/plain", strings.NewReader(body))
		if err := o.Restore(httptest.NewRecorder(), r, "/orders", alice); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r.Body); err != nil || string(got) != body || r.ContentLength != int64(len(body)) {
			t.Errorf("%.20q: %v %.20q", body, err, got)
		}
	}
	r := post(t, "/orders", urlencoded, iotest.ErrReader(errors.New("must not be read")))
	if err := o.Restore(httptest.NewRecorder(), r, "/orders", alice); err != nil {
		t.Error(err)
	}
}

func TestConfigOfForms(t *testing.T) {
	t.Parallel()
	keys, err := seal.NewKeyring([]byte(strings.Repeat("k", seal.MinSecret)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []Config{{Once: newMemory(time.Now)}, {Keyring: keys}, {Keyring: keys, Once: newMemory(time.Now), MaxSize: -1}, {Keyring: keys, Once: newMemory(time.Now), MaxSize: MaxSize + 1}} {
		if _, err := NewForms(c, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}

func BenchmarkKeepAndRestore(b *testing.B) {
	keys, err := seal.NewKeyring([]byte(strings.Repeat("k", seal.MinSecret)))
	if err != nil {
		b.Fatal(err)
	}
	f, err := NewForms(Config{Keyring: keys, Once: newMemory(time.Now)}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	body := strings.Repeat("x", defaultSize)
	for b.Loop() {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/orders", strings.NewReader(body))
		r.Header.Set("Content-Type", urlencoded)
		kept, err := f.Keep(httptest.NewRecorder(), r, "/orders", alice)
		if err != nil {
			b.Fatal(err)
		}
		r = httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/orders", strings.NewReader("passkeys-resend="+kept.Form+"\r\n"))
		r.Header.Set("Content-Type", "text/plain")
		if err := f.Restore(httptest.NewRecorder(), r, "/orders", alice); err != nil {
			b.Fatal(err)
		}
	}
}
