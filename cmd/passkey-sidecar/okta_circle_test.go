package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/corbado"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
)

const (
	circleProject   = "pro-1234567890"
	circleAPISecret = "corbado1_secret-of-the-circle"
	circlePassword  = "correct horse"
)

// circle is a site that an administrator sets up: two clouds that know nothing
// of it, an app, and later the sidecar before it.
type circle struct {
	t       *testing.T
	okta    *okta.Server
	corbado *corbado.Server
	cloud   string // where Corbado is
	site    string // the public URL
	app     string // where the legacy app is
	dir     string
}

// listener is a server on a port of its own, and the URL that browsers use.
func listener(t *testing.T) (*httptest.Server, string) {
	t.Helper()
	web := httptest.NewUnstartedServer(nil)
	_, port, err := net.SplitHostPort(web.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(web.Close)
	return web, "http://localhost:" + port
}

func newCircle(t *testing.T) *circle {
	t.Helper()
	c := &circle{t: t, dir: t.TempDir()}
	front, site := listener(t) // holds the sidecar's port until Caddy takes it
	c.site = site
	oktaWeb, oktaURL := listener(t)
	corbadoWeb, corbadoURL := listener(t)
	var err error
	if c.okta, err = okta.New(okta.Config{PublicURL: oktaURL, Users: []okta.User{{
		Login: "alice@acme.test", Email: "alice@acme.test", EmailVerified: true, FirstName: "Alice", Password: circlePassword, Groups: []string{"app-orders"},
	}}}); err != nil {
		t.Fatal(err)
	}
	if c.corbado, err = corbado.New(corbado.Config{
		PublicURL: corbadoURL, ProjectID: circleProject, APISecret: circleAPISecret, RPID: "localhost", RPOrigins: []string{site, oktaURL},
		OIDCClients: []corbado.OIDCClient{{ID: "okta", Secret: testIDPSecret, RedirectURIs: []string{c.okta.IdentityProviderCallback()}}},
	}); err != nil {
		t.Fatal(err)
	}
	c.cloud = corbadoURL
	oktaWeb.Config.Handler, corbadoWeb.Config.Handler = c.okta, c.corbado
	oktaWeb.Start()
	corbadoWeb.Start()
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"path": r.URL.RequestURI(), "headers": r.Header})
	}))
	t.Cleanup(app.Close)
	c.app = strings.TrimPrefix(app.URL, "http://")
	if err := front.Listener.Close(); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *circle) secretFile() string { return filepath.Join(c.dir, "client_secret") }

// setUp runs `okta setup --apply` and returns what it printed.
func (c *circle) setUp() string {
	c.t.Helper()
	out, err := runSetup(c.t, "", "--apply", "--org-url", c.okta.OrgIssuer(), "--label", "Orders", "--public-url", c.site, "--assign-group", "Everyone",
		"--client-secret-file", c.secretFile(), "--idp-issuer", c.corbado.Issuer(), "--idp-client-id", "okta", "--trust-claims",
		"--access-policy", "--groups-prefix", "app-", "--brand", "Acme", "--publish", "--backup-dir", c.dir,
		"--project-id", circleProject, "--frontend-api", c.cloud, "--script", c.cloud+"/connect/dist/web-js-latest.min.js")
	if err != nil {
		c.t.Fatal(err, out)
	}
	return out
}

// start runs the sidecar with the app's client id, the secret file that the
// set-up wrote, and the identity provider that it made.
func (c *circle) start(clientID, idpID string) {
	c.t.Helper()
	c.t.Setenv("CIRCLE_SESSION_KEY", strings.Repeat("circle-session-key.", 3))
	c.t.Setenv("CIRCLE_API_SECRET", circleAPISecret)
	text := fmt.Sprintf(`{
	admin off
	auto_https off
	persist_config off
	storage file_system %[1]s/storage
	log default {
		output file %[1]s/caddy.log
	}
}
%[2]s {
	passkeys {
		public_url %[2]s
		okta {
			issuer %[3]s
			client_id %[4]s
			client_secret {file.%[5]s}
			scopes openid profile email groups
			passkey_idp %[6]s
		}
		corbado {
			project_id %[7]s
			api_secret {env.CIRCLE_API_SECRET}
			backend_api %[8]s
			frontend_api %[8]s
		}
		session {
			key {env.CIRCLE_SESSION_KEY}
		}
		enroll never
		identity {
			X-Email email
			X-Passkey passkey
			X-Idp idp
			X-Amr amr
		}
	}
	reverse_proxy %[9]s
}
`, c.dir, c.site, c.okta.Issuer(), clientID, c.secretFile(), idpID, circleProject, c.cloud, c.app)
	config, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(text), map[string]any{"filename": "Caddyfile"})
	if err != nil {
		c.t.Fatal(err)
	}
	if err := caddy.Load(config, true); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			c.t.Error(err)
		}
	})
}

