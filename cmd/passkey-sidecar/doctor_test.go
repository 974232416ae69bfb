package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/corbado"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/corbado/cdn"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/operator/doctor"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/keys"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/ports"
)

const (
	patientClient     = "0oa1client"
	patientSecret     = "client-secret-that-must-not-leak"
	patientAPISecret  = "corbado1_secretThatMustNotLeak000"
	patientSessionKey = "session-key-that-must-not-leak-0123456789"
)

// patient is a site with everything that belongs to it, on this machine.
type patient struct {
	t            *testing.T
	site         string
	okta         *okta.Server
	cloud, app   string
	file, secret string // the Caddyfile, and the file with the client secret
}

func newPatient(t *testing.T, auth0 *okta.Auth0) *patient {
	t.Helper()
	p := &patient{t: t, site: "http://localhost:" + ports.Free(t)}
	dir := t.TempDir()
	p.file, p.secret = filepath.Join(dir, "Caddyfile"), filepath.Join(dir, "client_secret")
	if err := os.WriteFile(p.secret, []byte(patientSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	oktaWeb, oktaURL := listener(t)
	corbadoWeb, corbadoURL := listener(t)
	var err error
	if p.okta, err = okta.New(okta.Config{PublicURL: oktaURL, NewKey: keys.Lend(t), Auth0: auth0, Clients: []okta.Client{{
		ID: patientClient, Secret: patientSecret, RedirectURIs: []string{p.site + "/passkeys/callback"},
	}}}); err != nil {
		t.Fatal(err)
	}
	project, err := corbado.New(corbado.Config{
		PublicURL: corbadoURL, NewKey: keys.Lend(t), ProjectID: "pro-1", APISecret: patientAPISecret, RPID: "localhost", RPOrigins: []string{p.site}, CDN: cdn.FS(),
	})
	if err != nil {
		t.Fatal(err)
	}
	oktaWeb.Config.Handler, corbadoWeb.Config.Handler = p.okta, project
	oktaWeb.Start()
	corbadoWeb.Start()
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _ = json.NewEncoder(w).Encode(r.Header) }))
	t.Cleanup(app.Close)
	p.cloud, p.app = corbadoURL, strings.TrimPrefix(app.URL, "http://")
	t.Setenv("PATIENT_API_SECRET", patientAPISecret)
	t.Setenv("PATIENT_SESSION_KEY", patientSessionKey)
	return p
}

// write writes the Caddyfile, with changes of its text, as pairs of old and new.
func (p *patient) write(changes ...string) string {
	p.t.Helper()
	text := strings.NewReplacer("@SITE@", p.site, "@ISSUER@", p.okta.Issuer(), "@SECRET@", p.secret, "@CLOUD@", p.cloud, "@APP@", p.app, "@DIR@", filepath.Dir(p.file)).Replace(`{
	admin off
	auto_https off
	persist_config off
	storage file_system @DIR@/storage
	log default {
		output discard
	}
}
@SITE@ {
	passkeys {
		public_url @SITE@
		okta {
			issuer @ISSUER@
			client_id 0oa1client
			client_secret {file.@SECRET@}
		}
		corbado {
			project_id pro-1
			api_secret {env.PATIENT_API_SECRET}
			backend_api @CLOUD@
			frontend_api @CLOUD@
			components @CLOUD@/connect/dist/web-js-latest.min.js @CLOUD@/connect/dist/web-js-latest.min.css
		}
		session {
			key {env.PATIENT_SESSION_KEY}
		}
		public /healthz
	}
	reverse_proxy @APP@
}
`)
	for i := 0; i+1 < len(changes); i += 2 {
		if !strings.Contains(text, changes[i]) {
			p.t.Fatalf("the Caddyfile has no %q", changes[i])
		}
		text = strings.ReplaceAll(text, changes[i], changes[i+1])
	}
	if err := os.WriteFile(p.file, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return text
}

// run starts the sidecar with the Caddyfile.
func (p *patient) run() {
	p.t.Helper()
	config, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(p.write()), map[string]any{"filename": p.file})
	if err != nil {
		p.t.Fatal(err)
	}
	if err := caddy.Load(config, true); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			p.t.Error(err)
		}
	})
}

// doctor runs the command, in text and in JSON.
func (p *patient) doctor(f doctorFlags) (code int, found []doctor.Finding) {
	p.t.Helper()
	f.config, f.json = p.file, true
	var out bytes.Buffer
	code, err := f.run(p.t.Context(), strings.NewReader(""), &out)
	if err != nil {
		p.t.Fatal(err)
	}
	var got struct{ Findings []doctor.Finding }
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		p.t.Fatal(err)
	}
	for _, hidden := range []string{patientSecret, patientAPISecret, patientSessionKey} {
		if strings.Contains(out.String(), hidden) {
			p.t.Errorf("a secret is printed: %s", out.String())
		}
	}
	return code, got.Findings
}

