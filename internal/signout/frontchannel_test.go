package signout

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/quietlog"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

func (f *fixture) frontchannel(method, query, form string, s *session.Session, clientIP string) *httptest.ResponseRecorder {
	f.t.Helper()
	r := httptest.NewRequestWithContext(f.t.Context(), method, testSite+"/passkeys/frontchannel-logout?"+query, strings.NewReader(form))
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	f.Frontchannel(w, r, s, clientIP)
	return w
}

func asked(iss, sid string) string { return url.Values{"iss": {iss}, "sid": {sid}}.Encode() }

func TestFrontchannelLogoutWithoutCookies(t *testing.T) {
	for name, tc := range map[string]struct{ method, query, form string }{
		"get":                       {http.MethodGet, asked(testIssuer, "sid-1"), ""},
		"get, by the org's name":    {http.MethodGet, asked(testOrg, "sid-1"), ""},
		"post":                      {http.MethodPost, "", asked(testIssuer, "sid-1")},
		"post with a query":         {http.MethodPost, asked(testIssuer, "sid-1"), ""},
		"post, one here, one there": {http.MethodPost, "iss=" + url.QueryEscape(testIssuer), "sid=sid-1"},
	} {
		f := newFixture(t)
		w := f.frontchannel(tc.method, tc.query, tc.form, nil, "192.0.2.1")
		f.wantStatus(name, w, http.StatusOK)
		f.wantEnded(name, "session "+testIssuer+" sid-1")
		if f.cleared != 0 {
			t.Errorf("%s: cookies were cleared, but none came", name)
		}
		if strings.Contains(f.logs.String(), "sid-1") {
			t.Errorf("%s: the log holds the sid", name)
		}
	}
}

// The frame must load on the provider's page and nowhere else.
func TestFrontchannelLogoutIsFrameableByTheIssuerOnly(t *testing.T) {
	f := newFixture(t)
	w := f.frontchannel(http.MethodGet, asked(testIssuer, "sid-1"), "", nil, "192.0.2.1")
	policy := w.Header().Get("Content-Security-Policy")
	if !strings.HasSuffix(policy, "; frame-ancestors https://login.example.com") || !strings.HasPrefix(policy, "default-src 'none';") {
		t.Errorf("policy %q", policy)
	}
	if w.Header().Get("X-Frame-Options") != "" {
		t.Error("X-Frame-Options, which knows no origins, keeps the provider's page out")
	}
	if w.Header().Get("Referrer-Policy") != "no-referrer" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers %v", w.Header())
	}
}

