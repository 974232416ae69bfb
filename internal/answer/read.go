package answer

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
)

// Read reads a request's body of JSON, of at most so many bytes, into v. The error is a
// Problem: json_required, body_too_large or invalid_body.
func Read(w http.ResponseWriter, r *http.Request, most int64, v any) error {
	refuse := func(status int, code, title string, err error) error {
		return &problem.Problem{Status: status, Code: code, Title: title, Err: err}
	}
	if !IsJSON(r) {
		return refuse(http.StatusUnsupportedMediaType, "json_required", "The body must be application/json.", errNoJSON)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return refuse(http.StatusRequestEntityTooLarge, "body_too_large", "The body is too large.", err)
	}
	if err != nil {
		return refuse(http.StatusBadRequest, "invalid_body", "The body could not be read.", err)
	}
	if err := json.Unmarshal(body, v); err != nil {
		return refuse(http.StatusBadRequest, "invalid_body", "The body is not the JSON that was expected.", err)
	}
	return nil
}

var errNoJSON = errors.New("the Content-Type is not application/json")

// IsJSON reports whether the body says that it is JSON. A form of another site cannot:
// browsers ask first before they send that type across sites.
func IsJSON(r *http.Request) bool {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && media == "application/json"
}
