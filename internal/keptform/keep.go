package keptform

import (
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
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
// that cannot be told. It returns ErrTooLarge or ErrNotKept with a cause, or
// ErrForeign.
//
// Whoever calls it has made sure that the post came from a page of this origin:
// a form of another site must never wait here for its victim's sign-in.
func (f *Forms) Keep(w http.ResponseWriter, r *http.Request, target string, former *session.Session) (kept *Kept, err error) {
	defer func() {
		if !errors.Is(err, ErrForeign) {
			f.tell(r, moment.FormKept, moment.FormNotKept, err)
		}
	}()
	kind := r.Header.Get("Content-Type")
	if len(target) > maxPath || len(kind) > maxHeader || !keepable(kind) {
		return nil, ErrNotKept
	}
	giveBack, ok := f.strangers.take(r.Context(), network(f.client(r)))
	if !ok {
		f.quiet.LogAttrs(r.Context(), slog.LevelWarn, "form of an ended session not kept: too many at a time", "")
		return nil, ErrNotKept
	}
	defer giveBack()
	defer f.patiently(w)()
	switch body, again := f.sentAgain(r); again {
	case &f.resends:
		return f.keepAgain(w, r, target)
	case &f.reposts:
		return nil, ErrForeign
	default:
		r.Body = body
	}
	one := &form{
		ID: newID(), owner: ownerOf(former), Path: target, Type: kind,
		Origin: short(r.Header.Get("Origin")), Referer: short(r.Header.Get("Referer")),
	}
	head, err := one.head()
	if err != nil {
		return nil, errors.Join(ErrNotKept, err)
	}
	b, err := f.read(w, r, head, f.max, seal.CrateTail)
	if err != nil {
		f.quiet.LogAttrs(r.Context(), slog.LevelInfo, "form of an ended session not kept", "", slog.String("error", err.Error()))
		return nil, err
	}
	one.body = b[len(head):]
	summary, err := f.summarise(one)
	if err != nil {
		return nil, errors.Join(ErrNotKept, err)
	}
	f.quiet.LogAttrs(r.Context(), slog.LevelInfo, "form of an ended session kept in the browser", "",
		slog.String("path", r.URL.Path), slog.Int("bytes", len(one.body)), slog.String("sub", one.Subject))
	return &Kept{Form: f.resends.crate.Seal(b), Summary: summary}, nil
}

// keepAgain is for a session that ended again between sign-in and the click: the
// same form, for the same user, and no longer than before.
func (f *Forms) keepAgain(w http.ResponseWriter, r *http.Request, target string) (*Kept, error) {
	sealed, err := f.readSealed(w, r)
	if err != nil {
		return nil, err
	}
	one, err := open(f.resends.crate, sealed)
	if err != nil || one.Path != target {
		return nil, ErrNotKept
	}
	summary, err := f.summarise(one)
	if err != nil {
		return nil, errors.Join(ErrNotKept, err)
	}
	return &Kept{Form: string(sealed), Summary: summary}, nil
}

// keepable reports whether a form's navigation can have that content type (HTML,
// form submission).
func keepable(kind string) bool {
	media, _, err := mime.ParseMediaType(kind)
	return err == nil && (media == "application/x-www-form-urlencoded" || media == "multipart/form-data" || media == "text/plain")
}

func isPlain(kind string) bool {
	media, _, _ := strings.Cut(kind, ";")
	return strings.EqualFold(strings.TrimSpace(media), "text/plain")
}

// short drops a header that is too long to be kept.
func short(header string) string {
	if len(header) > maxHeader {
		return ""
	}
	return header
}

// tell tells that a form was taken in, or was not.
func (f *Forms) tell(r *http.Request, taken, lost moment.Kind, err error) {
	m := moment.Moment{Kind: taken}
	if err != nil {
		m.Kind = lost
	}
	f.moments.Tell(r.Context(), m)
}
