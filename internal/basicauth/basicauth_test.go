package basicauth

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

const appPhrase = "paß:wört"

func newCredentials(t *testing.T, claim string) *Credentials {
	t.Helper()
	c, err := New(claim, secret.New(appPhrase))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAuthorization(t *testing.T) {
	s := &session.Session{
		Subject: "00u1", Email: "alice@example.com", Name: "Jörg 100%",
		Claims: []session.Claim{
			{Name: "login", Value: "a%2Cb%25"},
			{Name: "two", Value: "a,b"},
			{Name: "text", Value: "a,b 5%25", Text: true},
		},
	}
	for claim, want := range map[string]string{"email": "alice@example.com", "sub": "00u1", "name": "Jörg 100%", "login": "a,b%", "text": "a,b 5%"} {
		value, err := newCredentials(t, claim).Authorization(s)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header.Set("Authorization", value)
		if user, password, ok := r.BasicAuth(); !ok || user != want || password != appPhrase {
			t.Errorf("%s arrives as %q with %q", claim, user, password)
		}
	}
	for _, claim := range []string{"preferred_username", "none", "two"} {
		if v, err := newCredentials(t, claim).Authorization(s); !errors.Is(err, ErrUser) || v != "" {
			t.Errorf("%s: %q %v", claim, v, err)
		}
	}
}

// A name with a colon in it would be somebody else's name.
func TestColonInUserName(t *testing.T) {
	c := newCredentials(t, "name")
	for _, name := range []string{
		"alice:x", ":", "alice:", "alice\nx", "alice\x00", "alice\u0085", "alice\xff",
		// Many apps trim what they read.
		" root", "root ", "\u00a0root", "root\u3000", " ", "\u2003",
	} {
		if v, err := c.Authorization(&session.Session{Name: name}); !errors.Is(err, ErrUser) || v != "" {
			t.Errorf("%q: %q %v", name, v, err)
		}
	}
}

func TestSettingsThatMakeNoSense(t *testing.T) {
	for _, tc := range [][2]string{{"", "x"}, {"groups", "x"}, {"email", ""}, {"email", "a\nb"}, {"email", "\xff"}} {
		if _, err := New(tc[0], secret.New(tc[1])); err == nil {
			t.Errorf("%q was accepted", tc)
		}
	}
}

func TestStripChallenge(t *testing.T) {
	for name, tc := range map[string]struct {
		in, want []string
		stripped bool
	}{
		"none":           {nil, nil, false},
		"another":        {[]string{`Bearer realm="Basic, x"`}, []string{`Bearer realm="Basic, x"`}, false},
		"only":           {[]string{`Basic realm="app"`}, nil, true},
		"bare":           {[]string{`basic`}, nil, true},
		"case":           {[]string{`BASIC realm=app, charset="UTF-8"`}, nil, true},
		"first":          {[]string{`Basic realm="a, b \", c", charset=UTF-8, Bearer scope="x", error=y`}, []string{`Bearer scope="x", error=y`}, true},
		"last":           {[]string{`Negotiate, Basic realm="app"`}, []string{`Negotiate`}, true},
		"spaces at =":    {[]string{`Bearer realm="x", basic = y`}, []string{`Bearer realm="x", basic = y`}, false},
		"lines":          {[]string{`Negotiate`, `Basic realm="app"`, `NTLM`}, []string{`Negotiate`, `NTLM`}, true},
		"similar scheme": {[]string{`BasicPlus realm="app"`}, []string{`BasicPlus realm="app"`}, false},
		"empty":          {[]string{``, `,Basic,`}, nil, true},
		"open quote":     {[]string{`Bearer realm="x, Basic`}, []string{`Bearer realm="x, Basic`}, false},
	} {
		h := http.Header{}
		if tc.in != nil {
			h["Www-Authenticate"] = tc.in
		}
		got := StripChallenge(h)
		if diff := cmp.Diff(tc.want, h["Www-Authenticate"]); diff != "" || got != tc.stripped {
			t.Errorf("%s: %t %s", name, got, diff)
		}
	}
}

func FuzzStripChallenge(f *testing.F) {
	for _, s := range []string{`Basic realm="a", Bearer x`, `"\`, `,,=`, `Negotiate abc==, basic`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		h := http.Header{"Www-Authenticate": {line}}
		before := StripChallenge(h)
		if !before && h.Get("Www-Authenticate") != line {
			t.Errorf("%q became %q", line, h)
		}
		if StripChallenge(h) {
			t.Errorf("%q left a Basic challenge: %q", line, h)
		}
	})
}
