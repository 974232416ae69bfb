package login

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const testPasskeyIDP = "0oacorbado0000000001"

func withPasskeyIDP(c *Config) { c.PasskeyIDP = testPasskeyIDP }

// asked returns the authorization request that the browser was sent to.
func (p page) asked(t *testing.T, s *site) url.Values {
	t.Helper()
	if p.problem != nil {
		t.Fatalf("problem %v, want a sign-in", p.problem)
	}
	u, err := url.Parse(p.location())
	ep, epErr := s.rp.provider.Endpoints(t.Context())
	if err != nil || epErr != nil || !strings.HasPrefix(p.location(), ep.Authorization+"?") || u.Fragment != "" {
		t.Fatalf("sent to %q", p.location())
	}
	return u.Query()
}

func TestLoginHintIsPassedOn(t *testing.T) {
	t.Parallel()
	s := newSite(t, withPasskeyIDP)
	for _, hint := range []string{"alice@acme.test", "alice+tag@acme.test", "eyJ.a+b/c=&x#y", "Ünal", strings.Repeat("x", maxHint)} {
		q := s.browser().get("/passkeys/login?return=/a&login_hint="+url.QueryEscape(hint)).asked(t, s)
		if diff := cmp.Diff([]string{hint}, q["login_hint"]); diff != "" {
			t.Errorf("hint %q: %s", hint, diff)
		}
	}
	b := s.browser()
	wantRedirect(t, b.signIn("/passkeys/login?return=/a&login_hint=alice"), "/a")
	wantRedirect(t, b.get("/passkeys/login?return=/b&login_hint=alice"), "/b") // signed in already
}

func TestLoginHintInjection(t *testing.T) {
	t.Parallel()
	s := newSite(t, withPasskeyIDP)
	plainRequest := s.browser().get("/passkeys/login").asked(t, s)
	for _, hint := range []string{
		"alice&prompt=none&redirect_uri=https://evil.example", "alice&idp=0oaevil00000000000001", "alice#fragment", "alice?x=1",
		"alice%26state=evil", "https://evil.example/", "alice;scope=x", "\"><script>alert(1)</script>",
	} {
		p := s.browser().get("/passkeys/login?login_hint=" + url.QueryEscape(hint))
		q := p.asked(t, s)
		if q.Get("login_hint") != hint {
			t.Errorf("hint %q arrived as %q", hint, q.Get("login_hint"))
		}
		for _, name := range []string{"prompt", "redirect_uri", "scope", "client_id", "response_type", "idp"} {
			if diff := cmp.Diff(plainRequest[name], q[name]); diff != "" {
				t.Errorf("hint %q changed %s: %s", hint, name, diff)
			}
		}
		if len(q) != len(plainRequest)+1 || len(q["state"]) != 1 {
			t.Errorf("hint %q added parameters: %v", hint, q)
		}
		if strings.ContainsAny(p.location(), "\"<> ;") {
			t.Errorf("hint %q is raw in %s", hint, p.location())
		}
	}
	for name, hint := range map[string]string{
		"line feed": "alice\r\nSet-Cookie: x=y", "null": "alice\x00", "escape": "\x1b[2J", "delete": "a\x7f", "C1": "a\u0085b",
		"not UTF-8": "alice\xff", "too long": strings.Repeat("x", maxHint+1), "empty": "",
	} {
		q := s.browser().get("/passkeys/login?login_hint="+url.QueryEscape(hint)).asked(t, s)
		if q.Has("login_hint") {
			t.Errorf("%s: passed on as %q", name, q.Get("login_hint"))
		}
	}
}

// The way of a page of ours that holds the signed proof of a passkey.
func TestStraightToThePasskeyProvider(t *testing.T) {
	t.Parallel()
	s := newSite(t, withPasskeyIDP)
	s.op.change = func(c map[string]any) {
		c["idp"] = testPasskeyIDP
		c["amr"] = []string{"pop", "hwk", "mfa"}
		c["acr"] = "phr"
	}
	b := s.browser()
	p := b.get("/passkeys/login?return=/a&idp="+testPasskeyIDP+"&login_hint=signed.passkey.data", "Sec-Fetch-Site", "same-origin")
	q := p.asked(t, s)
	if q.Get("idp") != testPasskeyIDP || q.Get("login_hint") != "signed.passkey.data" {
		t.Errorf("asked for %v", q)
	}
	wantRedirect(t, b.callback(s.op.authorize(p.location())), "/a")
	got := b.session()
	if !got.Passkey || got.IDP != testPasskeyIDP || got.AMR != "pop hwk mfa" || got.ACR != "phr" || got.Claim("passkey") != "true" {
		t.Errorf("session %+v", got)
	}
	if strings.Contains(s.log.String(), "signed.passkey.data") {
		t.Error("the proof is in the log")
	}
}

