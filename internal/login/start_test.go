package login

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
	"github.com/passkey-sidecar/passkey-sidecar/internal/stepup"
)

func TestAuthorizationRequest(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	p := b.get("/a?b=c")
	u, err := url.Parse(p.location())
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for name, want := range map[string]string{
		"client_id": testClientID, "response_type": "code", "scope": "openid profile email", "code_challenge_method": "S256",
		"redirect_uri": "https://app.example.com/passkeys/callback", "prompt": "",
	} {
		if q.Get(name) != want {
			t.Errorf("%s = %q, want %q", name, q.Get(name), want)
		}
	}
	allowed := regexp.MustCompile(`^[A-Za-z0-9_-]{22,}$`)
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if !allowed.MatchString(q.Get(name)) {
			t.Errorf("%s = %q", name, q.Get(name))
		}
	}
	if p.StatusCode != http.StatusFound || p.Header.Get("Cache-Control") != "no-store" || p.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("%d %v", p.StatusCode, p.Header)
	}
	for _, c := range p.Cookies() {
		if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" {
			t.Errorf("cookie %v", c)
		}
	}
	if strings.Contains(p.location(), testSecret) {
		t.Error("the client secret is in the address")
	}
}

func TestStateNonceAndVerifierAreNew(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	seen := map[string]bool{}
	for range 20 {
		p := s.browser().get("/")
		u, _ := url.Parse(p.location())
		for _, name := range []string{"state", "nonce", "code_challenge"} {
			if v := u.Query().Get(name); seen[v] {
				t.Errorf("%s %q comes twice", name, v)
			} else {
				seen[v] = true
			}
		}
	}
}

func TestHostHeaderNeverMakesTheRedirectURI(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for host, want := range map[string]string{
		"app.example.com":              "https://app.example.com/passkeys/callback",
		"APP.example.com:443":          "https://app.example.com/passkeys/callback",
		"www.example.com":              "https://www.example.com/passkeys/callback",
		"evil.example":                 "",
		"app.example.com.evil.example": "",
		"app.example.com@evil.example": "",
		"":                             "",
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Host = host
		r.Header.Set("X-Forwarded-Host", "evil.example")
		r.Header.Set("X-Forwarded-Proto", "http")
		r.Header.Set("Forwarded", "host=evil.example;proto=http")
		err := s.rp.SendToSignIn(w, r, "/", stepup.Demand{}, nil)
		u, _ := url.Parse(w.Header().Get("Location"))
		if got := u.Query().Get("redirect_uri"); got != want || (err == nil) != (want != "") {
			t.Errorf("host %q: redirect URI %q, error %v", host, got, err)
		}
	}
}

func TestOpenRedirectThroughReturn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, hostile := range []string{
		"//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/\t/evil.example", "/%09/../..//evil.example\n",
		"\\\\evil.example", "evil.example", "/a\r\nSet-Cookie: x=y", "/passkeys/logout", "/passkeys/callback?code=x", "",
	} {
		b := s.browser()
		wantRedirect(t, b.signIn("/passkeys/login?return="+url.QueryEscape(hostile)), "/")
		wantRedirect(t, b.get("/passkeys/login?return="+url.QueryEscape(hostile)), "/") // signed in already
	}
}

// TestReturnPathIsCheckedTwice seals a hostile return path as an older version of
// the policy might have, and looks at what is accepted before it is sealed.
func TestReturnPathIsCheckedTwice(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	w := httptest.NewRecorder()
	a := &attempt{returnPath: "//evil.example", redirectURI: "https://app.example.com/passkeys/callback"}
	if err := s.rp.attempts.keep(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), a, 0); err != nil {
		t.Fatal(err)
	}
	res := w.Result()
	_ = res.Body.Close()
	for _, c := range res.Cookies() {
		b.cookies[c.Name] = c
	}
	s.clock.Advance(attemptAge + time.Second)
	wantRedirect(t, b.callback(url.Values{"state": {a.state}, "code": {"x"}}), "/passkeys/login?restart=1")

	s.op.withdraw = true
	p := b.get("/passkeys/login?return=//evil.example")
	wantProblem(t, p, http.StatusServiceUnavailable, "identity_provider_unavailable")
	if got := p.problem.Ways[0].Href; got != "/passkeys/login" {
		t.Errorf("way %q", got)
	}
}

func TestReturnPathIsKept(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range [][2]string{
		{"/a?b=c&d=%2F#e", "/a?b=c&d=%2F#e"},
		{"/übersicht", "/%C3%BCbersicht"},
		{"/passkeys/", "/passkeys/"},
	} {
		b := s.browser()
		wantRedirect(t, b.signIn("/passkeys/login?return="+url.QueryEscape(c[0])), c[1])
	}
}

func TestLoginWithLiveSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signIn("/")
	for range 5 {
		wantRedirect(t, b.get("/passkeys/login?return=/a"), "/a")
	}
	p := b.get("/passkeys/login?return=/a&prompt=login")
	if u, _ := url.Parse(p.location()); u.Query().Get("prompt") != "login" {
		t.Errorf("went to %s", p.location())
	}
	p = s.browser().get("/passkeys/login?prompt=none")
	if u, _ := url.Parse(p.location()); u.Query().Has("prompt") {
		t.Errorf("prompt of the address passed on: %s", p.location())
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*Config){
		"client ID":     func(c *Config) { c.ClientID = "" },
		"client secret": func(c *Config) { c.ClientSecret = secret.Value{} },
		"style":         func(c *Config) { c.AuthStyle = 7 },
		"openid":        func(c *Config) { c.Scopes = []string{"profile"} },
		"claims":        func(c *Config) { c.Claims = make([]string, maxClaims+1) },
		"passkey_idp":   func(c *Config) { c.PasskeyIDP = "https://login.example.com/sso/idps/0oa1" },
		"client ID; take the identity provider's": func(c *Config) { c.PasskeyIDP = testClientID },
		"public URL":  func(c *Config) { c.Origins = nil },
		"base path":   func(c *Config) { c.BasePath = "/passkeys/" },
		"session key": func(c *Config) { c.Keyring = nil },
	} {
		c := testConfig(t, time.Now)
		spoil(&c)
		_, err := New(c, nil, nil, nil, nil)
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkStart(b *testing.B) {
	c := testConfig(b, time.Now)
	const document = `{"issuer":"https://okta.example","authorization_endpoint":"https://okta.example/oauth2/default/v1/authorize",
"token_endpoint":"https://okta.example/token","jwks_uri":"https://okta.example/keys"}`
	p := provider.New(provider.Config{Issuer: "https://okta.example", Client: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Status: "200 OK", Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(document)), Request: r}, nil
	})}})
	rp, err := New(c, p, nil, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/reports?year=2026", nil)
	r.Host = "app.example.com"
	for _, kind := range []string{"redirect", "page"} {
		if kind == "page" {
			r.Header.Set("Sec-Fetch-Mode", "navigate")
			r.Header.Set("Sec-Fetch-Dest", "document")
		}
		b.Run(kind, func(b *testing.B) {
			for b.Loop() {
				w := discard{}
				if err := rp.SendToSignIn(w, r, "/reports?year=2026", stepup.Demand{}, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// discard is an answer that nobody reads.
type discard http.Header

func (d discard) Header() http.Header         { return http.Header(d) }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}
