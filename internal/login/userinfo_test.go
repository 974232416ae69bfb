package login

import (
	"maps"
	"net/http"
	"strings"
	"testing"
)

func TestUserinfoFillsWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *Config) { c.Claims = []string{"department", "email"} })
	s.op.profile = map[string]any{
		"sub": "00u1", "email": "other@acme.test", "name": "Alice", "department": "R&D", "groups": []string{"a"},
		"amr": []string{"phr"}, "idp": "0oaforged",
	}
	s.op.change = func(c map[string]any) {
		delete(c, "name")
		delete(c, "department")
		delete(c, "groups")
		c["email"], c["amr"], c["idp"] = "alice@acme.test", []string{"pwd"}, "00o1"
	}
	b := s.browser()
	b.signIn("/")
	got := b.session()
	if got.Name != "Alice" || got.Claim("department") != "R&D" || got.Groups != "a" {
		t.Errorf("not filled: %+v", got)
	}
	if got.Email != "alice@acme.test" || got.AMR != "pwd" || got.IDP != "00o1" {
		t.Errorf("userinfo overruled the ID token: %+v", got)
	}
}

// TestTheProofOfAnotherAddress goes with the address that it is about.
func TestTheProofOfAnotherAddress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		token, userinfo map[string]any
		email           string
		unverified      bool
	}{
		"proved in the token, not at userinfo, where the address is": {
			map[string]any{"email_verified": true}, map[string]any{"email": "ceo@acme.test", "email_verified": false}, "ceo@acme.test", true,
		},
		"doubted in the token": {
			map[string]any{"email_verified": false}, map[string]any{"email": "alice@acme.test"}, "alice@acme.test", true,
		},
		"doubted in the token, another address there": {
			map[string]any{"email": "alice@acme.test", "email_verified": false}, map[string]any{"email": "ceo@acme.test", "email_verified": true}, "alice@acme.test", true,
		},
		"both at userinfo": {nil, map[string]any{"email": "alice@acme.test", "email_verified": true}, "alice@acme.test", false},
	} {
		s := newSite(t)
		s.op.profile = map[string]any{"sub": "00u1", "name": "Alice"}
		maps.Copy(s.op.profile, c.userinfo)
		s.op.change = func(claims map[string]any) {
			for _, claim := range []string{"name", "email", "email_verified"} {
				delete(claims, claim)
			}
			maps.Copy(claims, c.token)
		}
		b := s.browser()
		b.signIn("/")
		if got := b.session(); got.Email != c.email || got.EmailUnverified != c.unverified {
			t.Errorf("%s: %s, unverified %t", name, got.Email, got.EmailUnverified)
		}
	}
}

func TestUserinfoOfAnotherSubject(t *testing.T) {
	t.Parallel()
	for _, sub := range []any{"00u2", "", nil, 1} {
		wantRefused(t, http.StatusBadGateway, "userinfo_mismatch", "sub is not the ID token's", func(s *site) {
			thin(s, "email")
			s.op.profile = map[string]any{"sub": sub, "email": "mallory@acme.test"}
		})
	}
}

func TestUserinfoFailureDoesNotStopSignIn(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"500":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"403":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
		"array":   func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, []string{"sub"}) },
		"null":    func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, nil) },
		"garbage": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"cut":     func(_ http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			thin(s, "email", "name")
			s.op.userinfo = answer
			b := s.browser()
			wantRedirect(t, b.signIn("/a"), "/a")
			if got := b.session(); got.Email != "" || got.Username != "alice@acme.test" {
				t.Errorf("%+v", got)
			}
			if !strings.Contains(s.log.String(), "userinfo not available") {
				t.Error("no warning")
			}
		})
	}
}

func TestNoUserinfoEndpoint(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.op.metadata = func(m map[string]any) { delete(m, "userinfo_endpoint") }
	thin(s, "email")
	wantRedirect(t, s.browser().signIn("/a"), "/a")
}

func TestGroupsScopeAsksUserinfo(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *Config) { c.Scopes = []string{"openid", "groups"} })
	s.op.profile = map[string]any{"sub": "00u1", "groups": []string{"a", "b"}}
	thin(s, "groups")
	b := s.browser()
	b.signIn("/")
	if got := b.session().Groups; got != "a,b" {
		t.Errorf("groups %q", got)
	}
}