// TestTheDoctorFindsNothingAtAHealthySidecar: with a real sidecar, at Okta and at Auth0.
func TestTheDoctorFindsNothingAtAHealthySidecar(t *testing.T) {
	for name, tenant := range map[string]*okta.Auth0{"okta": nil, "auth0": {}} {
		t.Run(name, func(t *testing.T) {
			p := newPatient(t, tenant)
			p.run()
			code, found := p.doctor(doctorFlags{rpID: "localhost"})
			if code != exitHealthy {
				t.Errorf("it exits %d", code)
			}
			proven := false
			for _, f := range found {
				if f.Level >= doctor.Warning {
					t.Errorf("%+v", f)
				}
				proven = proven || f.Check == "headers" && f.Level == doctor.OK
			}
			if !proven {
				t.Errorf("the app shows its headers, and their deletion is not proven: %+v", found)
			}
		})
	}
}

// TestBrokenCaddyfilesAreFound: what the configuration itself gets wrong.
func TestBrokenCaddyfilesAreFound(t *testing.T) {
	for _, c := range []struct {
		name      string
		changes   []string
		code      int
		what, fix string
	}{
		{"a secret's file is not there", []string{"client_secret}", "gone}"}, exitErrors, "okta client_secret cannot be resolved", "make the file"},
		{"a variable is not set", []string{"PATIENT_API_SECRET", "PATIENT_NOTHING"}, exitErrors, "corbado api_secret cannot be resolved", "set the variable"},
		{"a secret stands in the file", []string{"{env.PATIENT_SESSION_KEY}", patientSessionKey}, exitWarnings, "a secret stands literally", "use a placeholder"},
		{"a setting is misspelled", []string{"client_id", "clientid"}, exitErrors, "the configuration cannot be read", "adapt"},
		{"a secret where none belongs", []string{"key {env.PATIENT_SESSION_KEY}\n", "kee " + patientSessionKey + "\n"}, exitErrors, "the configuration cannot be read", "adapt"},
		{"a secret too many", []string{"client_id 0oa1client\n", "client_id 0oa1client " + patientSessionKey + "\n"}, exitErrors, "the configuration cannot be read", "adapt"},
		{"a setting is missing", []string{"client_id 0oa1client", ""}, exitErrors, "the configuration cannot be read", ""},
		{"an idle time above the lifetime", []string{"session {", "session {\n idle 9h\n lifetime 8h"}, exitErrors, "does not start", ""},
		{"no passkeys at all", []string{"passkeys {", "passkeys_ {"}, exitErrors, "the configuration cannot be read", ""},
		{"anybody is a trusted proxy", []string{"	admin off", "	admin off\n	servers {\n		trusted_proxies static 0.0.0.0/0\n	}"}, exitErrors, "anybody may say", "trusted_proxies static"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPatient(t, nil)
			p.run()
			p.write(c.changes...)
			code, found := p.doctor(doctorFlags{})
			for _, f := range found {
				if f.Level >= doctor.Warning && strings.Contains(f.What, c.what) && strings.Contains(f.Fix, c.fix) && code == c.code {
					return
				}
			}
			t.Errorf("exits %d with %+v", code, found)
		})
	}
}

// TestAWayAroundTheGateIsFound: the check of the start, without a start.
func TestAWayAroundTheGateIsFound(t *testing.T) {
	p := newPatient(t, nil)
	p.run()
	p.write("	passkeys {", "	handle /open/* {\n		reverse_proxy "+p.app+"\n	}\n	route {\n	passkeys {", "	reverse_proxy "+p.app+"\n}\n", "	reverse_proxy "+p.app+"\n	}\n}\n")
	code, found := p.doctor(doctorFlags{})
	for _, f := range found {
		if f.Level == doctor.Error && strings.Contains(f.Why, "guards only a part") && code == exitErrors {
			return
		}
	}
	t.Errorf("exits %d with %+v", code, found)
}

// TestTheDoctorWritesNothing: where the sidecar would make keys and keep them in Caddy's
// storage, the doctor does not.
func TestTheDoctorWritesNothing(t *testing.T) {
	p := newPatient(t, nil)
	p.write("		session {\n			key {env.PATIENT_SESSION_KEY}\n		}\n", "		assertion\n")
	_, found := p.doctor(doctorFlags{})
	for _, f := range found {
		if f.Check == "configuration" && f.Level != doctor.OK {
			t.Errorf("%+v", f)
		}
	}
	left, err := os.ReadDir(filepath.Dir(p.file))
	if err != nil || len(left) != 2 {
		t.Errorf("the doctor wrote files: %v %v", left, err)
	}
}

func TestTheDoctorNeedsSomethingToLookAt(t *testing.T) {
	for name, f := range map[string]doctorFlags{
		"no Caddyfile":              {config: filepath.Join(t.TempDir(), "Caddyfile")},
		"no token":                  {idToken: filepath.Join(t.TempDir(), "token")},
		"a token for a file's name": {idToken: "eyJhbGciOiJub25lIn0.e30."}, //nolint:gosec // signed by nobody
		"an empty token":            {idToken: "-"},
	} {
		code, err := f.run(t.Context(), strings.NewReader(" \n"), io.Discard)
		if err == nil || code != caddy.ExitCodeFailedStartup || strings.Contains(err.Error(), "eyJ") {
			t.Errorf("%s: %d %v", name, code, err)
		}
	}
}
