package caddymodule

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	corbadoemu "github.com/passkey-sidecar/passkey-sidecar/internal/emulator/corbado"
	oktaemu "github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
)

func TestSignInReachesTheAppWithIdentity(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.browser()
	got := b.signIn("/orders/7?x=1").app(t)
	if got.Path != "/orders/7?x=1" {
		t.Errorf("came back to %q", got.Path)
	}
	alice, _ := w.okta.User("alice@acme.test")
	for name, want := range map[string]string{
		"X-Forwarded-User": alice.ID, "X-Forwarded-Email": "alice@acme.test",
		"X-Forwarded-Preferred-Username": "alice@acme.test", "X-Placeholder-User": alice.ID,
	} {
		if got.Headers.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.Headers.Get(name), want)
		}
	}
	if groups := got.Headers.Get("X-Forwarded-Groups"); !strings.Contains(groups, "orders") || !strings.Contains(groups, "a%2Cb") {
		t.Errorf("groups are %q", groups)
	}
	if cookie := got.Headers.Get("Cookie"); cookie != "" {
		t.Errorf("our cookies reached the app: %q", cookie)
	}
	if who := b.get("/passkeys/session", "Accept", "application/json"); !strings.Contains(who.body, `"alice@acme.test"`) {
		t.Errorf("who am I: %s", who.body)
	}
}

func TestPublicPathIsNobody(t *testing.T) {
	w := newWorld(t)
	w.start("")
	got := w.browser().get("/healthz", "X-Forwarded-User", "mallory", "X_forwarded-User", "mallory").app(t)
	if got.Headers["X-Forwarded-User"] != nil {
		t.Errorf("the app sees %q", got.Headers["X-Forwarded-User"])
	}
	// An unknown placeholder would arrive as its literal text.
	if v := got.Headers.Get("X-Placeholder-User"); v != "" {
		t.Errorf("placeholder for nobody is %q", v)
	}
}

