package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/oktatest"
)

const testIDPSecret = "corbado-client-secret-do-not-print" //nolint:gosec // of no account

// runSetup runs `okta setup` and returns all that it printed.
func runSetup(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	cmd := newOktaSetup()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SetIn(strings.NewReader(stdin))
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func setupArgs(server *okta.Server, dir string, more ...string) []string {
	return append([]string{
		"--org-url", server.OrgIssuer(), "--label", "Orders", "--public-url", "https://app.acme.test", "--assign-group", "Everyone",
		"--client-secret-file", filepath.Join(dir, "client_secret"), "--idp-issuer", "https://corbado.acme.test",
		"--idp-authorize-url", "https://corbado.acme.test/a", "--idp-token-url", "https://corbado.acme.test/t", "--idp-jwks-url", "https://corbado.acme.test/k",
		"--idp-client-id", "okta", "--access-policy", "--groups-prefix", "app-",
	}, more...)
}

func TestOktaSetupPlansAppliesAndRestsThen(t *testing.T) {
	server := oktatest.Start(t, okta.Config{})
	dir := t.TempDir()
	t.Setenv(tokenVariable, server.ManagementToken())
	t.Setenv(idpSecretVariable, testIDPSecret)

	plan, err := runSetup(t, "", setupArgs(server, dir)...)
	if err != nil || !strings.Contains(plan, "8 changes planned, none made") {
		t.Fatalf("%v %s", err, plan)
	}
	first, err := runSetup(t, "", setupArgs(server, dir, "--apply")...)
	if err != nil || !strings.Contains(first, "8 changes made") || !strings.Contains(first, "client_id of the sidecar: 0oa") || strings.Contains(first, "{") {
		t.Fatalf("%v %s", err, first)
	}
	second, err := runSetup(t, "", setupArgs(server, dir, "--apply")...)
	if err != nil || !strings.Contains(second, "Nothing differs.") {
		t.Errorf("%v %s", err, second)
	}
	plain, err := os.ReadFile(filepath.Join(dir, "client_secret")) //nolint:gosec // a file of the test
	if err != nil {
		t.Fatal(err)
	}
	for _, hidden := range []string{server.ManagementToken(), testIDPSecret, strings.TrimSpace(string(plain))} {
		if strings.Contains(plan+first+second, hidden) {
			t.Error("a secret was printed")
		}
	}
}

func TestOktaSetupWithoutToken(t *testing.T) {
	server := oktatest.Start(t, okta.Config{})
	dir := t.TempDir()
	t.Setenv(tokenVariable, "")
	plan, err := runSetup(t, "", setupArgs(server, dir)...)
	if err != nil || !strings.Contains(plan, "takes the org for empty") || !strings.Contains(plan, "POST /api/v1/idps") {
		t.Errorf("%v %s", err, plan)
	}
	if _, err := runSetup(t, "", setupArgs(server, dir, "--apply")...); err == nil {
		t.Error("applied without a token")
	}
	if _, err := runSetup(t, "", setupArgs(server, dir, "--token-stdin")...); err == nil {
		t.Error("took an empty token")
	}
	if calls := server.ManagementCalls(); len(calls) != 0 {
		t.Errorf("called %v", calls)
	}
}

func TestOktaSetupTokenFromStdin(t *testing.T) {
	server := oktatest.Start(t, okta.Config{})
	t.Setenv(tokenVariable, "00wrong")
	out, err := runSetup(t, server.ManagementToken()+"\n", setupArgs(server, t.TempDir(), "--token-stdin")...)
	if err != nil {
		t.Errorf("%v %s", err, out)
	}
	if _, err := runSetup(t, "", setupArgs(server, t.TempDir())...); err == nil || !strings.Contains(err.Error(), "E0000011") || strings.Contains(err.Error(), "00wrong") {
		t.Errorf("wrong token: %v", err)
	}
}

// TestOktaSetupPageOfAnotherProvider: such a page would hand passkeys to nowhere.
func TestOktaSetupPageOfAnotherProvider(t *testing.T) {
	server := oktatest.Start(t, okta.Config{})
	dir := t.TempDir()
	t.Setenv(tokenVariable, server.ManagementToken())
	t.Setenv(idpSecretVariable, testIDPSecret)
	if out, err := runSetup(t, "", setupArgs(server, dir, "--apply")...); err != nil {
		t.Fatal(err, out)
	}
	var idp struct{ ID string }
	if err := json.Unmarshal(server.ManagementObjects("idps")[0], &idp); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "page.json")
	args := setupArgs(server, dir, "--apply", "--brand", "Acme", "--publish", "--backup-dir", dir, "--page-file", file)
	for id, good := range map[string]bool{"0oaOTHER": false, idp.ID: true} {
		page, err := json.Marshal(map[string]string{"pageContent": "<!DOCTYPE html>" + id})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, page, 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := runSetup(t, "", args...); (err == nil) != good {
			t.Errorf("%s: %v %s", id, err, out)
		}
	}
}
