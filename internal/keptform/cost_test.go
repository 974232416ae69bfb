package keptform

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
)

// What a form of DefaultSize may cost whoever keeps it for somebody unknown.
const (
	mostMemory = 4 << 20 // bytes allocated in all, the form itself among them
	mostTime   = 20 * time.Millisecond
)

// megabytes are the worst that strangers can put into a form of DefaultSize.
var megabytes = map[string]struct{ kind, body string }{
	"one field's name":        {urlencoded, mega("a")},
	"one name of escapes":     {urlencoded, mega("%61")},
	"one value of escapes":    {urlencoded, "a=" + mega("%61")},
	"broken escapes":          {urlencoded, mega("%")},
	"escapes in every field":  {urlencoded, mega("%70%61%73%73=%61&")},
	"empty fields":            {urlencoded, mega("&")},
	"fields of one letter":    {urlencoded, mega("a&")},
	"fields without a name":   {urlencoded, mega("=a&")},
	"what a pattern looks at": {urlencoded, mega("pas") + "=x"},
	"almost all patterns":     {urlencoded, mega("pwcvtokesecresessioautsignatu")},
	"other alphabets":         {urlencoded, mega("\U0001f600")},
	"no text":                 {urlencoded, mega("\xff\xfe")},
	"no text, many fields":    {urlencoded, mega("\xff=\xfe&")},
	"JSON, deep":              {"text/plain", mega("[")},
	"JSON, objects":           {"text/plain", mega(`{"a":`)},
	"a form that never was":   {"text/plain", "passkeys-resend=" + mega("A")},

	"empty parts":             {multi, mega("--x\r\n\r\n\r\n")},
	"parts without a header":  {multi, mega("--x\r\n\r\n")},
	"small parts":             {multi, mega("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n")},
	"files":                   {multi, mega("--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\r\n1\r\n")},
	"one header":              {multi, "--x\r\nContent-Disposition: form-data; name=\"" + mega("a") + "\"\r\n\r\n1\r\n--x--\r\n"},
	"many headers":            {multi, "--x\r\n" + mega("A: b\r\n") + "\r\n1\r\n--x--\r\n"},
	"headers of many names":   {multi, "--x\r\n" + manyNames() + "\r\n1\r\n--x--\r\n"},
	"many parameters":         {multi, "--x\r\nContent-Disposition: form-data" + mega("; a=b") + "\r\n\r\n1\r\n--x--\r\n"},
	"a header without an end": {multi, "--x\r\n" + mega("A")},
	"folded headers":          {multi, "--x\r\nA: b\r\n" + mega(" c\r\n") + "\r\n1\r\n--x--\r\n"},
	"almost boundaries":       {multi, "--x\r\n\r\n" + mega("\r\n--")},
	"almost a long boundary":  {"multipart/form-data; boundary=" + strings.Repeat("-", 70), mega("\r\n" + strings.Repeat("-", 71))},
	"line ends":               {multi, "--x\r\n\r\n" + mega("\r\n")},
	"a long preamble":         {multi, mega("-")},
	"no boundary":             {"multipart/form-data", mega("--\r\n")},
	"a huge boundary":         {"multipart/form-data; boundary=" + strings.Repeat("b", 1900), mega("--" + strings.Repeat("b", 1900) + "\r\n\r\n")},
	"continued parameters":    {multi, "--x\r\nContent-Disposition: form-data" + continued() + "\r\n\r\n1\r\n--x--\r\n"},
}

const multi = "multipart/form-data; boundary=x"

// mega repeats a text to a megabyte, less what stands around it.
func mega(text string) string { return strings.Repeat(text, (defaultSize-1024)/len(text)) }

func manyNames() string {
	var b strings.Builder
	for i := 0; b.Len() < defaultSize-1024; i++ {
		_, _ = fmt.Fprintf(&b, "A%x: b\r\n", i)
	}
	return b.String()
}

