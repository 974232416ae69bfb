package pages

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/returnpath"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// site is the Pages under test with a clock to set.
type site struct {
	*Pages
	now time.Time
}

func newSite(t *testing.T, change func(*Config)) *site {
	t.Helper()
	keys, err := seal.NewKeyring([]byte(strings.Repeat("k", seal.MinSecret)))
	if err != nil {
		t.Fatal(err)
	}
	s := &site{now: start}
	c := Config{
		BasePath:  "/passkeys",
		Returns:   returnpath.Policy{Base: "/passkeys", Places: []string{"", "/", "/append"}},
		Origins:   origin.Set{{Scheme: "https", Host: "app.example.com"}},
		Keyring:   keys,
		Now:       func() time.Time { return s.now },
		Component: Component{ProjectID: "pro-1234567890"},
		Brand:     Brand{Name: "Example", Logo: "/brand/logo.svg", Color: "#0b5fff"},
		Enroll:    Every(30 * 24 * time.Hour),
	}
	if change != nil {
		change(&c)
	}
	if s.Pages, err = New(c, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return s
}

func alice() *session.Session {
	return &session.Session{
		ID: "session-id", Issuer: "https://login.example.com", Subject: "00u1", Email: "alice@example.com",
		Name: "Alice", Username: "alice", Groups: "staff,a%2Cb", AMR: "pwd mfa", RefreshToken: "refresh-token",
		StartedAt: start, ExpiresAt: start.Add(time.Hour),
	}
}

type page func(http.ResponseWriter, *http.Request, *session.Session) error

func (s *site) signOutPage(w http.ResponseWriter, r *http.Request, user *session.Session) error {
	return s.SignOutQuestion(w, r, user, user != nil)
}

func (s *site) signedOutPage(w http.ResponseWriter, r *http.Request, _ *session.Session) error {
	return s.SignedOut(w, r)
}

func (s *site) problemPage(w http.ResponseWriter, r *http.Request, _ *session.Session) error {
	r.Header.Set("Sec-Fetch-Dest", "document")
	s.Problem(w, r, &problem.Problem{Status: 503, Code: "code", Title: "Title", Detail: "Detail"}, "request-id")
	return nil
}

// get asks for a page and fails the test on an error.
func get(t *testing.T, p page, target string, user *session.Session) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	if err := p(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil), user); err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	return w
}

func pagesOf(s *site) map[string]page {
	return map[string]page{
		"/passkeys/":                      s.List,
		"/passkeys/append?return=%2Fa%3F": s.Append,
		"/passkeys/logout":                s.signOutPage,
		"/passkeys/signed-out":            s.signedOutPage,
		"/passkeys/problem":               s.problemPage,
	}
}

func TestPagesSayWhatTheyAreFor(t *testing.T) {
	s := newSite(t, nil)
	for _, tt := range []struct {
		page   page
		target string
		wants  []string
	}{
		{s.List, "/passkeys/", []string{
			"<title>Your passkeys · Example</title>", "<h1>Your passkeys</h1>", `href="/">Back to Example</a>`,
			`href="/passkeys/logout">Sign out</a>`, "<strong>alice@example.com</strong>", "<noscript>",
			`href="/passkeys/login?return=%2Fpasskeys%2F">Sign in again</a>`, `src="/passkeys/assets/list-`,
		}},
		{s.Append, "/passkeys/append?return=%2Fdeals%3Fa%3D1%26b%3D2%23top", []string{
			"<title>Add a passkey · Example</title>", "<h1>Add a passkey</h1>", `src="/passkeys/assets/append-`,
			`data-unavailable="Continue to Example" href="/deals?a=1&amp;b=2#top">Not now</a>`,
			`<a class="quiet" href="/deals?a=1&amp;b=2#top">Continue without a passkey</a>`,
			`href="/passkeys/login?return=%2Fpasskeys%2Fappend%3Freturn%3D%252Fdeals%253Fa%253D1%2526b%253D2%2523top">Sign in again</a>`,
			`&#34;projectId&#34;:&#34;pro-1234567890&#34;`, `&#34;frontendApiUrlSuffix&#34;:&#34;frontendapi.cloud.corbado.io&#34;`,
			`&#34;tokenPath&#34;:&#34;/passkeys/connect-token&#34;`,
		}},
		{s.signOutPage, "/passkeys/logout", []string{
			"<h1>Sign out?</h1>", `<form method="post" action="/passkeys/logout">`, `<button class="button" type="submit">Sign out</button>`,
			`href="/">Stay signed in</a>`,
		}},
		{s.signedOutPage, "/passkeys/signed-out", []string{
			"<h1>You are signed out</h1>", `href="/passkeys/login?return=%2F">Sign in again</a>`, `src="/passkeys/assets/signedout-`,
		}},
	} {
		w := get(t, tt.page, tt.target, alice())
		body := w.Body.String()
		if w.Code != http.StatusOK {
			t.Errorf("%s: status %d", tt.target, w.Code)
		}
		for _, want := range tt.wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %s in\n%s", tt.target, want, body)
			}
		}
		for _, landmark := range []string{"<header>", "<main>", `lang="en"`, `name="viewport"`} {
			if strings.Count(body, landmark) != 1 {
				t.Errorf("%s: want one %s", tt.target, landmark)
			}
		}
	}
}