// fill puts host and the browser's cookies into a request, and its line ends.
func (b *browser) fill(request string) string {
	b.t.Helper()
	site, err := url.Parse(b.site)
	if err != nil {
		b.t.Fatal(err)
	}
	var cookies []string
	for _, c := range b.Jar.Cookies(site) {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	return strings.NewReplacer("{host}", site.Host, "{cookies}", strings.Join(cookies, "; "), "\n", "\r\n").Replace(request)
}

// raw sends a request byte by byte, as a hostile client does, with the
// browser's cookies.
func (b *browser) raw(request string) page {
	b.t.Helper()
	p, err := b.tryRaw(b.fill(request))
	if err != nil {
		p, err = b.tryRaw(b.fill(request)) // see send
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *browser) tryRaw(request string) (page, error) {
	b.t.Helper()
	site, err := url.Parse(b.site)
	if err != nil {
		b.t.Fatal(err)
	}
	conn, err := net.Dial("tcp", site.Host) //nolint:noctx // a test's connection, closed below
	if err != nil {
		return page{}, err
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, request); err != nil {
		return page{}, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return page{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return page{}, err
	}
	resp.Request = &http.Request{Method: "RAW", URL: site}
	return page{resp, string(body)}, nil
}

func TestClientCannotForgeOrEraseIdentity(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.browser()
	b.signIn("/")
	alice, _ := w.okta.User("alice@acme.test")
	for name, request := range map[string]string{
		"forged":                          "GET / HTTP/1.1\nHost: {host}\nCookie: {cookies}\nX-Forwarded-User: mallory\nx_forwarded_user: mallory\n\n",
		"hop by hop":                      "GET / HTTP/1.1\nHost: {host}\nCookie: {cookies}\nConnection: close, X-Forwarded-User, x-forwarded-email\n\n",
		"hop by hop, upgrade":             "GET / HTTP/1.1\nHost: {host}\nCookie: {cookies}\nConnection: x-forwarded-user, Upgrade\nUpgrade: foo\n\n",
		"hop by hop, WebSocket":           "GET / HTTP/1.1\nHost: {host}\nCookie: {cookies}\nConnection: x-forwarded-user, Upgrade\nUpgrade: WebSocket\n\n",
		"forged in a trailer":             "POST / HTTP/1.1\nHost: {host}\nCookie: {cookies}\nTransfer-Encoding: chunked\nTrailer: X-Forwarded-User\n\n1\nx\n0\nX-Forwarded-User: mallory\n\n",
		"a trailer behind a harmless one": "POST / HTTP/1.1\nHost: {host}\nCookie: {cookies}\nTransfer-Encoding: chunked\nTrailer: X-Checksum\n\n1\nx\n0\nX-Checksum: 1\nX-Forwarded-User: mallory\n\n",
		"an undeclared trailer":           "POST / HTTP/1.1\nHost: {host}\nCookie: {cookies}\nTransfer-Encoding: chunked\n\n1\nx\n0\nX-Forwarded-User: mallory\nRemote-User: mallory\n\n",
	} {
		got := b.raw(request).app(t)
		if diff := got.Headers["X-Forwarded-User"]; len(diff) != 1 || diff[0] != alice.ID {
			t.Errorf("%s: the app sees %q", name, diff)
		}
		if got.Headers.Get("X-Forwarded-Email") != "alice@acme.test" {
			t.Errorf("%s: e-mail is %q", name, got.Headers.Get("X-Forwarded-Email"))
		}
		for where, h := range map[string]http.Header{"header": got.Headers, "trailer": got.Trailer} {
			for key, values := range h {
				if strings.Contains(strings.Join(values, " "), "mallory") {
					t.Errorf("%s: %s %s is %q", name, where, key, values)
				}
			}
		}
	}
}

func TestWithoutSession(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.browser()
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

	p := b.get("/orders?x=1")
	location, err := p.Location()
	if err != nil || p.StatusCode != http.StatusFound || !strings.HasPrefix(location.String(), w.okta.Issuer()+"/v1/authorize?") {
		t.Fatalf("challenge: %s %v", p.Status, location)
	}
	q := location.Query()
	if q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "" || q.Get("state") == "" || q.Get("nonce") == "" ||
		q.Get("redirect_uri") != w.site+"/passkeys/callback" || q.Get("response_type") != "code" {
		t.Errorf("authorization request %v", q)
	}

	var refusal struct {
		Error     string
		LoginURL  string `json:"login_url"`
		RequestID string `json:"request_id"`
	}
	p = b.get("/api/orders", "Accept", "application/json")
	if err := json.Unmarshal([]byte(p.body), &refusal); err != nil || p.StatusCode != http.StatusUnauthorized ||
		refusal.Error != "login_required" || !strings.HasSuffix(refusal.LoginURL, "/passkeys/login") || refusal.RequestID == "" {
		t.Errorf("programs get %s %s", p.Status, p.body)
	}
	if p.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control %q", p.Header.Get("Cache-Control"))
	}
	if p := b.get("/passkeys/nothing-here"); p.StatusCode != http.StatusNotFound {
		t.Errorf("unknown path of ours: %s", p.Status)
	}
	if p := b.send(http.MethodPost, "/passkeys/callback", url.Values{}); p.StatusCode != http.StatusMethodNotAllowed || p.Header.Get("Allow") != "GET" {
		t.Errorf("wrong method: %s, Allow %q", p.Status, p.Header.Get("Allow"))
	}
}

func TestForeignHostGetsNothing(t *testing.T) {
	w := newWorld(t)
	site, err := url.Parse(w.site)
	if err != nil {
		t.Fatal(err)
	}
	if err := load(t, strings.Replace(w.caddyfile(""), "\n"+w.site+" {", "\n:"+site.Port()+" {", 1)); err != nil {
		t.Fatal(err)
	}
	b := w.browser()
	p := b.raw("GET / HTTP/1.1\nHost: evil.example\nAccept: text/html\nX-Forwarded-Host: " + site.Host + "\n\n")
	if p.StatusCode != http.StatusMisdirectedRequest || p.Header.Get("Location") != "" {
		t.Errorf("foreign host: %s, Location %q", p.Status, p.Header.Get("Location"))
	}
	if !strings.Contains(w.logs(), "add it to public_url") {
		t.Error("the log does not name the fix")
	}
	if p := b.raw("GET /healthz HTTP/1.1\nHost: 10.1.2.3\n\n"); p.StatusCode != http.StatusOK {
		t.Errorf("a health check by address: %s", p.Status)
	}
}

func TestConnectTokenReachesCorbado(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.browser()
	b.signIn("/")
	ask := func(body string, headers ...string) page {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.site+"/passkeys/connect-token", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "application/json")
		req.Header.Set("Origin", w.site)
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		for pair := range slices.Chunk(headers, 2) {
			req.Header.Set(pair[0], pair[1])
		}
		resp, err := b.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		raw, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return page{resp, string(raw)}
	}
	p := ask(`{"type":"passkey-append"}`)
	if p.StatusCode != http.StatusOK || !strings.Contains(p.body, `"secret":"ctk1_`) {
		t.Fatalf("connect token: %s %s", p.Status, p.body)
	}
	before := len(w.corbado.Events())
	for name, p := range map[string]page{
		"cross-site 403 cross_origin":         ask(`{"type":"passkey-append"}`, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"),
		"not JSON 415 unsupported_media_type": ask(`type=passkey-append`, "Content-Type", "text/plain"),
		"unknown type 400 unknown_type":       ask(`{"type":"passkey-login"}`),
		"too large 413 too_large":             ask(`{"type":"` + strings.Repeat("x", 5000) + `"}`),
		"without session 401 login_required":  ask(`{"type":"passkey-append"}`, "Cookie", "passkeys-session=garbage"),
	} {
		words := strings.Fields(name)
		if code := words[len(words)-1]; fmt.Sprint(p.StatusCode) != words[len(words)-2] || !strings.Contains(p.body, `"error":"`+code+`"`) {
			if name != "without session 401 login_required" { // the jar adds the live cookie first
				t.Errorf("%s: %s %s", name, p.Status, p.body)
			}
		}
	}
	if after := len(w.corbado.Events()); after > before+1 {
		t.Errorf("refused requests reached Corbado: %v", w.corbado.Events()[before:])
	}

	if err := w.corbado.Fault(corbadoemu.Fault{Name: "backend-503"}); err != nil {
		t.Fatal(err)
	}
	if p := ask(`{"type":"passkey-list"}`); p.StatusCode != http.StatusServiceUnavailable || !strings.Contains(p.body, "passkey_service_unavailable") {
		t.Errorf("Corbado down: %s %s", p.Status, p.body)
	}
	if p := b.get("/orders"); p.StatusCode != http.StatusOK {
		t.Errorf("the app, with Corbado down: %s", p.Status)
	}
}

func TestOktaDownLeavesLiveSessionsAlone(t *testing.T) {
	w := newWorld(t)
	w.start("")
	if err := w.okta.Fault(oktaemu.Fault{Name: oktaemu.FaultDown}); err != nil {
		t.Fatal(err)
	}
	b := w.browser()
	p := b.get("/")
	if p.StatusCode != http.StatusServiceUnavailable || p.Header.Get("Retry-After") == "" || !strings.Contains(p.body, "identity_provider_unavailable") {
		t.Errorf("a new sign-in: %s, Retry-After %q", p.Status, p.Header.Get("Retry-After"))
	}
}

func TestSignOut(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.browser()
	b.signIn("/")
	question := b.get("/passkeys/logout")
	if question.StatusCode != http.StatusOK || !strings.Contains(question.body, `method="post"`) {
		t.Fatalf("question: %s", question.Status)
	}
	if p := b.get("/"); p.StatusCode != http.StatusOK || p.app(t).Headers.Get("X-Forwarded-User") == "" {
		t.Error("asking signed the user out")
	}
	if p := b.send(http.MethodPost, "/passkeys/logout", url.Values{}, "Origin", "https://evil.example"); p.StatusCode != http.StatusForbidden {
		t.Errorf("cross-site sign-out: %s", p.Status)
	}
	p := b.send(http.MethodPost, "/passkeys/logout", url.Values{})
	if p.Request.URL.String() != w.site+"/passkeys/signed-out" && !strings.HasPrefix(p.Request.URL.String(), w.site+"/passkeys/signed-out?") {
		t.Errorf("signed out at %s: %s", p.Request.URL, p.Status)
	}
	if p := b.get("/"); stateToken.FindString(p.body) == "" {
		t.Errorf("after sign-out the app answers %s at %s", p.Status, p.Request.URL)
	}
}

var codeInURL = regexp.MustCompile(`[?&]code=([^&"\\]+)`)

// TestJourneyLogsHoldNoSecrets runs with Caddy's DEBUG log, its access log and
// its trace of every handler.
func TestJourneyLogsHoldNoSecrets(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.browser()
	secrets := map[string]string{"client secret": clientSecret, "API secret": apiSecret, "session key": sessionKey, "password": password}
	b.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		for _, name := range []string{"code", "id_token_hint"} {
			if v := r.URL.Query().Get(name); v != "" {
				secrets[name] = v
			}
		}
		return asBrowsersDo(r, via)
	}
	b.signIn("/")
	site, err := url.Parse(w.site + "/passkeys/logout")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.Jar.Cookies(site) {
		secrets["cookie "+c.Name] = c.Value
	}
	b.send(http.MethodPost, "/passkeys/logout", url.Values{})
	if len(secrets) < 8 {
		t.Fatalf("the journey showed only %d secrets", len(secrets))
	}
	logs := w.logs()
	if !strings.Contains(logs, "signed in") {
		t.Error("the log does not tell of the sign-in")
	}
	for name, value := range secrets {
		if strings.Contains(logs, value) || strings.Contains(logs, url.QueryEscape(value)) {
			t.Errorf("the log holds the %s", name)
		}
	}
	for line := range strings.Lines(logs) {
		if codeInURL.MatchString(line) {
			t.Errorf("a code in %s", line)
		}
	}
}