func continued() string {
	var b strings.Builder
	for i := 0; b.Len() < defaultSize-1024; i++ {
		_, _ = fmt.Fprintf(&b, "; name*%d=b", i)
	}
	return b.String()
}

func strangers(tb testing.TB) *Forms {
	tb.Helper()
	// A key that was changed twice: a forged form must not be tried with each.
	var secrets [][]byte
	for _, k := range "abc" {
		secrets = append(secrets, []byte(strings.Repeat(string(k), seal.MinSecret)))
	}
	keys, err := seal.NewKeyring(secrets...)
	if err != nil {
		tb.Fatal(err)
	}
	f, err := NewForms(Config{Keyring: keys, Once: newMemory(time.Now)}, slog.New(slog.DiscardHandler))
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// TestTheSameOfUnknownLength, and on its way back: read twice over, it would cost
// twice as much.
func TestTheSameOfUnknownLength(t *testing.T) {
	f := strangers(t)
	kept := func(kind, body string, length int64) func() {
		return func() {
			w, r := stranger(t, kind, body)
			r.ContentLength = length
			if _, err := f.Keep(w, r, "/orders", nil); err != nil {
				t.Error(err)
			}
		}
	}
	w, r := stranger(t, urlencoded, mega("a"))
	sealed, err := f.Keep(w, r, "/orders", nil)
	if err != nil {
		t.Fatal(err)
	}
	again := "passkeys-resend=" + sealed.Form + "\r\n"
	for name, call := range map[string]func(){
		"a form": kept(urlencoded, mega("a"), -1), "plain text": kept("text/plain", mega("a"), int64(len(mega("a")))),
		"a kept form": kept("text/plain", again, int64(len(again))),
	} {
		if bytes, took := cost(call); bytes > mostMemory || took > mostTime && !raceDetector {
			t.Errorf("%s costs %.1f MiB and %s", name, float64(bytes)/(1<<20), took)
		}
	}
}

func stranger(tb testing.TB, kind, body string) (*httptest.ResponseRecorder, *http.Request) {
	tb.Helper()
	r := httptest.NewRequestWithContext(tb.Context(), http.MethodPost, "/orders", strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	return httptest.NewRecorder(), r
}

// TestOneAnonymousFormIsCheap, whatever its megabyte holds.
func TestOneAnonymousFormIsCheap(t *testing.T) {
	f := strangers(t)
	for name, form := range megabytes {
		bytes, took := cost(func() {
			w, r := stranger(t, form.kind, form.body)
			_, _ = f.Keep(w, r, "/orders", nil) // kept or not
		})
		t.Logf("%-24s %7.2f MiB %8s", name, float64(bytes)/(1<<20), took.Round(10*time.Microsecond))
		if bytes > mostMemory {
			t.Errorf("%s costs %.1f MiB", name, float64(bytes)/(1<<20))
		}
		if took > mostTime && !raceDetector {
			t.Errorf("%s takes %s", name, took)
		}
	}
}

// cost returns what a call allocates, the least of several, and the processor
// time that it takes in the mean: the kernel counts that in ticks of some
// milliseconds, and the machine has other things to do.
func cost(call func()) (allocated uint64, took time.Duration) {
	const calls = 5
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start := threadTime()
	var before, after runtime.MemStats
	for i := range calls {
		runtime.ReadMemStats(&before)
		call()
		runtime.ReadMemStats(&after)
		if this := after.TotalAlloc - before.TotalAlloc; i == 0 || this < allocated {
			allocated = this
		}
	}
	return allocated, (threadTime() - start) / calls
}

// BenchmarkAnonymousForms: each worst megabyte, by go test -bench Anonymous -benchmem.
func BenchmarkAnonymousForms(b *testing.B) {
	for name, form := range megabytes {
		b.Run(name, func(b *testing.B) {
			f := strangers(b)
			b.ReportAllocs()
			b.SetBytes(int64(len(form.body)))
			for b.Loop() {
				w, r := stranger(b, form.kind, form.body)
				_, _ = f.Keep(w, r, "/orders", nil) // kept or not
			}
		})
	}
}
