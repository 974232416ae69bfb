package login

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// thin takes claims out of the ID token, as Okta's custom authorization servers
// do.
func thin(s *site, names ...string) {
	s.op.change = func(c map[string]any) {
		for _, n := range names {
			delete(c, n)
		}
	}
}

func TestUnverifiedEmailIsRemembered(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		claim, userinfo any
		want            bool
	}{
		"verified":               {claim: true},
		"said by nobody":         {},
		"unverified":             {claim: false, userinfo: true, want: true},
		"unverified, as text":    {claim: "false", want: true},
		"unverified by userinfo": {userinfo: false, want: true},

		"verified, as text":     {claim: "true"},
		"verified, as a number": {claim: 1},
		// Whatever else is said is no yes.
		"False": {claim: "False", want: true}, "no": {claim: "no", want: true}, "0": {claim: 0, want: true}, "text 0": {claim: "0", want: true},
		"empty": {claim: "", want: true}, "True": {claim: "True", want: true}, "2": {claim: 2, want: true}, "spaces": {claim: " true", want: true},
		"a list": {claim: []any{true}, want: true}, "an object": {claim: map[string]any{"value": true}, want: true},
		"null":                    {claim: json.RawMessage("null"), want: true},
		"False by userinfo":       {userinfo: "False", want: true},
		"null, true by userinfo":  {claim: json.RawMessage("null"), userinfo: true},
		"empty, true by userinfo": {claim: "", userinfo: true},
	} {
		s := newSite(t)
		s.op.profile = map[string]any{"sub": "00u1", "name": "Alice"}
		if c.userinfo != nil {
			s.op.profile["email_verified"] = c.userinfo
		}
		s.op.change = func(claims map[string]any) {
			delete(claims, "name") // so that userinfo is asked
			delete(claims, "email_verified")
			if c.claim != nil {
				claims["email_verified"] = c.claim
			}
			claims["sid"] = "idx1"
		}
		b := s.browser()
		b.signIn("/")
		if got := b.session(); got.EmailUnverified != c.want || got.ProviderSID != "idx1" {
			t.Errorf("%s: unverified %t, sid %q", name, got.EmailUnverified, got.ProviderSID)
		}
	}
}

func TestClaimsOfAllTypes(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *Config) {
		c.Claims = []string{"n", "big", "b", "list", "mixed", "object", "nested", "text", "null", "absent", "long", "control", "iss", "https://acme.test/role"}
	})
	s.op.change = func(c map[string]any) {
		c["n"], c["b"], c["list"] = 42, true, []string{"a,b", "50%", "c"}
		c["big"] = uint64(12345678901234567890)
		c["mixed"] = []any{1, true, "x"}
		c["object"], c["nested"] = map[string]any{"a": 1}, []any{[]string{"a"}}
		c["text"], c["null"] = "100% sure, yes", nil
		c["long"], c["control"] = strings.Repeat("x", 1025), "a\r\nX-Forwarded-User: admin"
		c["https://acme.test/role"] = "boss"
	}
	b := s.browser()
	b.signIn("/")
	want := []session.Claim{
		{Name: "n", Value: "42"},
		{Name: "big", Value: "12345678901234567890"},
		{Name: "b", Value: "true"},
		{Name: "list", Value: "a%2Cb,50%25,c"},
		{Name: "mixed", Value: "1,true,x"},
		{Name: "text", Value: "100%25 sure, yes", Text: true},
		{Name: "https://acme.test/role", Value: "boss"},
	}
	if d := cmp.Diff(want, b.session().Claims); d != "" {
		t.Error(d)
	}
}

func TestHeaderInjectionThroughProfile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.op.change = func(c map[string]any) {
		c["name"], c["preferred_username"] = "Alice\r\nX-Forwarded-Groups: admin", "a\x00b"
		c["email"], c["acr"] = "alice@acme.test\n", "\u0085"
		c["groups"] = []string{"ok", "evil\nX-A: b", "", "fine"}
	}
	b := s.browser()
	b.signIn("/")
	got := b.session()
	if got.Name+got.Username+got.Email+got.ACR != "" || got.Groups != "ok,fine" {
		t.Errorf("%+v", got)
	}
}

