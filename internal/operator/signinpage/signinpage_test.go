package signinpage

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/passkey-sidecar/passkey-sidecar/internal/corbado"
)

var update = flag.Bool("update", false, "rewrite testdata")

// valid is what the tests in widgettest expect of the page.
func valid() Config {
	return Config{IDPID: "0oacorbado0000000000", IDPName: "Corbado0", ProjectID: "pro-1234567890"}
}

func render(t *testing.T, c Config) string {
	t.Helper()
	html, err := Render(c)
	if err != nil {
		t.Fatal(err)
	}
	return html
}

func TestGolden(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"both": func(*Config) {},
		"g2":   func(c *Config) { c.Generation, c.HandOff = G2, handoffStateToken },
		"g3": func(c *Config) {
			c.Generation, c.HandOff = G3, handoffFromURI
			c.FrontendAPI = "https://passkeys.example.com"
			c.ScriptURL = "https://cdn.example.com/web-js-1.2.3.min.js"
			c.StyleURL = "https://cdn.example.com/web-js-1.2.3.min.css"
			c.SRI = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
			c.AppIDs = []string{"0oaclient00000000000"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := valid()
			change(&c)
			got := render(t, c)
			file := filepath.Join("testdata", name+".html")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file) //nolint:gosec // a test file
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("not as in %s; if it should be, run go test ./internal/operator/signinpage -update (-want +got):\n%s", file, diff)
			}
		})
	}
}

// The whole body of the PUT, without the page in it.
func TestAPIBody(t *testing.T) {
	for generation, widget := range map[string]string{"": "G2", G2: "G2", G3: "G3", Both: "G2"} {
		c := valid()
		c.Generation = generation
		raw, err := APIBody(c)
		if err != nil {
			t.Fatal(err)
		}
		var body map[string]any
		if err := json.Unmarshal(raw, &body); err != nil {
			t.Fatal(err)
		}
		if body["pageContent"] != render(t, c) {
			t.Error("the body holds another page than Render")
		}
		delete(body, "pageContent")
		want := map[string]any{
			"widgetVersion":        "^7",
			"widgetCustomizations": map[string]any{"widgetGeneration": widget},
			"contentSecurityPolicySetting": map[string]any{
				"mode": "enforced", "reportUri": nil,
				"srcList": []any{"https://cdn.cloud.corbado.io", "https://pro-1234567890.frontendapi.cloud.corbado.io"},
			},
		}
		if diff := cmp.Diff(want, body); diff != "" {
			t.Errorf("generation %q (-want +got):\n%s", generation, diff)
		}
	}
}

func TestSources(t *testing.T) {
	c := valid()
	c.ScriptURL = "http://corbado.acme.localhost:8080/connect/dist/web-js-1.0.0.min.js"
	c.FrontendAPI = "http://corbado.acme.localhost:8080/"
	p, err := c.checked()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"http://corbado.acme.localhost:8080"}, p.sources); diff != "" {
		t.Error(diff)
	}
	if p.settings.CustomDomain != "http://corbado.acme.localhost:8080" || p.settings.FrontendAPISuffix != "" || p.settings.Style != "" {
		t.Errorf("%+v", p.settings)
	}
}

