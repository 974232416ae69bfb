package caddymodule

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/fileserver"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy/fastcgi"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy/forwardauth"
)

const gateBlock = `passkeys {
	public_url https://app.example.com
	okta {
		issuer https://login.example.com/oauth2/default
		client_id 0oa1client
		client_secret secret
	}
	corbado {
		project_id pro-1
		api_secret corbado1_secret
	}
	session {
		key 0123456789abcdef0123456789abcdef
	}
}
`

const (
	onlyAPart   = "guards only a part of https://app.example.com"
	neverSees   = "never sees a request for https://app.example.com"
	belowOne    = "stands below a matcher"
	otherApp    = "an upstream answers on this site without passkeys"
	otherSite   = "another site of this configuration reaches the app"
	errorsRoute = "a route for errors reaches the app without passkeys"
)

// bypassCases are sites with the gate, GATE, in some place; app is the upstream
// that it is for.
var bypassCases = []struct {
	name, site string
	// refused is a part of the error, warned of the log; "" is none.
	refused, warned string
}{
	{"whole site", "GATE\nreverse_proxy app:80", "", ""},
	{"one file, several upstreams", "GATE\nreverse_proxy /api/* api:80\nreverse_proxy app:80", "", ""},
	{"handle behind the gate", "GATE\nhandle /api/* {\nreverse_proxy api:80\n}\nhandle {\nreverse_proxy app:80\n}", "", ""},
	{"in a route", "route {\nGATE\nreverse_proxy app:80\n}", "", ""},
	{"in a handle for all", "handle {\nGATE\nreverse_proxy app:80\n}", "", ""},
	{"in a handle with a star", "handle /* {\nGATE\nreverse_proxy app:80\n}", "", ""},
	{"beside an answer of Caddy's own", "handle /healthz {\nrespond 200\n}\nhandle {\nGATE\nreverse_proxy app:80\n}", "", ""},
	{"beside files", "handle /static/* {\nfile_server\n}\nhandle {\nGATE\nreverse_proxy app:80\n}", "", ""},
	{"named route", "invoke gate\nreverse_proxy app:80", "", ""},
	{"snippet", "import gate\nreverse_proxy app:80", "", ""},
	{"matcher on the host", "@app host app.example.com\nhandle @app {\nGATE\nreverse_proxy app:80\n}\n", "", ""},
	{"both behind one", "handle {\nGATE\nhandle /a/* {\nreverse_proxy app:80\n}\nreverse_proxy app:80\n}", "", ""},
	{"errors of the gate's own", "GATE\nreverse_proxy app:80\nhandle_errors {\nrespond {err.status_code}\n}", "", ""},
	{"forward_auth behind", "GATE\nforward_auth auth:80 {\nuri /check\n}\nreverse_proxy app:80", "", ""},
	{"forward_auth before", "route {\nforward_auth auth:80 {\nuri /check\n}\nGATE\nreverse_proxy app:80\n}", "", ""},
	{"handle_response of a guarded one", "GATE\nreverse_proxy app:80 {\n@gone status 410\nhandle_response @gone {\nreverse_proxy app:80\n}\n}", "", ""},

	{"handle with a path", "handle /app/* {\nGATE\nreverse_proxy app:80\n}\nreverse_proxy app:80", onlyAPart + ": reverse_proxy app:80", ""},
	{"two handles", "handle /app/* {\nGATE\nreverse_proxy app:80\n}\nhandle {\nreverse_proxy app:80\n}", onlyAPart, ""},
	{"carved out", "handle /healthz {\nreverse_proxy app:80\n}\nhandle {\nGATE\nreverse_proxy app:80\n}", `reverse_proxy app:80 (path ["/healthz"])`, ""},
	{"carved out in a route", "route {\nreverse_proxy /api/* app:80\nGATE\nreverse_proxy app:80\n}", onlyAPart, ""},
	{"handle_path", "handle_path /app/* {\nGATE\nreverse_proxy app:80\n}\nhandle {\nreverse_proxy app:80\n}", onlyAPart, ""},
	{"named matcher", "@in not remote_ip 10.0.0.0/8\nhandle @in {\nGATE\nreverse_proxy app:80\n}\nhandle {\nreverse_proxy app:80\n}", onlyAPart, ""},
	{"method", "@get method GET\nroute @get {\nGATE\n}\nreverse_proxy app:80", onlyAPart, ""},
	{"header", "@bot header User-Agent bot\nhandle @bot {\nreverse_proxy app:80\n}\nhandle {\nGATE\nreverse_proxy app:80\n}", onlyAPart, ""},
	{"deep", "handle {\nroute {\nhandle /app/* {\nroute {\nGATE\nreverse_proxy app:80\n}\n}\nhandle {\nreverse_proxy app:80\n}\n}\n}", onlyAPart, ""},
	{"this machine by another name", "handle /app/* {\nGATE\nreverse_proxy 127.0.0.1:81\n}\nreverse_proxy localhost:81", onlyAPart, ""},
	{"invoked", "handle /app/* {\ninvoke gate\nreverse_proxy app:80\n}\nhandle {\nreverse_proxy app:80\n}", onlyAPart, ""},
	{"PHP", "handle /app/* {\nGATE\nphp_fastcgi app:9000\n}\nhandle {\nphp_fastcgi app:9000\n}", onlyAPart, ""},
	{"forward_auth to the app", "handle /app/* {\nforward_auth app:80 {\nuri /check\n}\nrespond 200\n}\nhandle {\nGATE\nreverse_proxy app:80\n}", onlyAPart, ""},
	{"behind what answers all", "route {\nreverse_proxy app:80\nGATE\n}", neverSees, ""},
	{"for errors only", "reverse_proxy app:80\nhandle_errors {\nGATE\n}", neverSees, ""},
	{"dynamic", "handle /app/* {\nGATE\nreverse_proxy {\ndynamic a app 80\n}\n}\nhandle {\nreverse_proxy {\ndynamic a app 80\n}\n}", onlyAPart, ""},

	{"part of the site, nothing else answers", "handle /app/* {\nGATE\nreverse_proxy app:80\n}\nhandle {\nrespond 404\n}", "", belowOne},
	{"another app beside", "handle /api/* {\nreverse_proxy api:80\n}\nhandle {\nGATE\nreverse_proxy app:80\n}", "", otherApp},
	{"another app behind, in the open", "handle /app/* {\nGATE\nreverse_proxy app:80\n}\nhandle {\nreverse_proxy api:80\n}", "", belowOne + ", " + otherApp},
	{"errors that go to the app", "GATE\nreverse_proxy app:80\nhandle_errors {\nreverse_proxy app:80\n}", "", errorsRoute},
	{"another site", "GATE\nreverse_proxy app:80\n}\nother.example.com {\nreverse_proxy app:80", "", otherSite},
	{"another port", "GATE\nreverse_proxy app:80\n}\nhttp://app.example.com:8080 {\nreverse_proxy app:80", "", otherSite},
	{"another host of a wildcard", "@app host app.example.com\nhandle @app {\nGATE\nreverse_proxy app:80\n}\nhandle {\nreverse_proxy app:80\n}", "", otherSite},
}