func TestPageHeaders(t *testing.T) {
	s := newSite(t, nil)
	for target, p := range pagesOf(s) {
		h := get(t, p, target, alice()).Header()
		for name, want := range map[string]string{
			"Cache-Control":              "no-store",
			"Content-Type":               "text/html; charset=utf-8",
			"Cross-Origin-Opener-Policy": "same-origin",
			"Referrer-Policy":            "no-referrer",
			"X-Content-Type-Options":     "nosniff",
			"X-Frame-Options":            "DENY",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", target, name, got, want)
			}
		}
		if policy := h.Get("Permissions-Policy"); !strings.Contains(policy, "publickey-credentials-create=(self)") {
			t.Errorf("%s: Permissions-Policy is %q", target, policy)
		}
	}
}

func TestHeadAnswersWithoutBody(t *testing.T) {
	s := newSite(t, nil)
	for target, p := range pagesOf(s) {
		w := httptest.NewRecorder()
		if err := p(w, httptest.NewRequestWithContext(t.Context(), http.MethodHead, target, nil), alice()); err != nil {
			t.Fatal(err)
		}
		if w.Body.Len() != 0 || w.Header().Get("Content-Length") == "0" {
			t.Errorf("%s: %d bytes, Content-Length %s", target, w.Body.Len(), w.Header().Get("Content-Length"))
		}
	}
}

func TestNoInlineScriptOrStyle(t *testing.T) {
	s := newSite(t, nil)
	inline := regexp.MustCompile(`(?i)<style|<script(?:[^>]*)>[^<]|\sstyle=|\son[a-z]+=|javascript:`)
	for target, p := range pagesOf(s) {
		if found := inline.FindString(get(t, p, target, alice()).Body.String()); found != "" {
			t.Errorf("%s holds %q", target, found)
		}
	}
}

func TestPagesNeverHoldASecret(t *testing.T) {
	s := newSite(t, nil)
	for target, p := range pagesOf(s) {
		body := get(t, p, target, alice()).Body.String()
		if strings.Contains(body, "refresh-token") || strings.Contains(body, "session-id") {
			t.Errorf("%s holds a token or the session's ID", target)
		}
	}
}

func TestScriptInjectionByBrandUserAndReturnPath(t *testing.T) {
	const attack = `"><script>alert(1)</script><img src=x onerror='alert(2)'>`
	s := newSite(t, func(c *Config) { c.Brand = Brand{Name: attack} })
	mallory := alice()
	mallory.Email, mallory.Name = attack, attack
	for target, p := range pagesOf(s) {
		if strings.Contains(target, "return=") {
			target = "/passkeys/append?return=" + "%2F%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E"
		}
		body := get(t, p, target, mallory).Body.String()
		if strings.Contains(body, "<script>") || strings.Contains(body, "<img src=x") {
			t.Errorf("%s: injected markup in\n%s", target, body)
		}
	}
}

func TestOpenRedirectByReturnPath(t *testing.T) {
	s := newSite(t, nil)
	for _, hostile := range []string{
		"https%3A%2F%2Fevil.example%2F", "%2F%2Fevil.example", "%2F%5Cevil.example", "javascript%3Aalert(1)", "%2F%09%2Fevil.example",
		"%2Fpasskeys%2Flogout", "",
	} {
		body := get(t, s.Append, "/passkeys/append?return="+hostile, alice()).Body.String()
		if !strings.Contains(body, `href="/">Not now<`) || strings.Contains(body, "evil") {
			t.Errorf("return=%s leads elsewhere:\n%s", hostile, body)
		}
	}
}

