package caddymodule

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/passkey-sidecar/passkey-sidecar/internal/assertion"
	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
)

// verify checks an assertion as an app does, with a library of its own.
func (w *world) verify(token, audience string) map[string]any {
	w.t.Helper()
	keys := oidc.NewRemoteKeySet(w.t.Context(), w.site+"/passkeys/jwks.json")
	checked, err := oidc.NewVerifier(w.site, keys, &oidc.Config{ClientID: audience, SupportedSigningAlgs: []string{oidc.ES256}}).Verify(w.t.Context(), token)
	if err != nil {
		w.t.Fatalf("%q: %v", token, err)
	}
	var claims map[string]any
	if err := checked.Claims(&claims); err != nil {
		w.t.Fatal(err)
	}
	return claims
}

func TestAssertionReachesTheApp(t *testing.T) {
	w := newWorld(t)
	w.start("assertion {\naudience orders\n}")
	b := w.browser()
	first := b.signIn("/").app(t).Headers.Get(defaultAssertionHeader)
	claims := w.verify(first, "orders")
	alice, _ := w.okta.User("alice@acme.test")
	if claims["sub"] != alice.ID || claims["email"] != "alice@acme.test" || claims["exp"].(float64)-claims["iat"].(float64) != 300 {
		t.Errorf("claims %v", claims)
	}
	if groups, _ := claims["groups"].([]any); len(groups) < 2 {
		t.Errorf("groups %v", claims["groups"])
	}
	upgrade := b.raw("GET /socket HTTP/1.1\nHost: {host}\nCookie: {cookies}\nConnection: Upgrade, X-Passkeys-Assertion\nUpgrade: websocket\n\n").app(t)
	for name, again := range map[string]string{
		"again":   b.get("/orders").app(t).Headers.Get(defaultAssertionHeader),
		"public":  b.get("/healthz").app(t).Headers.Get(defaultAssertionHeader),
		"upgrade": upgrade.Headers.Get(defaultAssertionHeader),
	} {
		if again != first {
			t.Errorf("%s: another assertion %q", name, again)
		}
	}
	// A reload keeps the keys.
	w.start("assertion {\naudience orders\nttl 1m\n}\npath /passkeys")
	b.CloseIdleConnections()
	second := b.get("/").app(t).Headers.Get(defaultAssertionHeader)
	if claims := w.verify(second, "orders"); claims["exp"].(float64)-claims["iat"].(float64) != 60 {
		t.Errorf("after the reload: %v", claims)
	}
	w.verify(first, "orders")
}

func TestAssertionOfNobody(t *testing.T) {
	w := newWorld(t)
	w.start("assertion")
	b := w.browser()
	forged := strings.Join([]string{
		"GET /healthz HTTP/1.1", "Host: {host}", "X-Passkeys-Assertion: mallory", "x_passkeys_assertion: mallory",
		"Connection: x-passkeys-assertion", "Transfer-Encoding: chunked", "Trailer: X-Passkeys-Assertion", "", "0", "X-Passkeys-Assertion: mallory", "", "",
	}, "\n")
	got := b.raw(forged).app(t)
	for _, h := range []http.Header{got.Headers, got.Trailer} {
		for name, values := range h {
			if strings.Contains(strings.ToLower(name), "assertion") || strings.Contains(strings.Join(values, " "), "mallory") {
				t.Errorf("the app sees %s %q", name, values)
			}
		}
	}
	b.signIn("/")
	signedIn := b.raw(strings.Replace(forged, "Host: {host}", "Host: {host}\nCookie: {cookies}", 1)).app(t)
	if v := signedIn.Headers[defaultAssertionHeader]; len(v) != 1 || w.verify(v[0], w.site)["email"] != "alice@acme.test" {
		t.Errorf("the app sees %q", v)
	}
}

func TestAssertionSettings(t *testing.T) {
	w := newWorld(t)
	w.start("assertion {\nheader X-Who\nclaims email department\n}")
	b := w.browser()
	got := b.signIn("/").app(t)
	claims := w.verify(got.Headers.Get("X-Who"), w.site)
	if claims["email"] == nil || claims["groups"] != nil || claims["sid"] != nil || got.Headers.Get(defaultAssertionHeader) != "" {
		t.Errorf("claims %v", claims)
	}
	for settings, want := range map[string]string{
		"ttl 1s":                  "between",
		"ttl 2h":                  "between",
		"claims iss":              "set by the sidecar",
		"claims passkey":          "passkey_idp",
		"header Authorization":    "basic_auth",
		"header X_Forwarded-User": "twice",
		"header Connection":       "meaning of its own",
		"audience {env.TEST_NO}":  "assertion audience",
	} {
		if err := load(t, w.caddyfile("assertion {\n"+settings+"\n}")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", settings, err)
		}
	}
	b.stillIn("after the refused settings")
}

