package pages

import (
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
)

func answerProblem(t *testing.T, s *site, pr *problem.Problem, header http.Header) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/deals", nil)
	maps.Copy(r.Header, header)
	w := httptest.NewRecorder()
	s.Problem(w, r, pr, "request-1")
	return w
}

func TestProblemIsNegotiated(t *testing.T) {
	s := newSite(t, nil)
	for name, tt := range map[string]struct {
		header http.Header
		page   bool
	}{
		"navigation":           {http.Header{"Sec-Fetch-Dest": {"document"}}, true},
		"frame":                {http.Header{"Sec-Fetch-Dest": {"iframe"}, "Accept": {"*/*"}}, true},
		"older browser":        {http.Header{"Accept": {"text/html,application/xhtml+xml,*/*;q=0.8"}}, true},
		"fetch":                {http.Header{"Sec-Fetch-Dest": {"empty"}, "Accept": {"*/*"}}, false},
		"fetch that asks HTML": {http.Header{"Sec-Fetch-Dest": {"empty"}, "Accept": {"text/html"}}, false},
		"image":                {http.Header{"Sec-Fetch-Dest": {"image"}}, false},
		"curl":                 {http.Header{"Accept": {"*/*"}}, false},
		"nothing":              {nil, false},
	} {
		w := answerProblem(t, s, &problem.Problem{Status: 403, Code: "c", Title: "T"}, tt.header)
		page := strings.HasPrefix(w.Header().Get("Content-Type"), "text/html")
		if page != tt.page || w.Code != http.StatusForbidden || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
	}
}

func TestProblemJSON(t *testing.T) {
	s := newSite(t, nil)
	w := answerProblem(t, s, &problem.Problem{
		Status: 401, Code: "login_required", Title: "Sign in", Detail: "Please", RetryAfter: 1500 * time.Millisecond,
		Ways: []problem.Way{{Label: "Sign in", Href: "/passkeys/login?return=%2Fdeals"}}, Err: errors.New("internal cause"),
	}, nil)
	const want = `{"error":"login_required","message":"Sign in","detail":"Please","request_id":"request-1","login_url":"/passkeys/login?return=%2Fdeals"}`
	if w.Body.String() != want || w.Header().Get("Retry-After") != "2" {
		t.Errorf("%s %v", w.Body, w.Header())
	}
	w = answerProblem(t, s, &problem.Problem{Status: 429, Code: "c", Title: "T", Causes: []string{"One.", "Two."}, Operator: "Look <there>."}, nil)
	if want := `{"error":"c","message":"T","causes":["One.","Two."],"operator":"Look \u003cthere\u003e.","request_id":"request-1"}`; w.Body.String() != want {
		t.Errorf("got %s, want %s", w.Body, want)
	}
	w = answerProblem(t, s, &problem.Problem{Status: 404, Code: "not_found", Title: "T", Ways: []problem.Way{{Label: "x", Href: "/x"}}}, nil)
	if strings.Contains(w.Body.String(), "login_url") || w.Header().Get("Retry-After") != "" {
		t.Errorf("%s %v", w.Body, w.Header())
	}
}

func TestProblemPage(t *testing.T) {
	s := newSite(t, nil)
	navigation := http.Header{"Sec-Fetch-Dest": {"document"}}
	body := answerProblem(t, s, &problem.Problem{
		Status: 503, Code: "provider_unavailable", Title: "Not <now>", Detail: "Wait & see", Err: errors.New("internal cause"),
		Ways: []problem.Way{{Label: "Again", Href: "/again"}, {Label: "Home", Href: "/home"}, {Label: "Bad", Href: "javascript:alert(1)"}},
	}, navigation).Body.String()
	for _, want := range []string{
		"<h1>Not &lt;now&gt;</h1>", "Wait &amp; see", `<a class="button" href="/again">Again</a>`, `<a class="quiet" href="/home">Home</a>`,
		"Request ID <code class=\"id\">request-1</code>", "<code>provider_unavailable</code>",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in\n%s", want, body)
		}
	}
	if strings.Contains(body, "javascript:") || strings.Contains(body, "internal cause") || strings.Contains(body, "causes") || strings.Contains(body, "For whoever") {
		t.Errorf("the page says too much:\n%s", body)
	}
	body = answerProblem(t, s, &problem.Problem{
		Status: 429, Code: "c", Title: "T", Causes: []string{"One & all.", "Two."}, Operator: "Look <there>.",
	}, navigation).Body.String()
	for _, want := range []string{"<li>One &amp; all.</li>\n<li>Two.</li>", "For whoever runs this site:</strong> Look &lt;there&gt;."} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in\n%s", want, body)
		}
	}
	body = answerProblem(t, s, &problem.Problem{Status: 404, Code: "not_found", Title: "T"}, navigation).Body.String()
	if !strings.Contains(body, `<a class="button" href="/">Go to Example</a>`) {
		t.Errorf("no way out of\n%s", body)
	}
}
