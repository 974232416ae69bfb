package keptform

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
)

// repostKept is how long after it came another site's form can be posted again: a
// page does it by itself, at once.
const repostKept = 2 * time.Minute

// ErrForeign is for another site's form that comes again and finds no session, or
// one that does not do: it is never kept for a sign-in.
var ErrForeign = errors.New("another site's form is not kept for a sign-in")

// way is how a sealed form comes back: its marker, by which the body of its
// request starts, and what opens it. Both markers are of one length.
type way struct {
	marker []byte
	crate  *seal.Crate
	// once is what the memory of used ones is asked for, and how long.
	once string
	kept time.Duration
	// foreign tells that another site posted the form, and to no session that
	// could be seen.
	foreign bool
}

// The one field of a form that is sent again, by the encoding text/plain (HTML,
// text/plain encoding algorithm), which no other form uses for such a name.
const (
	resendMarker = "passkeys-resend="
	repostMarker = "passkeys-repost="
)

// Repost seals a form that a page of another site posted to target, for a page of
// ours to post it again to the same address, with the session that browsers hold
// back from the other site's. It returns ErrTooLarge or ErrNotKept with a cause.
//
// Whoever calls it has made sure that the configuration names the path.
func (f *Forms) Repost(w http.ResponseWriter, r *http.Request, target string) (sealed string, err error) {
	defer func() { f.tell(r, moment.FormTaken, moment.FormNotTaken, err) }()
	kind := r.Header.Get("Content-Type")
	one := &form{
		ID: newID(), Path: target, Type: kind, Origin: r.Header.Get("Origin"), Referer: short(r.Header.Get("Referer")), Site: r.Header.Get("Sec-Fetch-Site"),
	}
	if len(target) > maxPath || len(kind) > maxHeader || !keepable(kind) || len(one.Origin) > maxHeader || len(one.Site) > maxHeader {
		return "", ErrNotKept
	}
	if one.Origin == "" && one.Site == "" {
		// The app could not tell it from a form of its own.
		return "", ErrNotKept
	}
	giveBack, ok := f.strangers.take(r.Context(), network(f.client(r)))
	if !ok {
		f.quiet.LogAttrs(r.Context(), slog.LevelWarn, "form of another site not posted again: too many at a time", "")
		return "", ErrNotKept
	}
	defer giveBack()
	defer f.patiently(w)()
	body, again := f.sentAgain(r)
	if again != nil {
		return "", ErrNotKept // ours come from our own pages
	}
	r.Body = body
	head, err := one.head()
	if err != nil {
		return "", errors.Join(ErrNotKept, err)
	}
	b, err := f.read(w, r, head, f.max, seal.CrateTail)
	if err != nil {
		f.quiet.LogAttrs(r.Context(), slog.LevelInfo, "form of another site not posted again", "", slog.String("error", err.Error()))
		return "", err
	}
	f.quiet.LogAttrs(r.Context(), slog.LevelInfo, "form of another site is about to be posted again", "", slog.String("path", r.URL.Path),
		slog.Int("bytes", len(b)-len(head)), slog.String("origin", one.Origin))
	return f.reposts.crate.Seal(b), nil
}

// sentAgain tells by which way a request brings a form back, whose marker has been
// read then. For none it returns the request's body as it was.
func (f *Forms) sentAgain(r *http.Request) (body io.ReadCloser, again *way) {
	if r.Body == nil || !isPlain(r.Header.Get("Content-Type")) {
		return r.Body, nil
	}
	first := make([]byte, len(resendMarker))
	n, _ := io.ReadFull(r.Body, first) // an error comes again
	for _, w := range []*way{&f.resends, &f.reposts} {
		if bytes.Equal(first[:n], w.marker) {
			return r.Body, w
		}
	}
	return &rejoined{Reader: io.MultiReader(bytes.NewReader(first[:n]), r.Body), body: r.Body}, nil
}

// rejoined is a body of which the beginning has been read.
type rejoined struct {
	io.Reader
	body io.Closer
}

func (b *rejoined) Close() error { return b.body.Close() }