// A gate for half a site is a hole: elsewhere the app believes the client's own
// headers of identity.
func TestGateThatGuardsHalfASite(t *testing.T) {
	for _, c := range bypassCases {
		t.Run(c.name, func(t *testing.T) {
			address := "app.example.com"
			if strings.Contains(c.site, "@app host") {
				address = "*.example.com"
			}
			said, err := validated(t, fmt.Sprintf("(gate) {\n%s}\n&(gate) {\n%s}\n%s {\n%s\n}\n", gateBlock, gateBlock, address, strings.ReplaceAll(c.site, "GATE", gateBlock)))
			switch {
			case c.refused == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.refused != "" && (err == nil || !strings.Contains(err.Error(), c.refused)):
				t.Errorf("%v, want a refusal that says %q", err, c.refused)
			}
			for _, warning := range []string{belowOne, otherApp, otherSite, errorsRoute} {
				if got, want := strings.Contains(said, warning), strings.Contains(c.warned, warning); got != want && c.refused == "" {
					t.Errorf("a warning that %s: %v, want %v: %s", warning, got, want, said)
				}
			}
		})
	}
}

// The error names the line of the directive, in the file that holds it.
func TestGateThatGuardsHalfASiteNamesItsPlace(t *testing.T) {
	_, err := validated(t, "app.example.com {\n\thandle /app/* {\n"+gateBlock+"\treverse_proxy app:80\n}\nreverse_proxy app:80\n}\n")
	if err == nil || !strings.Contains(err.Error(), "passkeys at Caddyfile:13 guards") {
		t.Error(err)
	}
	_, err = validated(t, "(gate) {\n"+gateBlock+"}\napp.example.com {\n\thandle /app/* {\nimport gate\nreverse_proxy app:80\n}\nreverse_proxy app:80\n}\n")
	if err == nil || !strings.Contains(err.Error(), "passkeys at Caddyfile:12 guards") {
		t.Error(err)
	}
}

