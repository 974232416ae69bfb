package recall

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"html"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/assets"
	"github.com/passkey-sidecar/passkey-sidecar/internal/fetchmeta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
)

// fragmentKept is how long the browser remembers that one of its tabs keeps a
// fragment: as long as the cookie of a sign-in attempt.
const fragmentKept = 2 * time.Hour

// Fragments keeps the fragment ("#…") of an address while its user signs in. A
// redirect hands it on, but only while nobody types anything: a sign-in form at
// Okta ends it. So a small page of ours stands before the redirect to Okta and
// puts the fragment into the tab's sessionStorage, and one after it puts it back.
//
// The server learns that a browser keeps some fragment, by a cookie of the
// callback's path, and nothing about it. The path to go to is the server's; where
// its cookie could not hold that, the tab says it (see Recall), and the server
// checks it like one in a link.
type Fragments struct {
	cookie                string // its name
	marker                string // and all of it, for the script
	leave, arrive, recall script
	// inWorker is leave as a page that this site may frame.
	inWorker script
}

// Place is where a tab wants to go when its user has signed in.
type Place struct {
	// At is the path.
	At string
	// State is that of the sign-in attempt, by which the tab finds it again.
	State string
	// Framed is the path to a page that helps where this one is shown in a frame;
	// empty where it cannot be.
	Framed string
}

// NewFragments makes the pages for the routes under base.
func NewFragments(base string, insecure bool) (*Fragments, error) {
	path := base + route.Callback
	f := &Fragments{cookie: seal.Name("fragment", path, insecure)}
	f.marker = f.cookie + "=1; Path=" + path + "; Max-Age=" + strconv.Itoa(int(fragmentKept/time.Second)) + "; SameSite=Lax"
	if !insecure {
		f.marker += "; Secure"
	}
	files, err := assets.Files()
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		switch file.Logical {
		case "leave.js":
			f.leave = newScript(file.Body, "form-action 'none'; frame-ancestors 'none'", "DENY")
			f.inWorker = newScript(file.Body, "form-action 'none'; frame-ancestors 'self'", "SAMEORIGIN")
		case "arrive.js":
			f.arrive = newScript(file.Body, "form-action 'none'; frame-ancestors 'none'", "DENY")
		case "recall.js":
			f.recall = newScript(file.Body, "form-action 'self'; frame-ancestors 'none'", "DENY")
		}
	}
	if f.leave.text == "" || f.arrive.text == "" || f.recall.text == "" {
		return nil, errors.New("the scripts that keep a tab's place are not among the assets")
	}
	return f, nil
}

// Leave answers a page load with the page that keeps a place in the tab, with its
// fragment, and goes on to the absolute URL to. It reports whether it answered: a
// client that does not send fetch metadata (Fetch Metadata Request Headers, section
// 2) may be no browser, and wants a redirect.
func (f *Fragments) Leave(w http.ResponseWriter, r *http.Request, status int, to string, place Place) (bool, error) {
	if !fetchmeta.InTab(r) {
		return false, nil
	}
	data := ` data-at="` + html.EscapeString(place.At) + `" data-state="` + html.EscapeString(place.State) + `" data-marker="` + f.marker + `"`
	if status == http.StatusUnauthorized {
		// The page that was asked for: what another visit left is no concern of it.
		data += ` data-fresh="1"`
	}
	if place.Framed == "" {
		return true, f.leave.page(w, status, to, data)
	}
	return true, f.inWorker.page(w, status, to, data+` data-framed="`+html.EscapeString(place.Framed)+`"`)
}

// Arrive answers the callback with the page that goes on to the path to, with the
// fragment that was kept for at. It reports whether it answered: it does only for a
// browser that keeps a fragment.
func (f *Fragments) Arrive(w http.ResponseWriter, r *http.Request, to, at string) (bool, error) {
	kept := r.CookiesNamed(f.cookie)
	if len(kept) == 0 || kept[0].Value != "1" {
		return false, nil
	}
	return true, f.ArriveByScript(w, to, at)
}

