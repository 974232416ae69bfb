package org

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// OAuthError is an error for a redirect URI, a token endpoint or Okta's own page
// (RFC 6749 sections 4.1.2.1 and 5.2).
type OAuthError struct {
	Code, Description string
}

func (e *OAuthError) Error() string { return e.Code + ": " + e.Description }

// OAuth makes an OAuthError.
func OAuth(code, description string) *OAuthError { return &OAuthError{code, description} }

// WriteJSON answers with a JSON document.
func WriteJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client has gone; nobody is left to tell
}

// InternalError reports a failure that no request can cause.
func (o *Org) InternalError(w http.ResponseWriter, err error) {
	o.Note(Event{Name: EventInternalError, Detail: err.Error()})
	WriteJSON(w, http.StatusInternalServerError, map[string]any{"errorCode": "E0000009", "errorSummary": "Internal Server Error"})
}

// Redirect sends the browser on without leaking where it comes from.
func Redirect(w http.ResponseWriter, r *http.Request, to string, status int) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache, no-store")
	h.Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, to, status) // to is a registered redirect URI or a path of our own
}

// WithQuery adds values to a URI that may have a query of its own.
func WithQuery(uri string, values url.Values) string {
	sep := "?"
	if strings.Contains(uri, "?") {
		sep = "&"
	}
	return uri + sep + values.Encode()
}

// Seconds is the form of times in tokens (RFC 7519 section 2, NumericDate).
func Seconds(t time.Time) int64 { return t.Unix() }