var madeClientID = regexp.MustCompile(`client_id of the sidecar: (0oa\w+)`)

// TestSidecarSignsInWithWhatSetUpMade: one command, twice, and a Caddyfile with
// its results is all that lies between an empty org and a user of the app,
// signed in first by password and then by passkey alone.
func TestSidecarSignsInWithWhatSetUpMade(t *testing.T) {
	c := newCircle(t)
	t.Setenv(tokenVariable, c.okta.ManagementToken())
	t.Setenv(idpSecretVariable, testIDPSecret)
	made := madeClientID.FindStringSubmatch(c.setUp())
	if made == nil || len(writes(c.okta)) == 0 {
		t.Fatal("the first run made no app")
	}
	before, err := os.ReadFile(c.secretFile())
	if err != nil {
		t.Fatal(err)
	}
	second := c.setUp()
	if w := writes(c.okta); len(w) > 0 || !strings.Contains(second, "Nothing differs.") {
		t.Errorf("the second run wrote %q and said %s", w, second)
	}
	if after, err := os.ReadFile(c.secretFile()); err != nil || string(after) != string(before) {
		t.Errorf("the second run changed the secret (%v)", err)
	}
	providers := c.okta.IdentityProviders()
	if len(providers) != 1 {
		t.Fatalf("%d identity providers", len(providers))
	}
	idp := providers[0].ID
	c.start(made[1], idp)

	b := c.browser()
	page := b.get(c.site + "/orders?x=1")
	if !strings.Contains(page.body, idp) || !strings.Contains(page.body, made[1]) || !strings.Contains(page.body, circleProject) {
		t.Fatalf("Okta shows another page than the set-up published: %d %s", page.StatusCode, page.Request.URL)
	}
	b.signedIn(b.password(page), "/orders?x=1", map[string]string{
		"X-Email": "alice@acme.test", "X-Passkey": "", "X-Idp": c.okta.OrgID(), "X-Amr": "pwd",
	})
	device := b.addPasskey()
	b.signOut()

	page = b.get(c.site + "/orders?x=2")
	page = b.handOff(page, idp, b.signedData(device))
	b.signedIn(page, "/orders?x=2", map[string]string{
		"X-Email": "alice@acme.test", "X-Passkey": "true", "X-Idp": idp, "X-Amr": "pop hwk mfa",
	})
	who := b.get(c.site+"/passkeys/session", "Accept", "application/json")
	if !strings.Contains(who.body, `"passkey":true`) || !strings.Contains(who.body, `"idp":"`+idp+`"`) {
		t.Errorf("who am I: %s", who.body)
	}
	log, err := os.ReadFile(filepath.Join(c.dir, "caddy.log"))
	if err != nil {
		t.Fatal(err)
	}
	for _, hidden := range []string{strings.TrimSpace(string(before)), testIDPSecret, circleAPISecret, c.okta.ManagementToken()} {
		if strings.Contains(string(log), hidden) {
			t.Error("a secret is in the log")
		}
	}
}

// signedIn checks what the app answers.
func (b *circleBrowser) signedIn(page circlePage, path string, want map[string]string) {
	b.t.Helper()
	var got struct {
		Path    string
		Headers http.Header
	}
	if err := json.Unmarshal([]byte(page.body), &got); err != nil || got.Path != path {
		b.t.Fatalf("no answer of the app: %s %s at %s %s", page.Status, page.body, page.Request.URL, got.Path)
	}
	for name, value := range want {
		if got.Headers.Get(name) != value {
			b.t.Errorf("%s is %q, want %q", name, got.Headers.Get(name), value)
		}
	}
}

// signOut ends the session at the sidecar and at Okta.
func (b *circleBrowser) signOut() {
	b.t.Helper()
	page := b.send(http.MethodPost, b.site+"/passkeys/logout", "application/x-www-form-urlencoded", "", "Origin", b.site, "Sec-Fetch-Site", "same-origin")
	if page.StatusCode != http.StatusOK || page.Request.URL.Path != "/passkeys/signed-out" {
		b.t.Fatalf("sign-out ended at %s: %s", page.Request.URL, page.Status)
	}
}

func (b *circleBrowser) send(method, target, kind, body string, headers ...string) circlePage {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := b.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return circlePage{resp, string(raw)}
}
