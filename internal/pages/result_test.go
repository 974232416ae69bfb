package pages

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

func resultRequest(t *testing.T, body string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://app.example.com/passkeys/append/result", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

func TestResultRefuses(t *testing.T) {
	s := newSite(t, nil)
	const skip = `{"status":"skip"}`
	for name, tt := range map[string]struct {
		body   string
		change func(http.Header)
		status int
		code   string
	}{
		"cross-site request":      {skip, func(h http.Header) { h.Set("Sec-Fetch-Site", "cross-site") }, 403, "cross_origin"},
		"same-site request":       {skip, func(h http.Header) { h.Set("Sec-Fetch-Site", "same-site") }, 403, "cross_origin"},
		"foreign origin":          {skip, func(h http.Header) { h.Del("Sec-Fetch-Site"); h.Set("Origin", "https://evil.example") }, 403, "cross_origin"},
		"neither header":          {skip, func(h http.Header) { h.Del("Sec-Fetch-Site") }, 403, "cross_origin"},
		"null origin":             {skip, func(h http.Header) { h.Del("Sec-Fetch-Site"); h.Set("Origin", "null") }, 403, "cross_origin"},
		"form":                    {"status=skip", func(h http.Header) { h.Set("Content-Type", "application/x-www-form-urlencoded") }, 415, "json_required"},
		"plain text":              {skip, func(h http.Header) { h.Set("Content-Type", "text/plain") }, 415, "json_required"},
		"no content type":         {skip, func(h http.Header) { h.Del("Content-Type") }, 415, "json_required"},
		"huge body":               {`{"status":"skip","clientState":"` + strings.Repeat("a", maxResult) + `"}`, nil, 413, "body_too_large"},
		"no body":                 {"", nil, 400, "invalid_body"},
		"not JSON":                {"skip", nil, 400, "invalid_body"},
		"a list":                  {"[]", nil, 400, "invalid_body"},
		"two values":              {skip + skip, nil, 400, "invalid_body"},
		"number for a status":     {`{"status":1}`, nil, 400, "invalid_body"},
		"no status":               {`{}`, nil, 400, "unknown_status"},
		"unknown status":          {`{"status":"granted"}`, nil, 400, "unknown_status"},
		"status with other cases": {`{"status":"SKIP"}`, nil, 400, "unknown_status"},
	} {
		r := resultRequest(t, tt.body)
		if tt.change != nil {
			tt.change(r.Header)
		}
		w := httptest.NewRecorder()
		err := s.Result(w, r, alice())
		pr := (*problem.Problem)(nil)
		if !errors.As(err, &pr) || pr.Status != tt.status || pr.Code != tt.code {
			t.Errorf("%s: got %v, want %d %s", name, err, tt.status, tt.code)
		}
		if len(w.Result().Cookies()) != 0 {
			t.Errorf("%s set a cookie", name)
		}
	}
}

func TestResultFromAnOlderBrowser(t *testing.T) {
	s := newSite(t, nil)
	r := resultRequest(t, `{"status":"skip"}`)
	r.Header.Del("Sec-Fetch-Site")
	r.Header.Set("Origin", "https://app.example.com")
	w := httptest.NewRecorder()
	if err := s.Result(w, r, alice()); err != nil || w.Code != http.StatusNoContent {
		t.Errorf("%d %v", w.Code, err)
	}
}

func TestClientState(t *testing.T) {
	for name, tt := range map[string]struct {
		status, state string
		kept          bool
	}{
		"complete":         {"complete", "eyJsYXN0TG9naW4iOnt9fQ==", true},
		"published word":   {"user-completed", "abc_-+/", true},
		"skip":             {"skip", "abc", false},
		"none":             {"complete", "", false},
		"as long as can":   {"complete", strings.Repeat("a", maxClientState), true},
		"too long":         {"complete", strings.Repeat("a", maxClientState+1), false},
		"cookie injection": {"complete", "a; Path=/; Domain=example.com", false},
		"header injection": {"complete", `a\r\nSet-Cookie: b=c`, false},
	} {
		s := newSite(t, nil)
		w := httptest.NewRecorder()
		if err := s.Result(w, resultRequest(t, `{"status":"`+tt.status+`","clientState":"`+tt.state+`"}`), alice()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		c := cookie(w, ClientStateCookie)
		if (c != nil) != tt.kept {
			t.Errorf("%s: cookie %v", name, c)
		}
		if c != nil && (c.Value != tt.state || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/passkeys" || c.MaxAge != 365*24*3600) {
			t.Errorf("%s: cookie %v", name, c)
		}
	}
}

func cookie(w *httptest.ResponseRecorder, name string) *http.Cookie {
	for _, c := range w.Result().Cookies() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// browser keeps the cookies of one site.
type browser struct {
	site *site
	jar  map[string]*http.Cookie
}

func newBrowser(s *site) *browser { return &browser{s, make(map[string]*http.Cookie)} }

func (b *browser) request(t *testing.T, body string) *http.Request {
	t.Helper()
	r := resultRequest(t, body)
	for _, c := range b.jar {
		r.AddCookie(c)
	}
	return r
}

func (b *browser) answer(t *testing.T, user *session.Session, status string) {
	t.Helper()
	w := httptest.NewRecorder()
	if err := b.site.Result(w, b.request(t, `{"status":"`+status+`"}`), user); err != nil {
		t.Fatal(err)
	}
	for _, c := range w.Result().Cookies() {
		b.jar[c.Name] = c
	}
}

// asked reports whether the user is offered a passkey after signing in.
func (b *browser) asked(t *testing.T, user *session.Session) bool {
	t.Helper()
	return b.site.AfterSignIn(b.request(t, ""), user, "/deals") != "/deals"
}

func TestOfferRestsByWhatBecameOfIt(t *testing.T) {
	const day = 24 * time.Hour
	for _, tt := range []struct {
		policy EnrollPolicy
		status string
		rest   time.Duration
	}{
		{Every(30 * day), "skip", 30 * day},
		{Every(30 * day), "skip-explicit", 30 * day},
		{Every(30 * day), "user-skipped", 30 * day},
		{Every(30 * day), "complete", 365 * day},
		{Every(30 * day), "complete-noop", 365 * day},
		{Every(30 * day), "user-completed", 365 * day},
		{Every(30 * day), "not-offered", day},
		{Every(30 * day), "skip-implicit", day},
		{Every(30 * day), "gradual-rollout-denied", day},
		{Every(30 * day), "error", time.Hour},
		{Every(30 * day), "unavailable", time.Hour},
		{Every(10 * 365 * day), "skip", 365 * day},
		{Every(time.Minute), "not-offered", time.Minute},
		{Always(), "skip", 0},
		{Always(), "not-offered", 0},
		{Always(), "unavailable", time.Hour},
		{Always(), "complete", 365 * day},
	} {
		s := newSite(t, func(c *Config) { c.Enroll = tt.policy })
		b := newBrowser(s)
		if !b.asked(t, alice()) {
			t.Fatalf("%v: not asked at first", tt)
		}
		b.answer(t, alice(), tt.status)
		if tt.rest > 0 {
			s.now = start.Add(tt.rest - time.Second)
			if b.asked(t, alice()) {
				t.Errorf("%v: asked again too early", tt)
			}
		}
		s.now = start.Add(tt.rest)
		if !b.asked(t, alice()) {
			t.Errorf("%v: not asked again", tt)
		}
	}
}

func TestOfferIsRememberedByUser(t *testing.T) {
	s := newSite(t, nil)
	b := newBrowser(s)
	b.answer(t, alice(), "skip")
	sameSubjectElsewhere := alice()
	sameSubjectElsewhere.Issuer = "https://other.example.com"
	if b.asked(t, alice()) || !b.asked(t, sameSubjectElsewhere) {
		t.Error("users are known by issuer and subject")
	}
	var family []*session.Session
	for _, sub := range []string{"b", "c", "d"} {
		u := alice()
		u.Subject = sub
		family = append(family, u)
		b.answer(t, u, "skip")
	}
	if b.asked(t, alice()) {
		t.Error("four users fit")
	}
	fifth := alice()
	fifth.Subject = "e"
	b.answer(t, fifth, "complete")
	if !b.asked(t, alice()) || b.asked(t, fifth) {
		t.Error("the oldest makes room")
	}
	for _, u := range family {
		if b.asked(t, u) {
			t.Errorf("%s was forgotten", u.Subject)
		}
	}
}

func TestForgedMemory(t *testing.T) {
	s := newSite(t, nil)
	b := newBrowser(s)
	b.answer(t, alice(), "complete")
	c := b.jar["__Secure-passkeys-enroll"] //nolint:gosec // what we were sent
	if c == nil || c.Path != "/passkeys" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || len(c.Value) > 400 {
		t.Fatalf("cookie %v", c)
	}
	for _, forged := range []string{"x", c.Value[1:], c.Value + "A", strings.Repeat("A", 4000), "9." + c.Value} {
		c.Value = forged
		if !b.asked(t, alice()) {
			t.Errorf("%.20s… was believed", forged)
		}
	}
}

func TestMemoryOfTheFormerSpellingCounts(t *testing.T) {
	s := newSite(t, nil)
	b := newBrowser(s)
	b.answer(t, alice(), "complete")
	const now, former = "__Secure-passkeys-enroll", "__Secure-passkeys-enrol"
	b.jar[former] = &http.Cookie{Name: former, Value: b.jar[now].Value} //nolint:gosec // what a browser sends
	delete(b.jar, now)
	if b.asked(t, alice()) {
		t.Error("asked again after an upgrade")
	}
	bob := alice()
	bob.Subject = "00u2bob"
	b.answer(t, bob, "complete")
	if c := b.jar[former]; c != nil && c.MaxAge >= 0 || b.asked(t, alice()) || b.asked(t, bob) {
		t.Errorf("an answer leaves the cookies %v", b.jar)
	}
}

func TestMemoryOverPlainHTTP(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Origins = origin.Set{{Scheme: "http", Host: "app.example.com"}} })
	b := newBrowser(s)
	b.answer(t, alice(), "complete")
	if c := b.jar["passkeys-enroll"]; c == nil || c.Secure {
		t.Errorf("cookie %v", c)
	}
}

func TestAfterSignIn(t *testing.T) {
	for _, tt := range []struct {
		policy     EnrollPolicy
		path, want string
	}{
		{Always(), "/", "/passkeys/append"},
		{Always(), "/deals?a=1&b=2", "/passkeys/append?return=%2Fdeals%3Fa%3D1%26b%3D2"},
		{Always(), "/passkeys/", "/passkeys/"},
		{Always(), "/passkeys", "/passkeys"},
		{Always(), "/passkeys/append?return=%2Fa", "/passkeys/append?return=%2Fa"},
		{Always(), "/passkeys-of-mine", "/passkeys/append?return=%2Fpasskeys-of-mine"},
		{Always(), "https://evil.example/", "/passkeys/append"},
		{Never(), "/deals", "/deals"},
		{Never(), "//evil.example/", "/"},
		{EnrollPolicy{}, "/deals", "/deals"},
		{Every(time.Hour), "/deals", "/passkeys/append?return=%2Fdeals"},
	} {
		s := newSite(t, func(c *Config) { c.Enroll = tt.policy })
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/passkeys/callback", nil)
		if got := s.AfterSignIn(r, alice(), tt.path); got != tt.want {
			t.Errorf("%v %s: got %s, want %s", tt.policy, tt.path, got, tt.want)
		}
	}
}
