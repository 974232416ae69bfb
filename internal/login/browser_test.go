package login

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
	"github.com/passkey-sidecar/passkey-sidecar/internal/returnpath"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
	"github.com/passkey-sidecar/passkey-sidecar/internal/stepup"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/clock"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/logs"
)

// site is the relying party with a provider and a session store, as the proxy
// puts them together.
type site struct {
	t     *testing.T
	op    *op
	clock *clock.Clock
	rp    *RelyingParty
	store *session.Store
	log   *logs.Buffer
}

func newSite(t *testing.T, configure ...func(*Config)) *site {
	t.Helper()
	c := newClock()
	return newSiteAt(t, newOP(t, c), configure...)
}

// newSiteAt makes a site that signs people in at a certain provider.
func newSiteAt(t *testing.T, o *op, configure ...func(*Config)) *site {
	t.Helper()
	s := &site{t: t, clock: o.clock, log: new(logs.Buffer), op: o}
	log := slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	p := provider.New(provider.Config{Issuer: s.op.issuer(), Client: s.op.Client(), Now: s.clock.Now, Log: log})
	c := testConfig(t, s.clock.Now)
	for _, f := range configure {
		f(&c)
	}
	var err error
	if s.store, err = session.New(sessionConfig(&c)); err != nil {
		t.Fatal(err)
	}
	if s.rp, err = New(c, p, s.store, nil, log); err != nil {
		t.Fatal(err)
	}
	return s
}

func sessionConfig(c *Config) session.Config {
	return session.Config{Keyring: c.Keyring, Idle: time.Hour, Lifetime: 8 * time.Hour, LogoutPath: "/passkeys/logout", Now: c.Now}
}

func testConfig(tb testing.TB, now func() time.Time) Config {
	tb.Helper()
	keyring, err := seal.NewKeyring(bytes.Repeat([]byte("k"), 32))
	if err != nil {
		tb.Fatal(err)
	}
	origins, err := origin.ParseSet([]string{"https://app.example.com", "https://www.example.com"})
	if err != nil {
		tb.Fatal(err)
	}
	return Config{
		ClientID: testClientID, ClientSecret: secret.New(testSecret), Origins: origins,
		BasePath: "/passkeys", Returns: returnpath.Policy{Base: "/passkeys", Places: []string{"", "/", "/append", "/resume", "/signed-in"}}, Keyring: keyring, Now: now,
		StepUps: []stepup.Demand{passkeyDemand, adminDemand},
	}
}

// browser keeps cookies as browsers do, as far as these tests need.
type browser struct {
	site    *site
	cookies map[string]*http.Cookie
	// refuses names cookies that the browser does not store.
	refuses func(name string) bool
	host    string
}

func (s *site) browser() *browser {
	return &browser{site: s, cookies: map[string]*http.Cookie{}, host: "app.example.com"}
}

// page is what the browser got: an answer, or a problem.
type page struct {
	*http.Response
	problem *problem.Problem
}

func (p page) location() string { return p.Header.Get("Location") }

func (b *browser) get(target string, headers ...string) page {
	b.site.t.Helper()
	return b.send(http.MethodGet, target, headers...)
}

func (b *browser) send(method, target string, headers ...string) page {
	b.site.t.Helper()
	return b.do(httptest.NewRequestWithContext(b.site.t.Context(), method, target, nil), headers...)
}

func (b *browser) do(r *http.Request, headers ...string) page {
	b.site.t.Helper()
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	r.Host = b.host
	b.carry(r)
	w := httptest.NewRecorder()
	err := b.site.serve(w, r)
	res := w.Result()
	_ = res.Body.Close()
	for _, c := range res.Cookies() {
		switch {
		case c.MaxAge < 0:
			delete(b.cookies, c.Name)
		case b.refuses == nil || !b.refuses(c.Name):
			b.cookies[c.Name] = c
		}
	}
	got := page{Response: res}
	if err != nil && !errors.As(err, &got.problem) {
		b.site.t.Errorf("%s: an error without a face: %v", r.URL, err)
	}
	return got
}