func TestFrontchannelLogoutRefusals(t *testing.T) {
	for name, tc := range map[string]struct{ method, query, form string }{
		"a link without a sid signs nobody out": {http.MethodGet, "", ""},
		"no sid":                                {http.MethodGet, "iss=" + url.QueryEscape(testIssuer), ""},
		"an empty sid":                          {http.MethodGet, asked(testIssuer, ""), ""},
		"no issuer":                             {http.MethodGet, "sid=sid-1", ""},
		"another issuer":                        {http.MethodGet, asked("https://evil.example", "sid-1"), ""},
		"the issuer with slash":                 {http.MethodGet, asked(testIssuer+"/", "sid-1"), ""},
		"a huge sid":                            {http.MethodGet, asked(testIssuer, strings.Repeat("s", 257)), ""},
		"two sids":                              {http.MethodGet, asked(testIssuer, "sid-1") + "&sid=sid-2", ""},
		"two sids, one posted":                  {http.MethodPost, asked(testIssuer, "sid-1"), "sid=sid-2"},
		"a bad escape":                          {http.MethodGet, "iss=%zz", ""},
		"a huge form":                           {http.MethodPost, "", asked(testIssuer, "sid-1") + "&x=" + strings.Repeat("x", maxBody)},
	} {
		f := newFixture(t)
		// A live session that came along changes nothing: cookies come with any
		// link that somebody follows.
		s := &session.Session{Subject: "00ualice", ProviderSID: "sid-1"}
		f.wantStatus(name, f.frontchannel(tc.method, tc.query, tc.form, s, "192.0.2.1"), http.StatusBadRequest)
		f.wantEnded(name)
		if f.cleared != 0 {
			t.Errorf("%s: the session's cookies were cleared", name)
		}
	}
	f := newFixture(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, testSite+"/passkeys/frontchannel-logout", strings.NewReader(`{"iss":"`+testIssuer+`","sid":"sid-1"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	f.Frontchannel(w, r, nil, "192.0.2.1")
	f.wantStatus("JSON", w, http.StatusBadRequest)
}

func TestFrontchannelLogoutWithTheSessionsOwnCookies(t *testing.T) {
	f := newFixture(t)
	own := &session.Session{Subject: "00ualice", ProviderSID: "sid-1"}
	f.wantStatus("own", f.frontchannel(http.MethodGet, asked(testIssuer, "sid-1"), "", own, ""), http.StatusOK)
	if f.cleared != 1 || !strings.Contains(f.logs.String(), "sub=00ualice") {
		t.Errorf("cleared %d times; log: %s", f.cleared, f.logs.String())
	}
	// Another session of the same browser stays.
	other := &session.Session{Subject: "00ubob", ProviderSID: "sid-2"}
	f.wantStatus("other", f.frontchannel(http.MethodGet, asked(testIssuer, "sid-1"), "", other, ""), http.StatusOK)
	// A session without a sid is not that of every request without one.
	f.wantStatus("none", f.frontchannel(http.MethodGet, asked(testIssuer, ""), "", &session.Session{Subject: "00ucarol"}, ""), http.StatusBadRequest)
	if f.cleared != 1 {
		t.Errorf("cleared %d times, want once", f.cleared)
	}
}

// TestFloodOfMadeUpSids tries to fill the memory with records of sessions that
// never were.
func TestFloodOfMadeUpSids(t *testing.T) {
	f := newFixture(t)
	flood := func(clientIP func(i int) string) (taken int) {
		for i := range 1000 {
			if f.frontchannel(http.MethodGet, asked(testIssuer, fmt.Sprint(i)), "", nil, clientIP(i)).Code == http.StatusOK {
				taken++
			}
		}
		return taken
	}
	for name, clientIP := range map[string]func(int) string{
		"one address":             func(int) string { return "192.0.2.1" },
		"one network of IPv6":     func(i int) string { return fmt.Sprintf("2001:db8::%x", i) },
		"one address, mapped":     func(int) string { return "::ffff:192.0.2.9" },
		"an address with a zone":  func(i int) string { return fmt.Sprintf("fe80::1%%eth%d", i) },
		"addresses that are none": func(i int) string { return fmt.Sprintf("unix%d", i) },
	} {
		if taken := flood(clientIP); taken != clientBurst {
			t.Errorf("%s: %d taken, want %d", name, taken, clientBurst)
		}
	}
	f.now = f.now.Add(time.Hour)
	if taken := flood(func(i int) string { return fmt.Sprintf("198.51.%d.%d", i/250, i%250) }); taken != allBurst {
		t.Errorf("many addresses: %d taken, want %d", taken, allBurst)
	}
	// The owner of a session is not kept waiting by all this.
	own := &session.Session{Subject: "00ualice", ProviderSID: "sid-1"}
	f.wantStatus("own", f.frontchannel(http.MethodGet, asked(testIssuer, "sid-1"), "", own, "192.0.2.1"), http.StatusOK)
	if n := strings.Count(f.logs.String(), "rate_limited") + strings.Count(f.logs.String(), "too many sign-outs"); n > 3*quietlog.PerMinute {
		t.Errorf("%d log lines", n)
	}
	if len(f.config.Limiter.clients) > maxClients {
		t.Error("the limiter remembers everybody")
	}
}

func TestLimiterForgets(t *testing.T) {
	now := time.Now()
	l := NewLimiter(func() time.Time { return now })
	for i := range 3 * maxClients {
		l.allow(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255))
	}
	if len(l.clients) > maxClients {
		t.Errorf("%d clients remembered", len(l.clients))
	}
	NewLimiter(nil).allow("192.0.2.1")
}

func TestFrontchannelLogoutThatCannotBeRecorded(t *testing.T) {
	f := newFixture(t)
	f.err = errors.New("shared state down")
	f.wantStatus("down", f.frontchannel(http.MethodGet, asked(testIssuer, "sid-1"), "", nil, "192.0.2.1"), http.StatusServiceUnavailable)
}
