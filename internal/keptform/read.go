package keptform

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
)

// read reads a body of at most limit bytes behind head, in limited time, and
// leaves a capacity of tail behind it. Of a larger one it takes in more and drops
// it: a browser that is still sending shows no answer.
func (f *Forms) read(w http.ResponseWriter, r *http.Request, head []byte, limit int64, tail int) ([]byte, error) {
	const drained = 32 << 20
	if r.ContentLength > limit {
		_, _ = io.CopyN(io.Discard, r.Body, drained) // whatever came of it
		return nil, ErrTooLarge
	}
	length := r.ContentLength
	if length < 0 {
		length = min(stretch, limit)
	}
	// One byte more finds the end, or that there is none.
	most := len(head) + int(limit)
	b := make([]byte, len(head), len(head)+int(length)+1+tail)
	copy(b, head)
	end := time.Now().Add(f.patience)
	control := http.NewResponseController(w)
	for {
		if room := cap(b) - tail - len(b); room == 0 {
			grown := make([]byte, len(b), min(2*cap(b), most+1+tail))
			copy(grown, b)
			b = grown
		}
		next := b[len(b):min(len(b)+stretch, cap(b)-tail)]
		// Not every writer can: then the server's own timeouts hold.
		_ = control.SetReadDeadline(earlier(end, time.Now().Add(stretchPatience)))
		n, err := fill(next, r.Body)
		b = b[:len(b)+n]
		switch {
		case len(b) > most:
			_ = control.SetReadDeadline(end)
			_, _ = io.CopyN(io.Discard, r.Body, drained) // as above
			return nil, ErrTooLarge
		case errors.Is(err, io.EOF):
			return b, nil
		case err != nil:
			return nil, errors.Join(ErrNotKept, err)
		}
	}
}

// fill is io.ReadFull that tells a body's end, io.EOF, from one that breaks off.
func fill(b []byte, body io.Reader) (n int, err error) {
	for n < len(b) && err == nil {
		var more int
		more, err = body.Read(b[n:])
		n += more
	}
	return n, err
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// readSealed reads what comes behind the marker of a form that is sent again.
func (f *Forms) readSealed(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	sealed, err := f.read(w, r, nil, seal.CrateSize(f.max+maxAround), 0)
	return bytes.TrimSuffix(sealed, []byte("\r\n")), err
}

// patiently ends the reading of the request's body in time. It returns what takes
// that back.
func (f *Forms) patiently(w http.ResponseWriter) func() {
	control := http.NewResponseController(w)
	// Not every writer can: then the server's own timeouts hold.
	_ = control.SetReadDeadline(time.Now().Add(min(f.patience, stretchPatience)))
	return func() { _ = control.SetReadDeadline(time.Time{}) }
}