func (b *browser) carry(r *http.Request) {
	for _, c := range b.cookies {
		if strings.HasPrefix(r.URL.Path, c.Path) {
			r.AddCookie(c)
		}
	}
}

// serve does what the adapter does.
func (s *site) serve(w http.ResponseWriter, r *http.Request) error {
	live, err := s.store.Read(r)
	if err != nil {
		live = nil
	}
	if live != nil && !strings.HasPrefix(r.URL.Path, "/passkeys/") {
		read := live
		switch live = s.rp.Refresh(r.Context(), live); {
		case live == nil:
			s.store.Forget(w, r)
		case live != read:
			if err := s.store.Renew(w, live); err != nil {
				return err
			}
		}
	}
	switch {
	case r.URL.Path == "/passkeys/callback":
		return s.rp.Callback(w, r, live)
	case r.URL.Path == "/passkeys/login":
		return s.rp.Login(w, r, live)
	case r.URL.Path == "/passkeys/initiate":
		return s.rp.Initiate(w, r, live)
	case r.URL.Path == "/passkeys/logout":
		return s.rp.Logout(w, r)
	case strings.HasPrefix(r.URL.Path, "/admin") && (live == nil || !adminDemand.Met(live, s.clock.Now())):
		return s.rp.SendToSignIn(w, r, r.URL.RequestURI(), adminDemand, live)
	case live == nil:
		return s.rp.SendToSignIn(w, r, r.URL.RequestURI(), stepup.Demand{}, nil)
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// depart asks for target and returns the callback that Okta would send the
// browser to.
func (b *browser) depart(target string) url.Values {
	b.site.t.Helper()
	p := b.get(target)
	if p.problem != nil || !strings.HasPrefix(p.location(), b.site.op.URL+"/authorize") {
		b.site.t.Fatalf("%s: no sign-in: %v %s", target, p.problem, p.location())
	}
	return b.site.op.authorize(p.location())
}

func (b *browser) callback(q url.Values) page {
	b.site.t.Helper()
	return b.get("/passkeys/callback?" + q.Encode())
}

// signIn goes the whole way and returns the callback's answer.
func (b *browser) signIn(target string) page {
	b.site.t.Helper()
	return b.callback(b.depart(target))
}

// session returns the browser's session, nil for none.
func (b *browser) session() *session.Session {
	b.site.t.Helper()
	r := httptest.NewRequestWithContext(b.site.t.Context(), http.MethodGet, "/", nil)
	b.carry(r)
	s, err := b.site.store.Read(r)
	if err != nil {
		return nil
	}
	return s
}

func (b *browser) attempts() int {
	n := 0
	for name := range b.cookies {
		if strings.HasPrefix(name, "__Host-passkeys-login-") {
			n++
		}
	}
	return n
}

// told is what the problem tells the person and whoever runs the site.
func (p page) told() string { return p.problem.Detail + " " + p.problem.Operator }

func wantProblem(t *testing.T, p page, status int, code string) {
	t.Helper()
	if p.problem == nil {
		t.Fatalf("no problem but %d to %q, want %d %s", p.StatusCode, p.location(), status, code)
	}
	if p.problem.Status != status || p.problem.Code != code {
		t.Fatalf("problem %v, want %d %s", p.problem, status, code)
	}
	if p.problem.Title == "" || p.problem.Detail == "" {
		t.Errorf("problem %s tells the person nothing", code)
	}
}

func wantRedirect(t *testing.T, p page, target string) {
	t.Helper()
	if p.problem != nil {
		t.Fatalf("problem %v, want a redirect to %s", p.problem, target)
	}
	if p.StatusCode != http.StatusSeeOther && p.StatusCode != http.StatusFound || p.location() != target {
		t.Fatalf("%d to %q, want %q", p.StatusCode, p.location(), target)
	}
	if p.Header.Get("Cache-Control") != "no-store" || p.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("redirect to %s can be cached or tells where it came from: %v", target, p.Header)
	}
}
