package corbado

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"
)

// maxBody caps a request body in bytes. The largest honest one, an attestation
// response with a certificate chain, is a few kilobytes.
const maxBody = 1 << 20

// The values of error.type that the emulator uses
// (Corbado: API reference, error types).
const (
	errInternal         = "internal_error"
	errNotFound         = "not_found"
	errMethodNotAllowed = "method_not_allowed"
	errValidation       = "validation_error"
	errLogin            = "login_error"
	errInvalidJSON      = "invalid_json"
	errRateLimited      = "rate_limited"
)

// genericRsp opens every answer that is not an entity
// (Corbado: Backend API, schema genericRsp). Runtime is in seconds.
type genericRsp struct {
	HTTPStatusCode int         `json:"httpStatusCode"`
	Message        string      `json:"message"`
	RequestData    requestData `json:"requestData"`
	Runtime        float64     `json:"runtime"`
}

type requestData struct {
	RequestID string `json:"requestID"`
	Link      string `json:"link"`
}

// errorRsp is the body of every answer that is not a 200
// (Corbado: Backend API, schema errorRsp).
type errorRsp struct {
	genericRsp
	Error errorBody `json:"error"`
}

type errorBody struct {
	Type       string       `json:"type"`
	Details    string       `json:"details,omitempty"`
	Validation []fieldError `json:"validation,omitempty"`
	Links      []string     `json:"links"`
}

type fieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// apiError is an error as the API tells it. Everything in it is public.
type apiError struct {
	status     int
	kind       string
	details    string
	validation []fieldError
}

func (e *apiError) Error() string {
	if e.details != "" {
		return e.kind + ": " + e.details
	}
	if len(e.validation) > 0 {
		return e.kind + ": " + e.validation[0].Field + " " + e.validation[0].Message
	}
	return e.kind
}

func invalid(field, message string) *apiError {
	return &apiError{
		status: http.StatusBadRequest, kind: errValidation,
		validation: []fieldError{{Field: field, Message: message}},
	}
}

func notFound(details string) *apiError {
	return &apiError{status: http.StatusNotFound, kind: errNotFound, details: details}
}

// Two answers carry no entity of their own.
type (
	generic   struct{} // 200 with genericRsp
	noContent struct{} // 204
)

// endpoint answers one call: with an entity, with generic or noContent, or with
// an error.
type endpoint func(r *http.Request) (any, error)

// methods is what one path answers, by HTTP method.
type methods map[string]endpoint

func (s *Server) serve(m methods) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		call, ok := m[r.Method]
		if !ok {
			s.refuse(w, start, &apiError{status: http.StatusMethodNotAllowed, kind: errMethodNotAllowed})
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		entity, err := call(r)
		if err != nil {
			s.refuse(w, start, err)
			return
		}
		switch entity.(type) {
		case noContent:
			w.WriteHeader(http.StatusNoContent)
		case generic:
			writeJSON(w, http.StatusOK, s.generic(start, http.StatusOK))
		default:
			writeJSON(w, http.StatusOK, entity)
		}
	})
}

func (s *Server) generic(start time.Time, status int) genericRsp {
	id := newID("req")
	return genericRsp{
		HTTPStatusCode: status,
		Message:        http.StatusText(status),
		RequestData:    requestData{RequestID: id, Link: s.publicURL + "/requests/" + id},
		Runtime:        time.Since(start).Seconds(),
	}
}

func (s *Server) refuse(w http.ResponseWriter, start time.Time, err error) {
	e, ok := errors.AsType[*apiError](err)
	if !ok {
		e = &apiError{status: http.StatusInternalServerError, kind: errInternal}
	}
	writeJSON(w, e.status, errorRsp{
		genericRsp: s.generic(start, e.status),
		Error: errorBody{
			Type: e.kind, Details: e.details, Validation: e.validation, Links: []string{},
		},
	})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		http.Error(w, errInternal, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(raw) // the client may have left; there is nobody to tell
}

// readJSON decodes the one JSON object in r's body into v. Unknown fields are
// fine: newer clients send more than the emulator knows.
func readJSON(r *http.Request, v any) error {
	bad := &apiError{status: http.StatusBadRequest, kind: errInvalidJSON}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		bad.details = "Content-Type must be application/json"
		return bad
	}
	d := json.NewDecoder(r.Body)
	if err := d.Decode(v); err != nil {
		bad.details = "the body is not the expected JSON object"
		return bad
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		bad.details = "the body holds more than one JSON value"
		return bad
	}
	return nil
}
