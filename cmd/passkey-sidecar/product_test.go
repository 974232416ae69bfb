package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/internal/operator/doctor"
)

// TestCommandsSpeakOfThisProductFirst runs the program.
func TestCommandsSpeakOfThisProductFirst(t *testing.T) {
	p := newPatient(t, nil)
	p.write("client_id 0oa1client", "client_id 0oa1nobody")
	for _, c := range []struct {
		args  []string
		code  int
		wants []string
	}{
		{[]string{"version"}, 0, []string{"passkey-sidecar (development), with Caddy v2."}},
		{[]string{"--version"}, 0, []string{"passkey-sidecar (development), with Caddy v2."}},
		{[]string{"--help"}, 0, []string{"passkey-sidecar is a reverse proxy", "doctor", "keygen"}},
		{[]string{"doctor", "--help"}, 0, []string{"passkey-sidecar doctor", "--id-token"}},
		{[]string{"doctor", "--config", p.file}, exitErrors, []string{"error    " + p.site + " sign-in: the provider does not know the client", "         fix: copy the Client ID", "\nok "}},
		{[]string{"doctor", "--config", p.file + ".gone"}, 1, []string{"--config"}},
	} {
		out, code := self(t, c.args...)
		for _, want := range c.wants {
			if !strings.Contains(out, want) {
				t.Errorf("%v does not say %q:\n%s", c.args, want, out)
			}
		}
		if code != c.code {
			t.Errorf("%v exits %d, want %d:\n%s", c.args, code, c.code, out)
		}
	}
}

func TestKeygen(t *testing.T) {
	var first, second, pem bytes.Buffer
	for _, k := range []struct {
		to        *bytes.Buffer
		assertion bool
	}{{&first, false}, {&second, false}, {&pem, true}} {
		if err := keygen(k.to, k.assertion, ""); err != nil {
			t.Fatal(err)
		}
	}
	if first.String() == second.String() || first.Len() < 64 || !strings.HasPrefix(pem.String(), "-----BEGIN PRIVATE KEY-----") {
		t.Error("two keys are the same, or a key is short")
	}
	file := filepath.Join(t.TempDir(), "key")
	if err := keygen(io.Discard, false, file); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if err := keygen(io.Discard, false, file); err == nil {
		t.Error("a key is overwritten")
	}

	// The sidecar takes both.
	p := newPatient(t, nil)
	t.Setenv("PATIENT_SESSION_KEY", first.String())
	t.Setenv("PATIENT_ASSERTION_KEY", pem.String())
	p.write("public /healthz", "assertion {\n key {env.PATIENT_ASSERTION_KEY}\n}")
	_, found := p.doctor(doctorFlags{})
	for _, f := range found {
		if f.Check == "configuration" && f.Level != doctor.OK {
			t.Errorf("%+v", f)
		}
	}
}

// self runs this program as the sidecar.
func self(t *testing.T, args ...string) (output string, code int) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, args...) //nolint:gosec // this very program
	cmd.Env = append(os.Environ(), asSidecar+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(fmt.Errorf("%v: %w", args, err))
	}
	return string(out), cmd.ProcessState.ExitCode()
}