func TestReturnPathLoop(t *testing.T) {
	s := newSite(t, nil)
	for _, loop := range []string{
		"%2Fpasskeys%2Fappend", "%2Fpasskeys%2Fappend%3Freturn%3D%252F", "%2Fpasskeys%2F.%2Fappend", "%2Fpasskeys%2Fappend%2F", "%2Fpasskeys%2F%2561ppend",
	} {
		body := get(t, s.Append, "/passkeys/append?return="+loop, alice()).Body.String()
		if !strings.Contains(body, `href="/">Not now<`) {
			t.Errorf("return=%s leads back to the offer", loop)
		}
	}
	if body := get(t, s.Append, "/passkeys/append?return=%2Fpasskeys%2F", alice()).Body.String(); !strings.Contains(body, `href="/passkeys/">Not now<`) {
		t.Error("the list is a good place to return to")
	}
}

// The component acts on these parameters of the page's address.
func TestSimulateAndInvitationParametersAreStripped(t *testing.T) {
	s := newSite(t, nil)
	for target, want := range map[string]string{ //nolint:gosec // no credentials
		"/passkeys/append?cboSimulate=DeniedByPartialRollout":  "/passkeys/append",
		"/passkeys/append?return=%2Fa%3Fb&invitationToken=x":   "/passkeys/append?return=%2Fa%3Fb",
		"/passkeys/append?return=%2Fa&return=%2Fb":             "/passkeys/append?return=%2Fa",
		"/passkeys/append?return=%2Fa;cboSimulate=x":           "/passkeys/append",
		"/passkeys/append?%zz":                                 "/passkeys/append",
		"/passkeys/append?return=https%3A%2F%2Fevil.example&x": "/passkeys/append?return=https%3A%2F%2Fevil.example",
	} {
		w := get(t, s.Append, target, alice())
		if got := w.Header().Get("Location"); w.Code != http.StatusSeeOther || got != want {
			t.Errorf("%s: %d to %q, want %q", target, w.Code, got, want)
			continue
		}
		if again := get(t, s.Append, want, alice()); again.Code != http.StatusOK {
			t.Errorf("%s redirects again", want)
		}
	}
	if w := get(t, s.List, "/passkeys/?cboSimulate=1", alice()); w.Header().Get("Location") != "/passkeys/" {
		t.Errorf("list: %d to %q", w.Code, w.Header().Get("Location"))
	}
}

func TestPagesWithoutSession(t *testing.T) {
	s := newSite(t, nil)
	for target, p := range map[string]page{
		"/passkeys/": s.List, "/passkeys/append": s.Append, "/passkeys/append/result": s.Result, "/passkeys/session": s.whoami,
	} {
		w := httptest.NewRecorder()
		err := p(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil), nil)
		pr := (*problem.Problem)(nil)
		if !errors.As(err, &pr) || pr.Status != http.StatusUnauthorized || pr.Code != "login_required" {
			t.Errorf("%s: %v", target, err)
		}
	}
	if w := get(t, s.signOutPage, "/passkeys/logout", nil); w.Header().Get("Location") != "/passkeys/signed-out" {
		t.Errorf("sign-out without a session: %d %v", w.Code, w.Header())
	}
}

// whoami answers for a session that ends in half an hour unless it is used.
func (s *site) whoami(w http.ResponseWriter, r *http.Request, of *session.Session) error {
	return s.Session(w, r, of, start.Add(30*time.Minute))
}

func TestSessionTellsWhoAndNoToken(t *testing.T) {
	s := newSite(t, nil)
	w := get(t, s.whoami, "/passkeys/session", alice())
	const want = `{"iss":"https://login.example.com","sub":"00u1","email":"alice@example.com","name":"Alice",` +
		`"preferred_username":"alice","groups":["staff","a,b"],"amr":["pwd","mfa"],"started_at":1772366400,"expires_at":1772370000,"ends_at":1772368200,"now":1772366400}`
	if got, _ := io.ReadAll(w.Body); string(got) != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	byPasskey := alice()
	byPasskey.AMR, byPasskey.IDP, byPasskey.Passkey = "pop", "0oacorbado", true
	if got := get(t, s.whoami, "/passkeys/session", byPasskey).Body.String(); !strings.Contains(got, `"amr":["pop"],"idp":"0oacorbado","passkey":true,`) {
		t.Errorf("after a sign-in by passkey: %s", got)
	}
	if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("headers %v", w.Header())
	}
}