func TestKeySetForAnybody(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.browser()
	if p := b.get("/passkeys/jwks.json", "Accept", "application/json"); p.StatusCode != http.StatusNotFound {
		t.Errorf("without assertions: %s", p.Status)
	}
	w.start("assertion")
	b.CloseIdleConnections()
	p := b.get("/passkeys/jwks.json")
	if p.StatusCode != http.StatusOK || p.Header.Get("Cache-Control") != "public, max-age=900" || p.Header.Get("Content-Type") != "application/json" ||
		!strings.Contains(p.body, `"crv":"P-256"`) || strings.Contains(p.body, `"d"`) || p.Header.Get("Set-Cookie") != "" {
		t.Errorf("%s %v %s", p.Status, p.Header, p.body)
	}
	if p := b.send(http.MethodHead, "/passkeys/jwks.json", nil); p.StatusCode != http.StatusOK || p.body != "" {
		t.Errorf("HEAD: %s %q", p.Status, p.body)
	}
	// Whoever asked just before a replica read of a new key knows it in time.
	if keysRead+assertion.KeySetAge >= keyLead {
		t.Error("the key set may be kept longer than a key is published ahead")
	}
}

func TestAssertionKeysOfTwoSites(t *testing.T) {
	seen := make(map[string]bool)
	for _, raw := range []string{"https://app.example.com", "https://app.example.com:8443", "http://localhost:8080", "http://[::1]:8080"} {
		site, err := origin.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		name := assertionKeysName(site)
		if seen[name] || strings.ContainsAny(strings.TrimPrefix(name, assertionKeysPath), `/\:[]*?"<>|`) {
			t.Errorf("%s has keys at %s", raw, name)
		}
		seen[name] = true
	}
}

func TestCorruptAssertionKeysStopTheStart(t *testing.T) {
	w := newWorld(t)
	w.start("assertion")
	site, err := origin.Parse(w.site)
	if err != nil {
		t.Fatal(err)
	}
	file := w.storage(assertionKeysName(site))
	if _, err := os.Stat(file); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "secret garbage", `{"version":1,"keys":[{"id":"x","secret":"Z2FyYmFnZQ==","from":"2020-01-01T00:00:00Z"}]}`} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := load(t, w.caddyfile("assertion")); err == nil || !strings.Contains(err.Error(), "assertion keys") || strings.Contains(err.Error(), "garbage") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestConfiguredAssertionKeysAreReadAtReload(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	setting := "assertion {\nkey {file." + dir + "/first} {file." + dir + "/second}\n}"
	write := func(name string, der []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var keys [2][]byte
	for i := range keys {
		var err error
		if keys[i], err = assertion.GenerateKey(); err != nil {
			t.Fatal(err)
		}
	}
	b := w.browser()
	write("first", keys[0])
	write("second", keys[1])
	w.start(setting)
	before := b.signIn("/").app(t).Headers.Get(defaultAssertionHeader)
	published := b.get("/passkeys/jwks.json").body
	write("first", keys[1])
	write("second", keys[0])
	w.start(setting)
	b.CloseIdleConnections()
	after := b.get("/").app(t).Headers.Get(defaultAssertionHeader)
	w.verify(before, w.site)
	w.verify(after, w.site)
	header, _, _ := strings.Cut(after, ".")
	raw, err := base64.RawURLEncoding.DecodeString(header)
	if err != nil {
		t.Fatal(err)
	}
	var h struct{ Kid string }
	if err := json.Unmarshal(raw, &h); err != nil || !strings.Contains(published, h.Kid) || strings.HasPrefix(before, header) {
		t.Errorf("signed with %q, which was not published before: %s", h.Kid, published)
	}
	if _, err := os.Stat(w.storage(assertionKeysPath)); err == nil {
		t.Error("keys were generated too")
	}
	if err := os.WriteFile(filepath.Join(dir, "second"), []byte("secret garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := load(t, w.caddyfile(setting)); err == nil || !strings.Contains(err.Error(), "openssl") || strings.Contains(err.Error(), "garbage") {
		t.Errorf("garbage: %v", err)
	}
}

// Caddy's access log has the request as it came, so only reverse_proxy's own
// lines at DEBUG show what the app gets.
func TestAssertionInLogs(t *testing.T) {
	w := newWorld(t)
	w.start("assertion")
	token := w.browser().signIn("/").app(t).Headers.Get(defaultAssertionHeader)
	for line := range strings.Lines(w.logs()) {
		expected := strings.Contains(line, `"level":"debug"`) && strings.Contains(line, "reverse_proxy")
		if strings.Contains(line, token) && !expected {
			t.Errorf("an assertion in %s", line)
		}
	}
}