// ArriveByScript is Arrive for a browser that is known to run scripts, whether it
// keeps a fragment or not: an address too long for a header goes into a page.
func (f *Fragments) ArriveByScript(w http.ResponseWriter, to, at string) error {
	return f.arrive.page(w, http.StatusOK, to, ` data-at="`+html.EscapeString(at)+`"`)
}

// Recall answers with the page that asks the tab for the place that it keeps for an
// attempt, and posts that to action, as the field "return". A tab that keeps none
// for it goes on to the path to. It reports whether it answered, as Leave does.
//
// The state may be anybody's choice, by a link to the callback: it finds a place or
// none, and where that leads is the tab's own wish, checked where it is posted to.
func (f *Fragments) Recall(w http.ResponseWriter, r *http.Request, state, action, to string) (bool, error) {
	if !fetchmeta.InTab(r) {
		return false, nil
	}
	return true, f.recall.page(w, http.StatusOK, to, ` data-state="`+html.EscapeString(state)+`" data-action="`+html.EscapeString(action)+`"`)
}

// script is one that stands in its page: a second request would cost more than
// the few hundred bytes.
type script struct{ text, policy, frames string }

// newScript makes one for a page whose policy ends in rest; frames is the same for
// browsers without frame-ancestors.
func newScript(body []byte, rest, frames string) script {
	text := strings.TrimSpace(string(body))
	sum := sha256.Sum256([]byte(text))
	return script{text, "default-src 'none'; img-src data:; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; " + rest, frames}
}

// page writes a page that shows nothing and goes on to a URL, by script or, where
// there are none, by itself.
func (s script) page(w http.ResponseWriter, status int, to, data string) error {
	to = html.EscapeString(escapeNonASCII(to))
	const (
		start  = `<!doctype html><html lang="en" data-to="`
		head   = `><head><meta charset="utf-8"><title>Signing in…</title><meta name="color-scheme" content="light dark">`
		rest   = `<meta name="robots" content="noindex"><link rel="icon" href="data:,"><noscript><meta http-equiv="refresh" content="0;url=`
		link   = `"></noscript></head><body><noscript><p><a href="`
		inline = `">Continue</a></p></noscript><script>`
		end    = "</script></body></html>\n"
	)
	body := bodies.Get().(*bytes.Buffer) //nolint:forcetypeassert // the pool holds nothing else
	defer bodies.Put(body)
	body.Reset()
	for _, part := range [...]string{start, to, `"`, data, head, rest, to, link, to, inline, s.text, end} {
		body.WriteString(part)
	}
	h := w.Header()
	// One array for all values; a list that somebody appends to gets its own.
	values := [...]string{
		"no-store", strconv.Itoa(body.Len()), s.policy, "text/html; charset=utf-8", "same-origin", "no-referrer", "nosniff", s.frames,
	}
	for i, name := range [len(values)]string{
		"Cache-Control", "Content-Length", "Content-Security-Policy", "Content-Type", "Cross-Origin-Resource-Policy",
		"Referrer-Policy", "X-Content-Type-Options", "X-Frame-Options",
	} {
		h[name] = values[i : i+1 : i+1]
	}
	w.WriteHeader(status)
	_, err := w.Write(body.Bytes())
	return err
}

// bodies keeps the pages' memory: everybody without a session gets one.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// escapeNonASCII percent-encodes bytes that RFC 3986 has no place for.
func escapeNonASCII(s string) string {
	const hex = "0123456789ABCDEF"
	if !strings.ContainsFunc(s, func(c rune) bool { return c >= 0x80 }) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := range len(s) {
		if c := s[i]; c < 0x80 {
			b.WriteByte(c)
		} else {
			b.WriteString("%" + string(hex[c>>4]) + string(hex[c&15]))
		}
	}
	return b.String()
}
