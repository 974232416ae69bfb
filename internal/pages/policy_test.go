package pages

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// parsePolicy splits a Content-Security-Policy into its directives.
func parsePolicy(t *testing.T, raw string) map[string]string {
	t.Helper()
	parsed := make(map[string]string)
	for directive := range strings.SplitSeq(raw, ";") {
		name, sources, _ := strings.Cut(strings.TrimSpace(directive), " ")
		if _, twice := parsed[name]; twice || name == "" {
			t.Fatalf("directive %q twice or empty in %q", name, raw)
		}
		parsed[name] = sources
	}
	return parsed
}

func TestContentSecurityPolicy(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Brand.Logo = "https://img.example.net/logo.svg" })
	component := map[string]string{
		"default-src":     "'none'",
		"script-src":      "'self' https://cdn.cloud.corbado.io",
		"style-src":       "'self' https://cdn.cloud.corbado.io",
		"connect-src":     "'self' https://pro-1234567890.frontendapi.cloud.corbado.io",
		"img-src":         "'self' data: https://img.example.net https://cdn.cloud.corbado.io",
		"font-src":        "'self' https://cdn.cloud.corbado.io",
		"base-uri":        "'none'",
		"frame-ancestors": "'none'",
		"form-action":     "'self'",
	}
	signOut := map[string]string{
		"default-src":     "'none'",
		"script-src":      "'self'",
		"style-src":       "'self'",
		"img-src":         "'self' data: https://img.example.net",
		"base-uri":        "'none'",
		"frame-ancestors": "'none'",
	}
	plain := maps.Clone(signOut)
	plain["form-action"] = "'self'"
	wants := map[string]map[string]string{
		"/passkeys/": component, "/passkeys/append?return=%2Fa%3F": component,
		"/passkeys/logout": signOut, "/passkeys/signed-out": plain, "/passkeys/problem": plain,
	}
	for target, p := range pagesOf(s) {
		got := parsePolicy(t, get(t, p, target, alice()).Header().Get("Content-Security-Policy"))
		if diff := cmp.Diff(wants[target], got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", target, diff)
		}
	}
}

func TestContentSecurityPolicyFollowsTheComponent(t *testing.T) {
	s := newSite(t, func(c *Config) {
		c.Component.FrontendAPI = "http://corbado.acme.localhost:8080"
		c.Component.Scripts = []string{"http://corbado.acme.localhost:8080/connect/dist/a.js", "/own/b.js"}
		c.Component.Styles = nil
	})
	w := get(t, s.List, "/passkeys/", alice())
	got := parsePolicy(t, w.Header().Get("Content-Security-Policy"))
	for name, want := range map[string]string{
		"script-src":  "'self' http://corbado.acme.localhost:8080",
		"style-src":   "'self'",
		"connect-src": "'self' http://corbado.acme.localhost:8080",
		"img-src":     "'self' data:",
		"font-src":    "'self'",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	body := w.Body.String()
	if !strings.Contains(body, `&#34;customDomain&#34;:&#34;http://corbado.acme.localhost:8080&#34;`) || strings.Contains(body, "frontendApiUrlSuffix") {
		t.Errorf("settings of a custom domain:\n%s", body)
	}
}

func TestNewRefusesBadSettings(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"base path":          func(c *Config) { c.BasePath = "/passkeys/" },
		"root base path":     func(c *Config) { c.BasePath = "/" },
		"no origin":          func(c *Config) { c.Origins = nil },
		"no keyring":         func(c *Config) { c.Keyring = nil },
		"no period":          func(c *Config) { c.Enroll = Every(0) },
		"project":            func(c *Config) { c.Component.ProjectID = "pro-1; script-src *" },
		"api policy":         func(c *Config) { c.Component.FrontendAPI = "a.example; script-src *" },
		"api plain http":     func(c *Config) { c.Component.FrontendAPI = "http://corbado.example.com" },
		"api user info":      func(c *Config) { c.Component.FrontendAPI = "https://u:p@corbado.example.com" },
		"script plain http":  func(c *Config) { c.Component.Scripts = []string{"http://cdn.example.com/a.js"} },
		"script relative":    func(c *Config) { c.Component.Scripts = []string{"a.js"} },
		"script host policy": func(c *Config) { c.Component.Scripts = []string{"https://a;script-src/x.js"} },
		"script other host":  func(c *Config) { c.Component.Scripts = []string{"//cdn.example.com/a.js"} },
		"script data":        func(c *Config) { c.Component.Scripts = []string{"data:text/javascript,alert(1)"} },
		"style plain http": func(c *Config) {
			c.Component.Scripts, c.Component.Styles = []string{"/a.js"}, []string{"http://cdn.example.com/a.css"}
		},
		"styles only":     func(c *Config) { c.Component.Styles = []string{"/a.css"} },
		"logo script":     func(c *Config) { c.Brand.Logo = "javascript:alert(1)" },
		"logo plain http": func(c *Config) { c.Brand.Logo = "http://img.example.com/a.png" },
		"color name":      func(c *Config) { c.Brand.Color = "red" },
		"color injection": func(c *Config) { c.Brand.Color = "#fff}body{background:url(//evil)" },
	} {
		c := Config{
			BasePath: "/passkeys", Origins: originsForTest, Keyring: keysForTest(t),
			Component: Component{ProjectID: "pro-1"}, Enroll: Always(),
		}
		change(&c)
		if _, err := New(c, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
