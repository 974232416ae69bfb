package login

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestIssuerMismatchIsExplained(t *testing.T) {
	t.Parallel()
	for theirs, hint := range map[string]string{
		"/":              "trailing slash",
		"/oauth2/custom": "issuer mode",
	} {
		s := newSite(t)
		s.op.metadata = func(m map[string]any) { m["issuer"] = s.op.URL + theirs }
		p := s.browser().get("/")
		wantProblem(t, p, http.StatusBadGateway, "issuer_mismatch")
		for _, want := range []string{hint, s.op.URL + theirs, "The configured issuer is " + s.op.URL + ","} {
			if !strings.Contains(p.told(), want) {
				t.Errorf("detail %q lacks %q", p.told(), want)
			}
		}
		if !strings.Contains(s.log.String(), hint) {
			t.Errorf("the log lacks the hint: %s", s.log)
		}
	}
}

func TestOktaDownAtStart(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.op.withdraw = true
	b := s.browser()
	p := b.get("/app")
	wantProblem(t, p, http.StatusServiceUnavailable, "identity_provider_unavailable")
	if p.problem.RetryAfter < time.Second || p.problem.Ways[0].Href != "/passkeys/login?return=%2Fapp" {
		t.Errorf("%+v", p.problem)
	}
	if len(p.Cookies()) != 0 {
		t.Error("a cookie for nothing")
	}
	s.op.withdraw = false
	s.clock.Advance(2 * time.Second)
	wantRedirect(t, b.signIn("/app"), "/app")
}
