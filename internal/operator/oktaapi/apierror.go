package oktaapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
)

// Codes of Okta's errors that a caller may want to tell apart (Okta: "Error codes").
const (
	codeValidation   = "E0000001"
	CodeNotPermitted = "E0000006"
	codeNotFound     = "E0000007"
	CodeInvalidToken = "E0000011"
	CodeRateLimited  = "E0000047"
)

// maxText caps what is shown of a text that came from outside, in bytes.
const maxText = 500

// Error is a refusal by the management API.
type Error struct {
	Method, Path string
	Status       int
	// Code is Okta's errorCode, E and seven digits, or "" where the answer was
	// none of Okta's.
	Code    string
	Summary string
	// ID is the errorId, which Okta's support and system log know.
	ID     string
	Causes []string
}

// Error says what was asked, what Okta answered, and what usually helps.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %d", e.Method, e.Path, e.Status)
	if e.Code != "" {
		b.WriteString(" " + e.Code)
	}
	if e.Summary != "" {
		b.WriteString(" " + e.Summary)
	}
	if len(e.Causes) > 0 {
		b.WriteString(" (" + strings.Join(e.Causes, "; ") + ")")
	}
	if e.ID != "" {
		b.WriteString(" [errorId " + e.ID + "]")
	}
	if hint := e.Hint(); hint != "" {
		b.WriteString("\n  " + hint)
	}
	return b.String()
}

// Hint is what usually helps, or "".
func (e *Error) Hint() string {
	switch e.Status {
	case http.StatusUnauthorized:
		return "The token is wrong, expired, revoked, or bound to another network zone. An API token expires after 30 days without use; an access token after an hour."
	case http.StatusForbidden:
		return "The token lacks the right for this call. An API token has the rights of the admin who made it; a service app needs the okta.* scope and an admin role."
	case http.StatusTooManyRequests:
		return "The rate limit did not free in time. Run it again later; what is done is found again."
	}
	return ""
}

// IsNotFound reports whether the org has no such object.
func IsNotFound(err error) bool {
	refusal, ok := errors.AsType[*Error](err)
	return ok && refusal.Status == http.StatusNotFound
}

// refusal reads Okta's error object. Anything else, such as a proxy's page, is
// told by its status alone.
func (c *Client) refusal(method, path string, status int, raw []byte) error {
	var body struct {
		Code    string `json:"errorCode"`
		Summary string `json:"errorSummary"`
		ID      string `json:"errorId"`
		Causes  []struct {
			Summary string `json:"errorSummary"`
		} `json:"errorCauses"`
	}
	e := &Error{Method: method, Path: path, Status: status}
	if json.Unmarshal(raw, &body) != nil {
		return e
	}
	e.Code, e.Summary, e.ID = c.clean(body.Code), c.clean(body.Summary), c.clean(body.ID)
	for _, cause := range body.Causes {
		e.Causes = append(e.Causes, c.clean(cause.Summary))
	}
	return e
}

// clean makes a text of the org fit for a terminal: no secrets, no control
// characters, not too long.
func (c *Client) clean(text string) string {
	for _, hidden := range append([]secret.Value{c.config.Token}, c.config.Hide...) {
		if !hidden.IsZero() {
			text = strings.ReplaceAll(text, hidden.Reveal(), hidden.String())
		}
	}
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, text)
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	return text
}
