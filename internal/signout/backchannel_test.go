package signout

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

var logoutHeader = map[string]any{"typ": "logout+jwt", "kid": "k1"}

// logoutClaims are those of a good logout token.
func (f *fixture) logoutClaims() map[string]any {
	return map[string]any{
		"jti": rand.Text(), "iss": testIssuer, "sub": "auth0|alice", "aud": testClient, "sid": "sid-1",
		"iat": f.now.Unix(), "exp": f.now.Add(2 * time.Minute).Unix(), "events": map[string]any{logoutEvent: map[string]any{}},
	}
}

func (f *fixture) backchannel(tokens ...string) *httptest.ResponseRecorder {
	f.t.Helper()
	return f.backchannelBody("application/x-www-form-urlencoded", url.Values{"logout_token": tokens}.Encode())
}

func (f *fixture) backchannelBody(contentType, body string) *httptest.ResponseRecorder {
	f.t.Helper()
	r := httptest.NewRequestWithContext(f.t.Context(), http.MethodPost, testSite+"/passkeys/backchannel-logout", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	f.Backchannel(w, r)
	return w
}

func TestBackchannelLogoutEndsSessions(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(header, claims map[string]any)
		want   string
	}{
		"one session of a user": {func(_, _ map[string]any) {}, "session " + testIssuer + " sid-1"},
		"one session, no user":  {func(_, c map[string]any) { delete(c, "sub") }, "session " + testIssuer + " sid-1"},
		"all of a user":         {func(_, c map[string]any) { delete(c, "sid") }, "subject " + testIssuer + " auth0|alice"},
		"without a type":        {func(h, _ map[string]any) { delete(h, "typ") }, "session " + testIssuer + " sid-1"},
		"with a long type":      {func(h, _ map[string]any) { h["typ"] = "application/LOGOUT+jwt" }, "session " + testIssuer + " sid-1"},
	} {
		f := newFixture(t)
		header, claims := map[string]any{"typ": "logout+jwt", "kid": "k1"}, f.logoutClaims()
		tc.change(header, claims)
		token := f.sign("site", header, claims)
		f.wantStatus(name, f.backchannel(token), http.StatusOK)
		f.wantEnded(name, tc.want)
		if strings.Contains(f.logs.String(), token) || strings.Contains(f.logs.String(), "sid-1") {
			t.Errorf("%s: the log holds the token or the sid: %s", name, f.logs.String())
		}
	}
}

// TestBackchannelLogoutRefusesBeforeItFetches walks through section 2.6 of
// OpenID Connect Back-Channel Logout 1.0.
func TestBackchannelLogoutRefusesBeforeItFetches(t *testing.T) {
	type change = func(f *fixture, header, claims map[string]any)
	set := func(name string, value any) change {
		return func(_ *fixture, _, claims map[string]any) { claims[name] = value }
	}
	drop := func(names ...string) change {
		return func(_ *fixture, _, claims map[string]any) {
			for _, name := range names {
				delete(claims, name)
			}
		}
	}
	in := func(name string, d time.Duration) change {
		return func(f *fixture, _, claims map[string]any) { claims[name] = f.now.Add(d).Unix() }
	}
	typ := func(value string) change {
		return func(_ *fixture, header, _ map[string]any) { header["typ"] = value }
	}
	for name, change := range map[string]change{
		"an ID token as a logout token":           set("nonce", "n-1"),
		"an ID token without its nonce":           drop("events"),
		"an ID token's type":                      typ("JWT"),
		"an access token's type":                  typ("at+jwt"),
		"a revocation token as a logout token":    typ("global-token-revocation+jwt"),
		"a nonce of null":                         set("nonce", nil),
		"another event":                           set("events", map[string]any{"http://schemas.openid.net/event/other": map[string]any{}}),
		"the event in another spelling":           set("events", map[string]any{strings.ToUpper(logoutEvent): map[string]any{}}),
		"an event that is no object":              set("events", map[string]any{logoutEvent: true}),
		"an event of null":                        set("events", map[string]any{logoutEvent: nil}),
		"events that are a list":                  set("events", []string{logoutEvent}),
		"nobody":                                  drop("sub", "sid"),
		"an empty sid and no sub":                 func(_ *fixture, _, c map[string]any) { c["sid"] = ""; delete(c, "sub") },
		"a sid that is a list":                    set("sid", []string{"sid-1"}),
		"a huge sid":                              set("sid", strings.Repeat("s", 300)),
		"another issuer":                          set("iss", "https://evil.example"),
		"the org, which issues no sessions to us": set("iss", testOrg),
		"another application":                     set("aud", "0oaother"),
		"us and another application":              set("aud", []string{testClient, "0oaother"}),
		"no audience":                             drop("aud"),
		"a token without iat":                     drop("iat"),
		"a token without exp":                     drop("exp"),
		"a token without jti":                     drop("jti"),
		"an expired token":                        in("exp", -2*time.Minute),
		"a token from the future":                 in("iat", 2*time.Minute),
		"a token that lives for a day":            in("exp", 24*time.Hour),
	} {
		f := newFixture(t)
		header, claims := map[string]any{"typ": "logout+jwt", "kid": "k1"}, f.logoutClaims()
		change(f, header, claims)
		f.wantStatus(name, f.backchannel(f.sign("site", header, claims)), http.StatusBadRequest)
		f.wantEnded(name)
		if f.site.asked+f.org.asked != 0 || len(f.seen) != 0 {
			t.Errorf("%s: the keys were asked for, or a record was made", name)
		}
	}
}

func TestBackchannelLogoutForms(t *testing.T) {
	f := newFixture(t)
	good := func() string { return f.sign("site", logoutHeader, f.logoutClaims()) }
	for name, w := range map[string]*httptest.ResponseRecorder{
		"no token":       f.backchannel(),
		"two tokens":     f.backchannel(good(), good()),
		"an empty token": f.backchannel(""),
		"a huge form":    f.backchannel(good(), strings.Repeat("x", maxBody)),
		"JSON":           f.backchannelBody("application/json", `{"logout_token":"`+good()+`"}`),
		"multipart":      f.backchannelBody("multipart/form-data; boundary=x", "logout_token="+good()),
		"a bad escape":   f.backchannelBody("application/x-www-form-urlencoded", "logout_token=%zz"),
		"a stranger's":   f.backchannel(f.sign("strange", logoutHeader, f.logoutClaims())),
		"the org's key":  f.backchannel(f.sign("org", logoutHeader, f.logoutClaims())),
	} {
		f.wantStatus(name, w, http.StatusBadRequest)
	}
	f.wantEnded("none")
	w := f.backchannelBody("application/x-www-form-urlencoded; charset=utf-8", "logout_token="+good())
	f.wantStatus("with a charset", w, http.StatusOK)
}

func TestReplayedLogoutToken(t *testing.T) {
	f := newFixture(t)
	token := f.sign("site", logoutHeader, f.logoutClaims())
	f.wantStatus("first", f.backchannel(token), http.StatusOK)
	f.wantStatus("replay", f.backchannel(token), http.StatusBadRequest)
	f.wantEnded("once", "session "+testIssuer+" sid-1")
}

func TestBackchannelLogoutThatFails(t *testing.T) {
	f := newFixture(t)
	f.site.down = true
	f.wantStatus("keys down", f.backchannel(f.sign("site", logoutHeader, f.logoutClaims())), http.StatusBadRequest)
	f.site.down, f.err = false, errors.New("shared state down")
	f.wantStatus("state down", f.backchannel(f.sign("site", logoutHeader, f.logoutClaims())), http.StatusBadRequest)
}
