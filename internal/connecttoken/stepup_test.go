package connecttoken

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/stepup"
)

func newSteppingFixture(t *testing.T, demand stepup.Demand) *fixture {
	t.Helper()
	return newFixture(t, func(c *Config) { c.StepUp, c.BasePath = demand, "/passkeys" })
}

// Whoever finds a browser signed in must not add a passkey of their own, or take
// the owner's away; they may look.
func TestStaleSignInChangesNoPasskey(t *testing.T) {
	f := newSteppingFixture(t, stepup.Demand{MaxAge: 10 * time.Minute, ACR: "phr"})
	pages := map[string]string{"passkey-append": "%2Fpasskeys%2Fappend", "passkey-delete": "%2Fpasskeys%2F"} //nolint:gosec // G101: names of types
	for name, session := range map[string]struct {
		authTime time.Time
		acr      string
		fresh    bool
	}{
		"fresh":        {start.Add(-10 * time.Minute), "phr", true},
		"stale":        {start.Add(-12 * time.Minute), "phr", false},
		"no auth_time": {time.Time{}, "phr", false},
		"too weak":     {start, "urn:okta:loa:1fa:pwd", false},
		"no acr":       {start, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := alice()
			s.AuthTime, s.ACR = session.authTime, session.acr
			for kind, page := range pages {
				r := post(t, `{"type":"`+kind+`"}`)
				if session.fresh {
					if err := f.Serve(httptest.NewRecorder(), r, s); err != nil {
						t.Errorf("%s: %v", kind, err)
					}
					continue
				}
				f.wantRefusal(t, r, s, http.StatusUnauthorized, "step_up_required")
				p, _ := errors.AsType[*problem.Problem](f.Serve(httptest.NewRecorder(), post(t, `{"type":"`+kind+`"}`), s))
				if want := "/passkeys/login?step_up=600&acr=phr&return=" + page; p.Ways[0].Href != want || p.MaxAge != 10*time.Minute || p.ACR != "phr" {
					t.Errorf("%s: %+v, want a way to %s", kind, p, want)
				}
			}
			if err := f.Serve(httptest.NewRecorder(), post(t, `{"type":"passkey-list"}`), s); err != nil {
				t.Errorf("list: %v", err)
			}
		})
	}
}

func TestStepUpOff(t *testing.T) {
	f := newSteppingFixture(t, stepup.Demand{})
	s := alice()
	s.AuthTime = time.Time{}
	for _, kind := range []string{"passkey-append", "passkey-delete"} {
		if err := f.Serve(httptest.NewRecorder(), post(t, `{"type":"`+kind+`"}`), s); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if _, err := New(Config{Origins: f.origins, StepUp: stepup.Demand{MaxAge: time.Second}}, f.mint, nil); err == nil {
		t.Error("a demand that nobody can meet was taken")
	}
}

// An attacker without a fresh sign-in must not use up the user's rate.
func TestStaleRequestsCostNoRate(t *testing.T) {
	f := newSteppingFixture(t, stepup.Demand{MaxAge: 10 * time.Minute})
	s := alice()
	for range 100 {
		_ = f.Serve(httptest.NewRecorder(), post(t, `{"type":"passkey-append"}`), s)
	}
	s.AuthTime = start
	if err := f.Serve(httptest.NewRecorder(), post(t, `{"type":"passkey-append"}`), s); err != nil {
		t.Error(err)
	}
}
