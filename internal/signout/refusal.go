package signout

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/answer"
	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
)

// refusal is an answer other than success. The reason is for the log only.
type refusal struct {
	status int
	code   string
	reason error
}

// Error is the reason.
func (r *refusal) Error() string { return r.reason.Error() }

// Unwrap returns the reason.
func (r *refusal) Unwrap() error { return r.reason }

// invalid refuses a token.
func invalid(format string, args ...any) error {
	return &refusal{status: http.StatusUnauthorized, code: "invalid_token", reason: fmt.Errorf(format, args...)}
}

// malformed refuses a request.
func malformed(format string, args ...any) error {
	return &refusal{status: http.StatusBadRequest, code: "invalid_request", reason: fmt.Errorf(format, args...)}
}

// retryKeys is the Retry-After, in seconds, when a provider's keys could not be read.
// That long we leave the provider alone.
const retryKeys = "60"

// refuse answers with a status, a code and nothing else, since whoever asks is a
// program or a stranger.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, endpoint string, err error) {
	rf, ok := errors.AsType[*refusal](err)
	if !ok {
		rf = &refusal{status: http.StatusInternalServerError, code: "server_error", reason: err}
	}
	h.config.Moments.Tell(r.Context(), moment.Moment{Kind: moment.RevocationRefused, Cause: rf.code})
	h.quiet.LogAttrs(r.Context(), slog.LevelWarn, "sign-out by the provider refused", endpoint+" "+rf.code,
		slog.String("endpoint", endpoint), slog.String("reason", printable(rf.Error())))
	switch rf.status {
	case http.StatusUnauthorized:
		challenge := `Bearer realm="sign-out"`
		if rf.code != codeNoToken {
			challenge += `, error="` + rf.code + `"`
		}
		w.Header().Set("WWW-Authenticate", challenge)
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", retryKeys)
	}
	_ = answer.JSON(w, r, rf.status, map[string]string{"error": rf.code}) // it fails only when the client has gone
}

func noStore(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
}

// maxLogText is the most of somebody else's text that a log line holds, in
// characters.
const maxLogText = 300

// printable makes text from outside fit for a log line.
func printable(s string) string { return claims.Printable(s, maxLogText) }