func TestCheckNamesEveryFault(t *testing.T) {
	err := Config{
		Generation: "g4", HandOff: "post", IDPID: "0oa-short", IDPName: "{{orgName}}", ProjectID: "1234",
		FrontendAPI: "https://user@x.example", ScriptURL: "http://cdn.example.com/a.js", StyleURL: "/a.css",
		SRI: "sha256-abc", AppIDs: []string{"my app"},
	}.Check()
	if err == nil {
		t.Fatal("passed")
	}
	for _, part := range []string{
		`generation "g4"`, `hand-off "post"`, `IdP id "0oa-short"`, `IdP name "{{orgName}}"`, `project id "1234"`,
		"frontend API: ", "script: ", "style: ", `integrity "sha256-abc"`, `app id "my app"`,
	} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("does not say %q: %v", part, err)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"a user's id for the provider":     func(c *Config) { c.IDPID = "00ucorbado0000000000" },
		"a path in the provider's id":      func(c *Config) { c.IDPID = "0oacorbado000000/../x" },
		"no provider":                      func(c *Config) { c.IDPID = "" },
		"markup in the project":            func(c *Config) { c.ProjectID = `pro-1"><script>` },
		"a line break after the project":   func(c *Config) { c.ProjectID = "pro-1\n" },
		"a path in the suffix":             func(c *Config) { c.FrontendAPI = "example.com/x" },
		"a variable in the script's query": func(c *Config) { c.ScriptURL = "https://cdn.example.com/a.js?{{nonceValue}}" },
		"javascript: for a script":         func(c *Config) { c.ScriptURL = "javascript:alert(1)" },
		"plain http for the style":         func(c *Config) { c.ScriptURL, c.StyleURL = "https://a.example/a.js", "http://a.example/a.css" },
		"the wrong length of a hash": func(c *Config) {
			c.SRI, c.ScriptURL = "sha384-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "https://a.example/a.js"
		},
		"a hash of a script that changes": func(c *Config) { c.SRI = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" },
	} {
		t.Run(name, func(t *testing.T) {
			c := valid()
			change(&c)
			if _, err := Render(c); err == nil {
				t.Error("rendered")
			}
			if _, err := APIBody(c); err == nil {
				t.Error("made a body")
			}
		})
	}
}

func TestTextsOfTheOperatorCannotLeaveTheirPlace(t *testing.T) {
	c := valid()
	c.IDPName = `"><script>alert(1)</script>& Größe 🔑`
	html := render(t, c)
	if strings.Contains(html, "<script>alert") || strings.Count(html, "</script") != 1 {
		t.Error("the name became markup")
	}
	if !strings.Contains(html, `Gr\u00f6\u00dfe \ud83d\udd11`) {
		t.Error("the name is not ASCII JSON")
	}
}

func TestTemplatingPitfallsAreRefused(t *testing.T) {
	for _, bad := range []string{"{{orgName}}", "{{{x}}}", "a={b:{c:1}}", "{{", "{{#useSiwGen3}}}"} {
		if checkTemplating("<p>"+bad+"</p>") == nil {
			t.Errorf("%q passed", bad)
		}
	}
}

// Facts of the vendor's snippet that are the generator's to avoid; the others
// are tested in widgettest with the real widget.

func TestPoint09NothingIsHardCoded(t *testing.T) {
	if found := regexp.MustCompile(`0oa[0-9A-Za-z]{6,}|pro-\d+|cloud\.corbado|corbado\.io`).FindString(script); found != "" {
		t.Errorf("the script holds %q", found)
	}
}

func TestPoint12OneScriptMakesAndRendersTheWidget(t *testing.T) {
	html := render(t, valid())
	for _, once := range []string{"<script", "new OktaSignIn(", ".renderEl(", "{{{OktaUtil}}}", "{{{SignInWidgetResources}}}"} {
		if n := strings.Count(html, once); n != 1 {
			t.Errorf("%d times %s", n, once)
		}
	}
	if strings.Index(html, "{{{OktaUtil}}}") > strings.Index(html, "<script") {
		t.Error("the script stands before what it uses")
	}
}

func TestPoint15NothingOfTheUserIsLogged(t *testing.T) {
	if regexp.MustCompile(`console\.(log|error|info|debug)`).MatchString(script) || strings.Count(script, "console.") != 1 {
		t.Error("the script writes to the console in other ways than its one report")
	}
}

func TestPoint17NonceAndIntegrity(t *testing.T) {
	html := render(t, valid())
	for _, tag := range regexp.MustCompile(`<(script|style)[^>]*>`).FindAllString(html, -1) {
		if !strings.Contains(tag, `nonce="{{nonceValue}}"`) {
			t.Errorf("%s has no nonce", tag)
		}
	}
	if regexp.MustCompile(`<[^>]+ (style|on[a-z]+)=`).MatchString(strings.Split(html, "<script")[0]) {
		t.Error("an attribute needs a policy that allows inline code")
	}
	if Pinned(corbado.DefaultScript) || !Pinned("https://cdn.example.com/web-js-1.2.3.min.js") {
		t.Error("Pinned does not tell versions")
	}
}
