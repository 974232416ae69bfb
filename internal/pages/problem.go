package pages

import (
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/answer"
	"github.com/passkey-sidecar/passkey-sidecar/internal/fetchmeta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/stepup"
)

// challengeHeader marks the 401 of somebody without a session, so that a script
// can tell it from a 401 of the app's own.
const challengeHeader = "Passkeys-Challenge"

// problemJSON is a Problem as programs get it.
type problemJSON struct {
	Error     string   `json:"error"`
	Message   string   `json:"message"`
	Detail    string   `json:"detail,omitempty"`
	Causes    []string `json:"causes,omitempty"`
	Operator  string   `json:"operator,omitempty"`
	RequestID string   `json:"request_id,omitempty"`
	// LoginURL comes with login_required and step_up_required only, the rest with
	// the latter.
	LoginURL  string `json:"login_url,omitempty"`
	MaxAge    int64  `json:"max_age,omitempty"`
	ACRValues string `json:"acr_values,omitempty"`
}

// Problem answers with a problem: a page for whoever navigates, JSON for a
// program.
func (p *Pages) Problem(w http.ResponseWriter, r *http.Request, pr *problem.Problem, requestID string) {
	w.Header().Add("Vary", "Accept, Sec-Fetch-Dest, Sec-Fetch-Mode")
	if fetchmeta.Of(r) == fetchmeta.None {
		p.ProblemJSON(w, r, pr, requestID)
		return
	}
	hints(w, pr)
	v := p.view(pageProblem, pr.Title, nil)
	v.Problem, v.RequestID = pr, requestID
	p.undelivered(r, p.write(w, r, pr.Status, p.policies.plain, v))
}

// ProblemJSON answers with a problem as JSON, whatever the client says it wants:
// for requests that only programs make.
func (p *Pages) ProblemJSON(w http.ResponseWriter, r *http.Request, pr *problem.Problem, requestID string) {
	hints(w, pr)
	said := problemJSON{
		Error: pr.Code, Message: pr.Title, Detail: pr.Detail, Causes: pr.Causes, Operator: pr.Operator, RequestID: requestID,
		MaxAge: int64(pr.MaxAge / time.Second), ACRValues: pr.ACR,
	}
	if (pr.Code == problem.CodeLoginRequired || pr.Code == stepup.Code) && len(pr.Ways) > 0 {
		said.LoginURL = pr.Ways[0].Href
	}
	p.undelivered(r, answer.JSON(w, r, pr.Status, said))
}

// hints says in headers what a program can act on.
func hints(w http.ResponseWriter, pr *problem.Problem) {
	if pr.RetryAfter > 0 {
		whole := (pr.RetryAfter + time.Second - 1) / time.Second
		w.Header().Set("Retry-After", strconv.FormatInt(int64(whole), 10))
	}
	if pr.Code == problem.CodeLoginRequired {
		w.Header().Set(challengeHeader, problem.CodeLoginRequired)
	}
	if pr.MaxAge > 0 && pr.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", challenge(pr))
	}
}

func (p *Pages) undelivered(r *http.Request, err error) {
	if err != nil {
		p.log.DebugContext(r.Context(), "problem not delivered", slog.Any("error", err))
	}
}

// challenge tells a program how recent and how strong a sign-in must be (RFC
// 9470 section 3). The values are checked when they are configured.
func challenge(pr *problem.Problem) string {
	c := `Bearer error="insufficient_user_authentication", error_description="A more recent or stronger sign-in is needed", max_age="` +
		strconv.FormatInt(int64(pr.MaxAge/time.Second), 10) + `"`
	if pr.ACR != "" {
		c += `, acr_values="` + pr.ACR + `"`
	}
	return c
}