func TestForeignIdentityProviderParameterIsDropped(t *testing.T) {
	t.Parallel()
	s := newSite(t, withPasskeyIDP)
	for _, idp := range []string{
		"0oaevil00000000000001", testPasskeyIDP + "x", strings.ToUpper(testPasskeyIDP), testPasskeyIDP + "&prompt=none", testPasskeyIDP + "\n", " " + testPasskeyIDP,
	} {
		q := s.browser().get("/passkeys/login?login_hint=x&idp="+url.QueryEscape(idp), "Sec-Fetch-Site", "same-origin").asked(t, s)
		if q.Has("idp") || q.Has("login_hint") || q.Has("prompt") {
			t.Errorf("idp %q: asked for %v", idp, q)
		}
	}
	// Without the setting, no provider can be named.
	s = newSite(t)
	for _, idp := range []string{"", testPasskeyIDP} {
		if q := s.browser().get("/passkeys/login?idp="+idp, "Sec-Fetch-Site", "same-origin").asked(t, s); q.Has("idp") {
			t.Errorf("idp %q: asked for %v", idp, q)
		}
	}
}

// A link that carries the proof of the attacker's own passkey would sign its
// victim in as the attacker.
func TestLoginCSRFWithAForeignPasskeyProof(t *testing.T) {
	t.Parallel()
	s := newSite(t, withPasskeyIDP)
	for _, from := range []string{"cross-site", "same-site", "none", "", "SAME-ORIGIN"} {
		q := s.browser().get("/passkeys/login?login_hint=mallorys.passkey.data&idp="+testPasskeyIDP, "Sec-Fetch-Site", from).asked(t, s)
		if q.Has("idp") || q.Has("login_hint") {
			t.Errorf("Sec-Fetch-Site %q: asked for %v", from, q)
		}
	}
}

func TestSignedInByPasskeyFollowsTheIDTokenAlone(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		configured string
		claims     map[string]any
		userinfo   map[string]any
		want       bool
	}{
		"the passkey provider":             {testPasskeyIDP, map[string]any{"idp": testPasskeyIDP}, nil, true},
		"the org itself":                   {testPasskeyIDP, map[string]any{"idp": "00o1"}, nil, false},
		"another provider":                 {testPasskeyIDP, map[string]any{"idp": "0oaother000000000001"}, nil, false},
		"no idp claim":                     {testPasskeyIDP, map[string]any{"idp": nil}, nil, false},
		"idp is a list":                    {testPasskeyIDP, map[string]any{"idp": []string{testPasskeyIDP}}, nil, false},
		"a claim named passkey":            {testPasskeyIDP, map[string]any{"idp": "00o1", "passkey": true}, nil, false},
		"strong amr alone":                 {testPasskeyIDP, map[string]any{"idp": "00o1", "amr": []string{"pop", "phr"}}, nil, false},
		"userinfo says so":                 {testPasskeyIDP, map[string]any{"idp": nil, "name": nil}, map[string]any{"idp": testPasskeyIDP, "passkey": "true"}, false},
		"not configured":                   {"", map[string]any{"idp": testPasskeyIDP}, nil, false},
		"not configured, and no idp claim": {"", map[string]any{"idp": ""}, nil, false},
	} {
		s := newSite(t, func(c *Config) { c.PasskeyIDP = tc.configured; c.Claims = []string{"passkey", "idp"} })
		s.op.change = func(c map[string]any) { maps.Copy(c, tc.claims) }
		maps.Copy(s.op.profile, tc.userinfo)
		if tc.userinfo != nil {
			change := s.op.change
			s.op.change = func(c map[string]any) { delete(c, "passkey"); change(c) }
		}
		b := s.browser()
		wantRedirect(t, b.signIn("/a"), "/a")
		if got := b.session(); got.Passkey != tc.want || (got.Claim("passkey") == "true") != tc.want {
			t.Errorf("%s: by passkey %v, claim %q", name, got.Passkey, got.Claim("passkey"))
		}
		if p := b.send(http.MethodGet, "/a"); p.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", name, p.StatusCode)
		}
	}
}
