// Package answer writes what our own routes answer to programs, with the headers that
// every such answer needs, and reads the JSON that programs send them.
package answer

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Private says of an answer, a page or JSON, that it is for this browser only: no cache
// keeps it, no other site reads it, and no link on it tells where the user was.
func Private(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
}

// JSON answers with v as JSON, for this client only. The error is about v: a client that
// has gone is nobody's fault.
func JSON(w http.ResponseWriter, r *http.Request, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	Private(w.Header())
	write(w, r, status, body)
	return nil
}

// Document answers with JSON that is the same for everybody; caches may keep it for age.
func Document(w http.ResponseWriter, r *http.Request, body []byte, age time.Duration) {
	h := w.Header()
	h.Set("Cache-Control", "public, max-age="+strconv.FormatInt(int64(age/time.Second), 10))
	h.Set("X-Content-Type-Options", "nosniff")
	write(w, r, http.StatusOK, body)
}

func write(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}
