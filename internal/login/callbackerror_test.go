package login

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestErrorsThatOktaSendsBack(t *testing.T) {
	t.Parallel()
	const words = "<script>alert(1)</script>"
	for _, c := range []struct {
		err, description string
		status           int
		code             string
		shown            bool // Okta's own words
		way              string
	}{
		{"access_denied", "User is not assigned to the client application.", 403, "not_assigned", false, "/passkeys/login?prompt=login&return=%2Fa"},
		{"access_denied", "Policy evaluation failed for this request, please check the policy configurations.", 502, "access_policy_missing", true, "/passkeys/login?prompt=login&return=%2Fa"},
		{"access_denied", words, 403, "access_denied", false, "/passkeys/login?prompt=login&return=%2Fa"},
		{"unmet_authentication_requirements", words, 403, "authentication_requirements_unmet", false, "/passkeys/login?prompt=login&return=%2Fa"},
		{"invalid_request", "PKCE code challenge is required by the application.", 502, "invalid_request", true, "/passkeys/login?return=%2Fa"},
		{"invalid_scope", "One or more scopes are not configured for the authorization server resource.", 502, "invalid_scope", true, "/passkeys/login?return=%2Fa"},
		{"unauthorized_client", words, 502, "unauthorized_client", true, "/passkeys/login?return=%2Fa"},
		{"unsupported_response_type", words, 502, "unsupported_response_type", true, "/passkeys/login?return=%2Fa"},
		{"invalid_client", words, 502, "client_rejected", true, "/passkeys/login?return=%2Fa"},
		{"server_error", words, 502, "identity_provider_error", false, "/passkeys/login?return=%2Fa"},
		{"temporarily_unavailable", words, 503, "identity_provider_unavailable", false, "/passkeys/login?return=%2Fa"},
		{"something_new", words, 502, "sign_in_refused", true, "/passkeys/login?return=%2Fa"},
	} {
		t.Run(c.err+" "+c.code, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			b := s.browser()
			q := b.depart("/a")
			p := b.callback(url.Values{"state": q["state"], "error": {c.err}, "error_description": {c.description}})
			wantProblem(t, p, c.status, c.code)
			if strings.Contains(p.told(), c.description) != c.shown {
				t.Errorf("detail %q", p.told())
			}
			if p.problem.Ways[0].Href != c.way {
				t.Errorf("ways %v", p.problem.Ways)
			}
			if s.op.count("/token") != 0 || b.attempts() != 0 {
				t.Error("the attempt lives on")
			}
			if !strings.Contains(s.log.String(), c.err) {
				t.Errorf("log: %s", s.log)
			}
		})
	}
}

func TestAccessDeniedIsNeverRetried(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	for range 5 {
		q := b.depart("/a")
		p := b.callback(url.Values{"state": q["state"], "error": {"access_denied"}})
		wantProblem(t, p, http.StatusForbidden, "access_denied")
		if p.location() != "" {
			t.Fatalf("sent on to %s", p.location())
		}
	}
}

func TestPromptNoneErrorsStartAgainOnce(t *testing.T) {
	t.Parallel()
	for _, e := range []string{"login_required", "consent_required", "interaction_required"} {
		s := newSite(t)
		b := s.browser()
		q := b.depart("/a")
		p := b.callback(url.Values{"state": q["state"], "error": {e}})
		wantRedirect(t, p, "/passkeys/login?restart=1&return=%2Fa")
		q = b.depart(p.location())
		wantProblem(t, b.callback(url.Values{"state": q["state"], "error": {e}}), http.StatusForbidden, "interaction_required")
	}
}

func TestForgedErrorTextIsNotShown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	forged := url.Values{"error": {"invalid_scope"}, "error_description": {"Call 555-1234"}, "state": {newState(1, "0")}}
	p := b.callback(forged)
	wantProblem(t, p, http.StatusBadRequest, "cookies_blocked")
	if strings.Contains(p.told(), "555") {
		t.Error("text of an unverified callback is shown")
	}
}

func TestLongErrorTextIsCut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	q := b.depart("/a")
	p := b.callback(url.Values{"state": q["state"], "error": {"invalid_scope"}, "error_description": {strings.Repeat("ä\u202e\n", 500)}})
	wantProblem(t, p, http.StatusBadGateway, "invalid_scope")
	if len(p.told()) > 800 || strings.ContainsAny(p.told(), "\n\u202e") {
		t.Errorf("detail of %d bytes: %q", len(p.told()), p.told())
	}
	if len(s.log.String()) > 2000 {
		t.Errorf("log of %d bytes", len(s.log.String()))
	}
}

func TestRefusedWithLiveSessionOffersTheWayBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signIn("/")
	q := b.depart("/passkeys/login?prompt=login&return=/a")
	p := b.callback(url.Values{"state": q["state"], "error": {"access_denied"}})
	wantProblem(t, p, http.StatusForbidden, "access_denied")
	if last := p.problem.Ways[len(p.problem.Ways)-1]; last.Href != "/a" {
		t.Errorf("ways %v", p.problem.Ways)
	}
	if b.session() == nil {
		t.Error("the session ended")
	}
}
