package passkeys

import (
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
)

// problemJSON is a Problem as programs get it.
type problemJSON struct {
	Error     string   `json:"error"`
	Message   string   `json:"message"`
	Detail    string   `json:"detail,omitempty"`
	Causes    []string `json:"causes,omitempty"`
	Operator  string   `json:"operator,omitempty"`
	RequestID string   `json:"request_id,omitempty"`
	// LoginURL comes with login_required only.
	LoginURL string `json:"login_url,omitempty"`
}

// Problem answers with a problem: a page for whoever navigates, JSON for a
// program.
func (p *Pages) Problem(w http.ResponseWriter, r *http.Request, pr *problem.Problem, requestID string) {
	w.Header().Add("Vary", "Accept, Sec-Fetch-Dest")
	if !wantsPage(r) {
		p.ProblemJSON(w, r, pr, requestID)
		return
	}
	retryAfter(w, pr)
	v := p.view(pageProblem, pr.Title, nil)
	v.Problem, v.RequestID = pr, requestID
	p.undelivered(r, p.write(w, r, pr.Status, p.policies.plain, v))
}

// ProblemJSON answers with a problem as JSON, whatever the client says it wants:
// for requests that only programs make.
func (p *Pages) ProblemJSON(w http.ResponseWriter, r *http.Request, pr *problem.Problem, requestID string) {
	retryAfter(w, pr)
	answer := problemJSON{
		Error: pr.Code, Message: pr.Title, Detail: pr.Detail, Causes: pr.Causes, Operator: pr.Operator, RequestID: requestID,
	}
	if pr.Code == "login_required" && len(pr.Ways) > 0 {
		answer.LoginURL = pr.Ways[0].Href
	}
	p.undelivered(r, writeJSON(w, r, pr.Status, answer))
}

func retryAfter(w http.ResponseWriter, pr *problem.Problem) {
	if pr.RetryAfter > 0 {
		whole := (pr.RetryAfter + time.Second - 1) / time.Second
		w.Header().Set("Retry-After", strconv.FormatInt(int64(whole), 10))
	}
}

func (p *Pages) undelivered(r *http.Request, err error) {
	if err != nil {
		p.log.DebugContext(r.Context(), "problem not delivered", slog.Any("error", err))
	}
}

// wantsPage tells a navigation from a program's request: browsers say what they
// want in Sec-Fetch-Dest (Fetch Metadata), older ones by Accept.
func wantsPage(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Dest") {
	case "document", "iframe", "frame":
		return true
	case "":
		return strings.Contains(strings.Join(r.Header.Values("Accept"), ","), "text/html")
	}
	return false
}
