package resume

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// Kept is a form in the browser's keeping, as its page needs it. Nothing in it
// can be read outside: both texts are sealed.
type Kept struct{ Form, Summary string }

// Why a form was not kept.
var (
	// ErrTooLarge is for a body of more than the configured size.
	ErrTooLarge = errors.New("the form is too large to be kept")
	// ErrNotKept is for a body that did not come, or not in time, and for a
	// server that has its hands full.
	ErrNotKept = errors.New("the form could not be kept")
)

// Size is the largest body that is kept, in bytes.
func (f *Forms) Size() int64 { return f.max }

// Keep reads the body of a form that a page of this site posted to target without
// a session, or with one whose sign-in does not do there, and seals it for the
// browser. former is who was signed in, nil if
// that cannot be told. It returns ErrTooLarge or ErrNotKept with a cause.
//
// Whoever calls it has made sure that the post came from a page of this origin:
// a form of another site must never wait here for its victim's sign-in.
func (f *Forms) Keep(w http.ResponseWriter, r *http.Request, target string, former *session.Session) (*Kept, error) {
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	default:
		f.log.WarnContext(r.Context(), "form of an ended session not kept: too many at a time")
		return nil, ErrNotKept
	}
	kind := r.Header.Get("Content-Type")
	if len(target) > maxPath || len(kind) > maxHeader || !keepable(kind) {
		return nil, ErrNotKept
	}
	limit := f.max
	if isPlain(kind) {
		limit = f.sealedSize() // it may be a kept form on its way back
	}
	body, err := f.read(w, r, limit)
	if err != nil {
		f.log.InfoContext(r.Context(), "form of an ended session not kept", slog.String("error", err.Error()))
		return nil, err
	}
	one := &form{
		ID: newID(), owner: ownerOf(former), Path: target, Type: kind,
		Origin: short(r.Header.Get("Origin")), Referer: short(r.Header.Get("Referer")), body: body,
	}
	// The session ended again between sign-in and the click: the same form, for
	// the same user, and no longer than before.
	if sealed, again := resent(body); again && isPlain(kind) {
		if one, err = f.open(sealed); err != nil || one.Path != target {
			return nil, ErrNotKept
		}
		return f.kept(sealed, one)
	}
	if int64(len(body)) > f.max {
		return nil, ErrTooLarge
	}
	sealed, err := f.seal(one)
	if err != nil {
		return nil, errors.Join(ErrNotKept, err)
	}
	f.log.InfoContext(r.Context(), "form of an ended session kept in the browser",
		slog.String("path", r.URL.Path), slog.Int("bytes", len(body)), slog.String("sub", one.Subject))
	return f.kept(sealed, one)
}

func (f *Forms) kept(sealed string, one *form) (*Kept, error) {
	summary, err := f.summarise(one)
	if err != nil {
		return nil, errors.Join(ErrNotKept, err)
	}
	return &Kept{Form: sealed, Summary: summary}, nil
}

// sealedSize is the most that a sealed form takes: base64 twice over.
func (f *Forms) sealedSize() int64 { return (f.max+maxAround)*16/9 + 1<<10 }

// read reads a body of at most limit bytes, in limited time. Of a larger one it
// takes in more and drops it: a browser that is still sending shows no answer.
func (f *Forms) read(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	const drained = 32 << 20
	defer f.patiently(w)()
	if r.ContentLength > limit {
		_, _ = io.CopyN(io.Discard, r.Body, drained) // whatever came of it
		return nil, ErrTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, errors.Join(ErrNotKept, err)
	}
	if int64(len(body)) > limit {
		_, _ = io.CopyN(io.Discard, r.Body, drained) // as above
		return nil, ErrTooLarge
	}
	return body, nil
}

// patiently ends the reading of the request's body in time. It returns what takes
// that back.
func (f *Forms) patiently(w http.ResponseWriter) func() {
	control := http.NewResponseController(w)
	// Not every writer can: then the server's own timeouts hold.
	_ = control.SetReadDeadline(time.Now().Add(f.patience))
	return func() { _ = control.SetReadDeadline(time.Time{}) }
}

// keepable tells whether a form's navigation can have that content type (HTML,
// form submission).
func keepable(kind string) bool {
	media, _, err := mime.ParseMediaType(kind)
	return err == nil && (media == "application/x-www-form-urlencoded" || media == "multipart/form-data" || media == "text/plain")
}

func isPlain(kind string) bool {
	media, _, _ := strings.Cut(kind, ";")
	return strings.EqualFold(strings.TrimSpace(media), "text/plain")
}

// marker is how the body of a form starts that is sent again: the one field, by
// the encoding text/plain (HTML, text/plain encoding algorithm), which no other
// form uses for such a name.
var marker = []byte("passkeys-resend=")

// resent returns the sealed form in the body of one that is sent again.
func resent(body []byte) (string, bool) {
	sealed, ours := bytes.CutPrefix(body, marker)
	return string(bytes.TrimSuffix(sealed, []byte("\r\n"))), ours
}

// short drops a header that is too long to be kept.
func short(header string) string {
	if len(header) > maxHeader {
		return ""
	}
	return header
}
