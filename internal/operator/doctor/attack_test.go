package doctor

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/sharedstate"
)

// TestAttackByWhatAnswersToo: what stands at the issuer writes to the terminal, and
// repeats what it was sent.
func TestAttackByWhatAnswersToo(t *testing.T) {
	w := newWorld(t, nil)
	tokens(400, "application/json", `{"error":"x\u001b[2J","error_description":"\u001b]0;owned\u0007 `+clientSecret+strings.Repeat("long ", 10_000)+`"}`, nil)(w)
	if text := printed(t, w.examine()); strings.Contains(text, `\u001b`) || strings.Contains(text, clientSecret) || len(text) > 50_000 {
		t.Errorf("%d bytes: %.2000s", len(text), text)
	}
}

// TestAttackByASecretThatIsCutOff: a server repeats the credential so that only a part of
// it is shown, or in the form that it was sent in.
func TestAttackByASecretThatIsCutOff(t *testing.T) {
	for name, said := range map[string]string{
		"cut off": strings.Repeat("x", 180) + " " + clientSecret, "as sent": base64.StdEncoding.EncodeToString([]byte(clientID + ":" + clientSecret)),
	} {
		w := newWorld(t, nil)
		tokens(400, "application/json", `{"error":"what","error_description":"`+said+`"}`, nil)(w)
		if text := printed(t, w.examine()); strings.Contains(text, clientSecret[:8]) || strings.Contains(text, said) || !strings.Contains(text, "REDACTED") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// TestACheckThatBreaksOrHangsIsAFinding: no panic, and an end.
func TestACheckThatBreaksOrHangsIsAFinding(t *testing.T) {
	e := &exam{Options: Options{Patience: 50 * time.Millisecond}}
	release := make(chan struct{})
	defer close(release)
	found := e.run(t.Context(), []check{
		{"breaks", func(*exam, context.Context) []Finding { panic(clientSecret) }},
		{"hangs", func(*exam, context.Context) []Finding { <-release; return nil }},
	})
	if len(found) != 2 || found[0].Level != Error || found[1].Level != Unproven || found[0].Check != "breaks" || found[1].Check != "hangs" || strings.Contains(printed(t, found), clientSecret) {
		t.Errorf("%+v", found)
	}
}

// TestEverythingHangs: all parties at once, and still an end in time.
func TestEverythingHangs(t *testing.T) {
	w := newWorld(t, &okta.Auth0{})
	w.Patience = 300 * time.Millisecond
	w.atOkta, w.atSidecar, w.atApp = hang, hang, hang
	w.Corbado.BackendAPI, w.Corbado.FrontendAPI, w.Corbado.Script = "http://"+deaf(t), "http://"+deaf(t), "http://"+deaf(t)+"/x.js"
	w.State = &sharedstate.Address{URL: "redis://" + deaf(t)}
	found := w.examine()
	if Worst(found) != Error {
		t.Errorf("%s", printed(t, found))
	}
	waiting := 0
	for _, f := range found {
		if f.Why == discoveryFailed {
			waiting++
		}
	}
	if waiting != 1 {
		t.Errorf("%d findings say that discovery failed", waiting)
	}
}