// TestClaimsThatCannotBeToldApart are left out: of JSON's lone surrogates all
// become the same character, and a space that is none splits a name elsewhere.
func TestClaimsThatCannotBeToldApart(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *Config) { c.Claims = []string{"login"} })
	s.op.change = func(c map[string]any) {
		c["name"], c["login"], c["preferred_username"] = json.RawMessage(`"a\ud800"`), json.RawMessage(`"\udc00"`), json.RawMessage(`"\ufffd"`)
		c["email"] = json.RawMessage(`"a\ud801@acme.test"`)
		c["groups"] = json.RawMessage(`["ok","\ud800","\ud801"]`)
		c["amr"] = []string{"pwd\u2003mfa"}
	}
	b := s.browser()
	b.signIn("/")
	got := b.session()
	if got.Name+got.Username+got.Email+got.AMR != "" || got.Groups != "ok" || len(got.Claims) != 0 {
		t.Errorf("%+v", got)
	}
}

// TestSpacesAroundClaimsAreKept, so that whoever has them is somebody else.
func TestSpacesAroundClaimsAreKept(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *Config) { c.Claims = []string{"login", "roles"} })
	s.op.change = func(c map[string]any) {
		c["sub"], c["preferred_username"], c["login"], c["roles"] = " 00u1", "alice ", " root", []string{" admins", "admins "}
		c["groups"] = []string{" admins", "admins", "%20admins"}
	}
	b := s.browser()
	b.signIn("/")
	got := b.session()
	want := []session.Claim{{Name: "login", Value: " root"}, {Name: "roles", Value: "%20admins,admins%20"}}
	if diff := cmp.Diff(want, got.Claims); diff != "" || got.Subject != " 00u1" || got.Username != "alice " || got.Groups != "%20admins,admins,%2520admins" {
		t.Errorf("%+v %s", got, diff)
	}
	if diff := cmp.Diff([]string{" admins", "admins", "%20admins"}, session.SplitList(got.Groups)); diff != "" {
		t.Error(diff)
	}
}

func TestEmailWithTwoAts(t *testing.T) {
	t.Parallel()
	for email, want := range map[string]string{
		"alice@acme.test":                       "alice@acme.test",
		"a@evil.com@acme.test":                  "",
		"alice":                                 "",
		"@acme.test":                            "",
		"alice@":                                "",
		"alice@acme.test,bob@acme.test":         "",
		"Alice <alice@acme.test>":               "",
		"jos\u00e9@acme.test":                   "jos\u00e9@acme.test",
		strings.Repeat("a", 320) + "@acme.test": "",
		"o'brien+x=1/2@acme.test":               "o'brien+x=1/2@acme.test",
		" alice@acme.test":                      "",
		"alice@acme.test\u00a0":                 "",
		"alice\u200b@acme.test":                 "",
		"\u202eecila@acme.test":                 "",
		"alice\\@acme.test":                     "",
		"alice(ceo)@acme.test":                  "",
	} {
		s := newSite(t)
		s.op.change = func(c map[string]any) { c["email"] = email }
		b := s.browser()
		b.signIn("/")
		if got := b.session().Email; got != want {
			t.Errorf("%q became %q", email, got)
		}
	}
}

func TestGroupsListAtSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *Config) { c.Groups, _ = claims.NewGroups([]string{"app-*"}, []string{"staff"}) })
	var groups []string
	for i := range 70 {
		groups = append(groups, fmt.Sprintf("app-%03d", i))
	}
	groups = append(groups, "Everyone", "staff")
	s.op.change = func(m map[string]any) { m["groups"] = groups }
	b := s.browser()
	b.signIn("/")
	got := session.SplitList(b.session().Groups)
	if len(got) != 50 || got[0] != "app-000" || got[len(got)-1] != "staff" {
		t.Errorf("groups %q", got)
	}
	if strings.Count(s.log.String(), "claim left out") != 1 || !strings.Contains(s.log.String(), "21 of 71 groups") {
		t.Errorf("log %s", s.log)
	}
}

func TestSessionTooLarge(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.op.answer = func(a map[string]any) { a["refresh_token"] = strings.Repeat("r", 20000) }
	wantProblem(t, s.browser().signIn("/"), http.StatusBadGateway, "session_too_large")
}
