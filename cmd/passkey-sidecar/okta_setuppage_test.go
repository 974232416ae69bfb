package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/oktatest"
)

// TestOktaSetupMakesItsOwnPage: one command makes provider and page, and the
// page knows the provider that Okta has just named. A second run changes nothing.
func TestOktaSetupMakesItsOwnPage(t *testing.T) {
	server := oktatest.Start(t, okta.Config{})
	dir := t.TempDir()
	t.Setenv(tokenVariable, server.ManagementToken())
	t.Setenv(idpSecretVariable, testIDPSecret)
	args := setupArgs(server, dir, "--apply", "--brand", "Acme", "--publish", "--backup-dir", dir, "--project-id", "pro-1234567890")
	out, err := runSetup(t, "", args...)
	if err != nil {
		t.Fatal(err, out)
	}
	var idp struct{ ID string }
	if err := json.Unmarshal(server.ManagementObjects("idps")[0], &idp); err != nil {
		t.Fatal(err)
	}
	page := server.SignInPage().Template
	if !strings.Contains(page, idp.ID) || !strings.Contains(page, "pro-1234567890") || strings.Contains(page, unknownID) {
		t.Errorf("the published page does not name the provider %s and the project", idp.ID)
	}
	if first := writes(server); len(first) == 0 {
		t.Error("the first run wrote nothing")
	}
	if out, err := runSetup(t, "", args...); err != nil {
		t.Error(err, out)
	} else if second := writes(server); len(second) > 0 {
		t.Errorf("the second run wrote %q", second)
	}
}

// writes are the management calls since the last look that change something.
func writes(server *okta.Server) []string {
	var changed []string
	for _, call := range server.ManagementCalls() {
		if !strings.HasPrefix(call, "GET ") {
			changed = append(changed, call)
		}
	}
	return changed
}
