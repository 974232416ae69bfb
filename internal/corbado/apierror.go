package corbado

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// What a failed call comes down to. Every error of CreateConnectToken that is
// not our own mistake matches exactly one of them with errors.Is.
var (
	// ErrUnauthorized means that Corbado does not accept the API secret, or not
	// for this project: a mistake in the configuration.
	ErrUnauthorized = errors.New("corbado does not accept the API secret")
	// ErrRateLimited means too many calls in too short a time.
	ErrRateLimited = errors.New("corbado limits the rate")
	// ErrUnavailable means no answer, or none that makes sense: later may help.
	ErrUnavailable = errors.New("corbado is not available")
	// ErrRejected means that Corbado understood and refuses: the same call will
	// not do better later.
	ErrRejected = errors.New("corbado rejects the request")
)

// typeMalformed is the Type of an APIError for an answer that says success but
// holds no token. It is ours, not Corbado's.
const typeMalformed = "malformed_answer"

// maxRetryAfter caps what Corbado, or a gateway before it, may ask for.
const maxRetryAfter = time.Hour

// APIError is Corbado's refusal, reduced to what is safe to log: Corbado's free
// text may repeat the request, and so the user's e-mail, and is dropped.
type APIError struct {
	// Status is the HTTP status.
	Status int
	// Type is error.type (Corbado: API reference, error types), empty if the
	// answer held none of the usual form, as when a gateway wrote it.
	Type string
	// RequestID names the call in Corbado's console; it may be empty.
	RequestID string
	// RetryAfter is the answer's Retry-After, at most an hour; zero if it had
	// none.
	RetryAfter time.Duration
	// Validation names the fields of the request that were refused.
	Validation []string

	detail string // our words on a malformed answer
}

// Error describes the refusal without any of Corbado's free text.
func (e *APIError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "corbado answered %d", e.Status)
	if e.Type != "" {
		b.WriteString(" " + e.Type)
	}
	if e.detail != "" {
		b.WriteString(": " + e.detail)
	}
	if len(e.Validation) > 0 {
		b.WriteString(" for " + strings.Join(e.Validation, ", "))
	}
	if e.RequestID != "" {
		b.WriteString(" (request " + e.RequestID + ")")
	}
	return b.String()
}

// Is tells which of the Err values the refusal comes down to. The type counts
// before the status, because Corbado documents the types and not the statuses.
func (e *APIError) Is(target error) bool { return target == e.class() }

func (e *APIError) class() error {
	switch e.Type {
	case typeMalformed, "internal_error":
		return ErrUnavailable
	case "login_error", "project_id_mismatch":
		return ErrUnauthorized
	case "rate_limited":
		return ErrRateLimited
	}
	switch {
	case e.Status == http.StatusUnauthorized, e.Status == http.StatusForbidden:
		return ErrUnauthorized
	case e.Status == http.StatusTooManyRequests:
		return ErrRateLimited
	case e.Status >= 500, e.Status == http.StatusRequestTimeout:
		return ErrUnavailable
	}
	return ErrRejected
}

// The forms of what is kept of an answer. None of them matches an API secret,
// which starts with corbado1_, or an e-mail address.
var (
	typeForm      = regexp.MustCompile(`^[a-z_]{1,40}$`)
	fieldForm     = regexp.MustCompile(`^[A-Za-z.]{1,40}$`)
	requestIDForm = regexp.MustCompile(`^req-[A-Za-z0-9-]{1,64}$`)
)

// maxFields caps Validation; a connect token request has five fields.
const maxFields = 8

// readAPIError reads an answer that is no success (Corbado: Backend API,
// schemas genericRsp and errorRsp). A body of another kind leaves the status.
func readAPIError(got answer) *APIError {
	var body struct {
		RequestData struct {
			RequestID string `json:"requestID"`
		} `json:"requestData"`
		Error struct {
			Type       string `json:"type"`
			Validation []struct {
				Field string `json:"field"`
			} `json:"validation"`
		} `json:"error"`
	}
	e := &APIError{Status: got.status, RetryAfter: got.retryAfter}
	if json.Unmarshal(got.body, &body) != nil {
		return e
	}
	if typeForm.MatchString(body.Error.Type) {
		e.Type = body.Error.Type
	}
	if requestIDForm.MatchString(body.RequestData.RequestID) {
		e.RequestID = body.RequestData.RequestID
	}
	for _, v := range body.Error.Validation {
		if fieldForm.MatchString(v.Field) && len(e.Validation) < maxFields {
			e.Validation = append(e.Validation, v.Field)
		}
	}
	return e
}

func malformed(status int, detail string) *APIError {
	return &APIError{Status: status, Type: typeMalformed, detail: detail}
}

// retryAfter reads seconds or an HTTP date (RFC 9110 section 10.2.3).
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		return max(0, min(time.Duration(seconds)*time.Second, maxRetryAfter))
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return max(0, min(at.Sub(now), maxRetryAfter))
}