// Whoever writes JSON has no lines, and is protected all the same.
func TestGateThatGuardsHalfASiteInJSON(t *testing.T) {
	gate := `{"handler":"passkeys","public_urls":["https://app.example.com"],"okta":{"issuer":"https://login.example.com/oauth2/default","client_id":"0oa1client","client_secret":"secret"},
		"corbado":{"project_id":"pro-1","api_secret":"corbado1_secret"},"session":{"keys":["0123456789abcdef0123456789abcdef"]}}`
	proxy := `{"handler":"reverse_proxy","upstreams":[{"dial":"app:80"}]}`
	for name, c := range map[string]struct {
		routes  string
		refused bool
	}{
		"whole site":                   {`[{"handle":[` + gate + `,` + proxy + `]}]`, false},
		"routes after another":         {`[{"handle":[` + gate + `]},{"match":[{"path":["/a"]}],"handle":[` + proxy + `]},{"handle":[` + proxy + `]}]`, false},
		"a group":                      {`[{"group":"g","match":[{"path":["/x"]}],"handle":[` + proxy + `]},{"group":"g","handle":[` + gate + `,` + proxy + `]}]`, true},
		"a group, gate first":          {`[{"group":"g","match":[{"path":["/x"]}],"handle":[` + gate + `,` + proxy + `]},{"group":"g","handle":[` + proxy + `]}]`, true},
		"not by host":                  {`[{"match":[{"not":[{"path":["/x"]}]}],"handle":[` + gate + `]},{"handle":[` + proxy + `]}]`, true},
		"terminal for one host of two": {`[{"match":[{"host":["app.example.com"]}],"terminal":true,"handle":[` + gate + `,` + proxy + `]},{"handle":[` + proxy + `]}]`, false},
		"one set of two":               {`[{"match":[{"host":["app.example.com"]},{"path":["/x"]}],"handle":[` + gate + `]},{"handle":[` + proxy + `]}]`, false},
		"a second gate":                {`[{"match":[{"path":["/x"]}],"handle":[` + gate + `,` + proxy + `]},{"handle":[` + gate + `,` + proxy + `]}]`, false},
	} {
		var cfg caddy.Config
		raw := fmt.Sprintf(`{"admin":{"disabled":true},"storage":{"module":"file_system","root":%q},"apps":{"http":{"servers":{"a":{"listen":[":443"],"routes":%s}}}}}`, t.TempDir(), c.routes)
		if err := json.Unmarshal([]byte(raw), &cfg); err != nil {
			t.Fatal(err)
		}
		err := caddy.Validate(&cfg)
		if refused := err != nil && strings.Contains(err.Error(), "passkeys "+onlyAPart); refused != c.refused || err != nil && !refused {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// validated is what the log says and the error of "caddy validate".
func validated(t *testing.T, sites string) (said string, err error) {
	t.Helper()
	dir := t.TempDir()
	logFile := filepath.Join(dir, "log")
	global := fmt.Sprintf("{\n\tadmin off\n\tstorage file_system %s\n\tlog default {\n\t\toutput file %s {\nroll_disabled\n}\n\t\tlevel WARN\n\t}\n}\n", dir, logFile)
	raw, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(global+sites), map[string]any{"filename": "Caddyfile"})
	if err != nil {
		t.Fatal(err)
	}
	var cfg caddy.Config
	if err := json.Unmarshal(raw, &cfg); err != nil {
		t.Fatal(err)
	}
	err = caddy.Validate(&cfg)
	log, _ := os.ReadFile(logFile) //nolint:gosec // a test's own file; none without a warning
	return string(log), err
}
