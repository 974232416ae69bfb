package oktasetup

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/operator/oktaapi"
)

func TestRefusalsStopBeforeAnyChange(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*org)
		step  string
		code  string
	}{
		"wrong token":           {nil, "app", oktaapi.CodeInvalidToken},
		"no right to read":      {func(o *org) { o.okta.DenyManagement("* idps") }, "identity provider", oktaapi.CodeNotPermitted},
		"rate limit, no end":    {func(o *org) { o.okta.LimitManagement(1000, time.Minute) }, "app", oktaapi.CodeRateLimited},
		"org fails while asked": {func(o *org) { o.okta.FailManagement(5, http.StatusInternalServerError) }, "groups claim", "E0000009"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOrg(t)
			token := o.okta.ManagementToken()
			if c.spoil == nil {
				token = "00wrong-token"
			} else {
				c.spoil(o)
			}
			_, err := Apply(t.Context(), o.api(token), o.options, o.tell)
			wantStop(t, err, c.step, c.code)
			if w := o.writes(); len(w) != 0 || !strings.Contains(err.Error(), "Nothing was changed.") {
				t.Errorf("did %v: %v", w, err)
			}
			if strings.Contains(err.Error(), token) {
				t.Errorf("shows the token: %v", err)
			}
			o.okta.DenyManagement()
			o.okta.LimitManagement(0, 0)
			if got := o.mustApply(); got.Changes != 11 {
				t.Errorf("the next run: %+v", got)
			}
		})
	}
}

func wantStop(t *testing.T, err error, step, code string) {
	t.Helper()
	stop, ok := errors.AsType[*StepError](err)
	if !ok || stop.Step != step {
		t.Fatalf("want a stop at %s, got %v", step, err)
	}
	if refusal, ok := errors.AsType[*oktaapi.Error](err); !ok || refusal.Code != code {
		t.Errorf("want %s: %v", code, err)
	}
}

func TestShortRateLimitIsWaitedFor(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	o.okta.LimitManagement(2, 10*time.Second)
	if got := o.mustApply(); got.Changes != 11 || o.waits != 2 {
		t.Errorf("%+v, waited %d times", got, o.waits)
	}
}

// TestHalfDoneRun breaks an apply at each of its calls; the next run completes it.
func TestHalfDoneRun(t *testing.T) {
	t.Parallel()
	probe := newOrg(t)
	probe.mustApply()
	calls := len(probe.okta.ManagementCalls())
	for n := 1; n <= calls; n++ {
		o := newOrg(t)
		o.okta.FailManagement(n, http.StatusInternalServerError)
		_, err := o.apply()
		if err == nil {
			t.Fatalf("call %d: no error", n)
		}
		if stop, ok := errors.AsType[*StepError](err); !ok || len(stop.Done)+len(stop.Left) != 8 || stop.Changed != len(o.writes()) {
			t.Fatalf("call %d: %v", n, err)
		} else if stop.Doubt != strings.Contains(err.Error(), "is not known") || n == calls && !stop.Doubt {
			t.Errorf("call %d: a write that failed with 500 is taken for undone: %v", n, err)
		}
		o.mustApply()
		o.writes()
		if second := o.mustApply(); second.Changes != 0 {
			t.Errorf("call %d: changes without end: %v", n, o.writes())
		}
		if raw, err := os.ReadFile(o.options.App.SecretFile); err != nil || len(raw) < 40 {
			t.Errorf("call %d: secret file %d bytes, %v", n, len(raw), err)
		}
		for _, collection := range []string{"apps", "idps"} {
			if got := len(o.okta.ManagementObjects(collection)); got != 1 {
				t.Errorf("call %d: %d %s", n, got, collection)
			}
		}
	}
}

// TestMissingRightToWrite stops at its step and names it.
func TestMissingRightToWrite(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	o.okta.DenyManagement("POST idps")
	_, err := o.apply()
	wantStop(t, err, "identity provider", oktaapi.CodeNotPermitted)
	if w := o.writes(); len(w) != 6 || strings.Contains(strings.Join(w, " "), "sign-in") {
		t.Errorf("did %v", w)
	}
	o.okta.DenyManagement()
	o.mustApply()
	if w := o.writes(); len(w) != 5 {
		t.Errorf("the next run did %v", w)
	}
}

func TestLostSecretFileIsReadAgain(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	o.mustApply()
	o.writes()
	file := o.options.App.SecretFile
	before, err := os.ReadFile(file) //nolint:gosec // a file of the test
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	o.mustApply()
	after, err := os.ReadFile(file) //nolint:gosec // a file of the test
	if err != nil || string(after) != string(before) || len(o.writes()) != 0 {
		t.Errorf("%v", err)
	}
}
