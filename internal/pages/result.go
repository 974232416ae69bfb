package pages

import (
	"log/slog"
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/answer"
	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// maxResult caps the body of a result, in bytes.
const maxResult = 16 << 10

// outcome is what became of the offer to add a passkey.
type outcome string

const (
	outcomeComplete     outcome = "complete"
	outcomeCompleteNoop outcome = "complete-noop" // there was one already
	outcomeSkip         outcome = "skip"
	outcomeNotOffered   outcome = "not-offered"
	outcomeError        outcome = "error"
	outcomeUnavailable  outcome = "unavailable"
)

// outcomes maps what the glue sends, and the words that Corbado has published
// for the same (Corbado: CorbadoConnectAppend, AppendStatus).
var outcomes = map[string]outcome{
	"complete":      outcomeComplete,
	"complete-noop": outcomeCompleteNoop,
	"skip":          outcomeSkip,
	"not-offered":   outcomeNotOffered,
	"error":         outcomeError,
	"unavailable":   outcomeUnavailable,

	"user-completed":              outcomeComplete,
	"skip-explicit":               outcomeSkip,
	"user-skipped":                outcomeSkip,
	"skip-implicit":               outcomeNotOffered,
	"gradual-rollout-denied":      outcomeNotOffered,
	"passkey-intelligence-denied": outcomeNotOffered,
}

// moment is that of the outcome.
func (o outcome) moment(s *session.Session) moment.Moment {
	m := moment.Moment{Session: s}
	switch o {
	case outcomeComplete:
		m.Kind = moment.PasskeyAdded
	case outcomeCompleteNoop:
		m.Kind = moment.PasskeyExisted
	case outcomeSkip:
		m.Kind = moment.OfferSkipped
	case outcomeNotOffered:
		m.Kind = moment.OfferWithheld
	case outcomeError:
		m.Kind, m.Cause = moment.OfferFailed, moment.ComponentError
	case outcomeUnavailable:
		m.Kind, m.Cause = moment.OfferFailed, moment.Unavailable
	}
	return m
}

// Result takes down what became of the offer: POST <base>/append/result with
// {"status","clientState"}. It answers 204, or a Problem with the code
// cross_origin, json_required, body_too_large, invalid_body or unknown_status.
func (p *Pages) Result(w http.ResponseWriter, r *http.Request, s *session.Session) error {
	if err := p.needSession(s, p.base+route.Append); err != nil {
		return err
	}
	result, err := p.readResult(w, r)
	if err != nil {
		return err
	}
	became, known := outcomes[result.Status]
	if !known {
		return refuse(http.StatusBadRequest, "unknown_status", "This status is not known.", nil)
	}
	if err := p.memory.rest(w, r, userKey(s), p.enroll.rest(became)); err != nil {
		return err
	}
	if became == outcomeComplete || became == outcomeCompleteNoop {
		p.keepClientState(w, result.ClientState)
	}
	p.moments.Tell(r.Context(), became.moment(s))
	p.log.InfoContext(r.Context(), "passkey offer answered", slog.String("status", string(became)),
		slog.String("iss", s.Issuer), slog.String("sub", s.Subject))
	answer.Private(w.Header())
	w.WriteHeader(http.StatusNoContent)
	return nil
}

type result struct {
	Status      string `json:"status"`
	ClientState string `json:"clientState"`
}

func (p *Pages) readResult(w http.ResponseWriter, r *http.Request) (result, error) {
	if err := p.origins.FromOwnPage(r); err != nil {
		return result{}, refuse(http.StatusForbidden, "cross_origin", "This request came from another site.", err)
	}
	var sent result
	if err := answer.Read(w, r, maxResult, &sent); err != nil {
		return result{}, err
	}
	return sent, nil
}

func refuse(status int, code, title string, err error) *problem.Problem {
	return &problem.Problem{Status: status, Code: code, Title: title, Err: err}
}
