package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// signinPage runs the command and returns what it prints, and its notes.
func signinPage(args ...string) (string, string, error) {
	cmd := signinPageCommand()
	var out, notes bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&notes)
	cmd.SetArgs(args)
	err := cmd.Execute()
	return out.String(), notes.String(), err
}

func caddyfile(t *testing.T, corbado ...string) string {
	t.Helper()
	var sites strings.Builder
	for i, block := range corbado {
		sites.WriteString("http://app" + string(rune('a'+i)) + `.localhost {
			passkeys {
				public_url http://app.localhost
				okta {
					issuer https://login.example.com
					client_id x
					client_secret {file./none}
				}
				corbado {
					api_secret {file./none}
					` + block + `
				}
			}
		}
		`)
	}
	file := filepath.Join(t.TempDir(), "Caddyfile")
	if err := os.WriteFile(file, []byte(sites.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

const provider = "--idp-id=0oacorbado0000000000"

func TestSigninPagePrintsThePage(t *testing.T) {
	out, notes, err := signinPage(provider, "--project-id=pro-1234567890", "--generation=g3", "--handoff=state-token",
		"--idp-name=Corbado", "--app-id=0oaclient00000000000", "--app-id=0oaclient00000000001")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		"<!DOCTYPE html>", "g3", "state-token", "pro-1234567890",
		"[&#34;0oaclient00000000000&#34;,&#34;0oaclient00000000001&#34;]",
	} {
		if !strings.Contains(out, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
	if !strings.Contains(notes, "--sri") {
		t.Errorf("no word about the version: %q", notes)
	}
}

func TestSigninPageFromTheCaddyfile(t *testing.T) {
	t.Setenv("TEST_PROJECT", "pro-42")
	file := caddyfile(t, `project_id {env.TEST_PROJECT}
		frontend_api https://passkeys.example.com
		components https://cdn.example.com/web-1.0.0.js https://cdn.example.com/web-1.0.0.css`)
	out, notes, err := signinPage(provider, "--idp-name=Corbado", "--config", file, "--api-json")
	if err != nil {
		t.Fatal(err)
	}
	var body struct {
		PageContent                  string
		ContentSecurityPolicySetting struct{ SrcList []string }
	}
	if err := json.Unmarshal([]byte(out), &body); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(body.ContentSecurityPolicySetting.SrcList, " "); got != "https://cdn.example.com https://passkeys.example.com" {
		t.Errorf("srcList %s", got)
	}
	for _, part := range []string{"pro-42", "https://passkeys.example.com", "web-1.0.0.js", "web-1.0.0.css"} {
		if !strings.Contains(body.PageContent, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
	if notes != "" {
		t.Errorf("notes on a versioned script: %s", notes)
	}
}

func TestSigninPageFlagsWin(t *testing.T) {
	out, notes, err := signinPage(provider, "--config", caddyfile(t, "project_id pro-42"), "--project-id=pro-7", "--check")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(notes, "--idp-name") {
		t.Errorf("no word about the button: %q", notes)
	}
	if !strings.Contains(out, "https://pro-7.frontendapi.cloud.corbado.io") || strings.Contains(out, "<html") {
		t.Error(out)
	}
}

func TestSigninPageSaysWhatIsWrong(t *testing.T) {
	other := filepath.Join(t.TempDir(), "Caddyfile")
	if err := os.WriteFile(other, []byte("localhost\nrespond hello\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, says string
		args       []string
	}{
		{"no provider", `IdP id ""`, []string{"--project-id=pro-1"}},
		{"ids of the wrong shape", `project id "1"`, []string{provider, "--project-id=1", "--check"}},
		{"no such file", "no such file", []string{provider, "--config=/does/not/exist"}},
		{"no directive", "no passkeys directive", []string{provider, "--config", other}},
		{"two projects", "pro-1 and pro-2", []string{provider, "--config", caddyfile(t, "project_id pro-1", "project_id pro-2")}},
		{"a placeholder that is not set", "TEST_NOT_SET", []string{provider, "--config", caddyfile(t, "project_id {env.TEST_NOT_SET}")}},
		{"a word too many", "page.html", []string{provider, "page.html"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, _, err := signinPage(c.args...)
			if err == nil || !strings.Contains(err.Error(), c.says) || out != "" {
				t.Errorf("error %v, output %q", err, out)
			}
		})
	}
}
