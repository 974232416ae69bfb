package connecttoken

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/corbado"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
)

func methodNotAllowed() *problem.Problem {
	return &problem.Problem{
		Status: http.StatusMethodNotAllowed, Code: "method_not_allowed",
		Title: "Only POST is possible here",
	}
}

func crossOrigin(err error) *problem.Problem {
	return &problem.Problem{
		Status: http.StatusForbidden, Code: "cross_origin",
		Title:  "This request did not come from this site",
		Detail: "Open the passkey page of this site and try again there.",
		Err:    err,
	}
}

func unsupportedMediaType() *problem.Problem {
	return &problem.Problem{
		Status: http.StatusUnsupportedMediaType, Code: "unsupported_media_type",
		Title: "The request must be application/json",
	}
}

func loginRequired() *problem.Problem {
	return &problem.Problem{
		Status: http.StatusUnauthorized, Code: "login_required",
		Title:  "You are not signed in",
		Detail: "Sign in and try again.",
	}
}

func tooLarge() *problem.Problem {
	return &problem.Problem{
		Status: http.StatusRequestEntityTooLarge, Code: "too_large",
		Title: "The request is too large",
	}
}

func invalidJSON(err error) *problem.Problem {
	return &problem.Problem{
		Status: http.StatusBadRequest, Code: "invalid_json",
		Title:  "The request is not understood",
		Detail: `It must be {"type":"…"} and nothing else.`,
		Err:    err,
	}
}

func unknownType() *problem.Problem {
	return &problem.Problem{
		Status: http.StatusBadRequest, Code: "unknown_type",
		Title:  "This type of token is not handed out",
		Detail: "Types are passkey-append, passkey-list and passkey-delete.",
	}
}

func rateLimited(wait time.Duration) *problem.Problem {
	return &problem.Problem{
		Status: http.StatusTooManyRequests, Code: "rate_limited",
		Title:      "That was too often in a short time",
		Detail:     "Wait a moment and try again.",
		RetryAfter: wait,
	}
}

func noIdentifier(claim string) *problem.Problem {
	return &problem.Problem{
		Status: http.StatusConflict, Code: "no_identifier",
		Title:  "Your account cannot have passkeys yet",
		Detail: "It lacks the identifier that passkeys are filed under. Tell the people who run this site.",
		Err: fmt.Errorf("the user's session holds no claim %q, which corbado's identifier setting names: "+
			"let Okta put the claim into the ID token, or remove the setting to use sub", claim),
	}
}

// retryLater is the Retry-After of a failure for which Corbado named none.
const retryLater = 10 * time.Second

// explain turns an error of the Minter into what the user may know. The user cannot
// mend any of them, so the texts say whether waiting helps.
func explain(err error) *problem.Problem {
	p := &problem.Problem{
		Title:  "Passkeys are not available at the moment",
		Detail: "Everything else works. Try again later.",
		Err:    err,
	}
	switch {
	case errors.Is(err, corbado.ErrUnauthorized):
		p.Status, p.Code = http.StatusBadGateway, "passkey_service_misconfigured"
	case errors.Is(err, corbado.ErrRejected):
		p.Status, p.Code = http.StatusBadGateway, "passkey_service_rejected"
	case errors.Is(err, corbado.ErrRateLimited):
		p.Status, p.Code, p.RetryAfter = http.StatusServiceUnavailable, "passkey_service_busy", retryAfter(err)
	default:
		p.Status, p.Code, p.RetryAfter = http.StatusServiceUnavailable, "passkey_service_unavailable", retryAfter(err)
	}
	if p.RetryAfter == 0 {
		p.Detail = "Everything else works. Waiting will not help here: tell the people who run this site."
	}
	return p
}

func retryAfter(err error) time.Duration {
	if api, ok := errors.AsType[*corbado.APIError](err); ok && api.RetryAfter > 0 {
		return api.RetryAfter
	}
	return retryLater
}
