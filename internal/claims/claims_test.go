package claims

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for raw, ok := range map[string]bool{
		`{}`: true, `{"a":1}`: true, ` {"a":1} `: true,
		``: false, `null`: false, `[]`: false, `"x"`: false, `{"a":1}{}`: false, `{"a":1}]`: false, `{`: false,
	} {
		if s, err := Parse([]byte(raw)); (err == nil) != ok || ok != (s != nil) {
			t.Errorf("%q: %v %v", raw, s, err)
		}
	}
}

func set(t *testing.T, raw string) Set {
	t.Helper()
	s, err := Parse([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestText(t *testing.T) {
	t.Parallel()
	s := set(t, `{"empty":"","text":"abc","null":null,"number":1,"list":["abc"],"object":{},"Case":"x"}`)
	for name, c := range map[string]struct {
		most int
		want string
		ok   bool
	}{
		"absent": {5, "", true}, "empty": {5, "", true}, "text": {3, "abc", true}, "case": {5, "", true},
		"null": {5, "", false}, "number": {5, "", false}, "list": {5, "", false}, "object": {5, "", false},
	} {
		if got, err := s.Text(name, c.most); got != c.want || (err == nil) != c.ok {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
	if got, err := s.Text("text", 2); got != "" || err == nil {
		t.Errorf("too long: %q %v", got, err)
	}
}

func TestTime(t *testing.T) {
	t.Parallel()
	for raw, c := range map[string]struct {
		want time.Time
		ok   bool
	}{
		`{}`:                      {time.Time{}, true},
		`{"exp":1700000000}`:      {time.Unix(1700000000, 0), true},
		`{"exp":1700000000.9}`:    {time.Unix(1700000000, 0), true},
		`{"exp":0}`:               {time.Unix(0, 0), true},
		`{"exp":253402300799}`:    {time.Unix(253402300799, 0), true},
		`{"exp":253402300800}`:    {time.Time{}, false},
		`{"exp":-1}`:              {time.Time{}, false},
		`{"exp":1e300}`:           {time.Time{}, false},
		`{"exp":1e999}`:           {time.Time{}, false},
		`{"exp":"1700000000"}`:    {time.Time{}, false},
		`{"exp":null}`:            {time.Time{}, false},
		`{"exp":[1700000000]}`:    {time.Time{}, false},
		`{"EXP":1700000000}`:      {time.Time{}, true},
		`{"exp":{"seconds":100}}`: {time.Time{}, false},
	} {
		if got, err := set(t, raw).Time("exp"); !got.Equal(c.want) || (err == nil) != c.ok {
			t.Errorf("%s: %v %v", raw, got, err)
		}
	}
}

// A provider may write null for an auth_time that it does not know. A token's own
// times may not be null.
func TestAuthTimeMayBeNull(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]bool{`{}`: true, `{"auth_time":null}`: true, `{"auth_time":"x"}`: false} {
		if at, err := set(t, raw).AuthTime(); !at.IsZero() || (err == nil) != want {
			t.Errorf("%s: %v %v", raw, at, err)
		}
	}
}

func TestAudiences(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string][]string{
		`{"aud":"a"}`: {"a"}, `{"aud":["a"]}`: {"a"}, `{"aud":["a","b"]}`: {"a", "b"}, `{"aud":[]}`: {},
		`{}`: nil, `{"aud":""}`: nil, `{"aud":null}`: nil, `{"aud":1}`: nil, `{"aud":["a",1]}`: nil, `{"aud":{"a":1}}`: nil,
	} {
		if got := set(t, raw).Audiences(); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
}

func TestUnverified(t *testing.T) {
	t.Parallel()
	part := func(raw string) string { return base64.RawURLEncoding.EncodeToString([]byte(raw)) }
	header, payload, err := Unverified(part(`{"alg":"RS256"}`) + "." + part(`{"sub":"u"}`) + ".x")
	if err != nil || !header.Has("alg") || !payload.Has("sub") {
		t.Errorf("%v %v %v", header, payload, err)
	}
	for _, raw := range []string{
		"", ".", "..", part(`{}`) + "." + part(`{}`), part(`[]`) + "." + part(`{}`) + ".", part(`{}`) + "." + part(`null`) + ".",
		part(`{}`) + "." + part(`{}`) + "..", part(`{}`) + "=." + part(`{}`) + ".x",
	} {
		if _, _, err := Unverified(raw); err == nil {
			t.Errorf("%q was read", raw)
		}
	}
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain": "plain", "a\nb\x00c": "a?b?c", "\u202eabc": "?abc", "abcdefgh": "abcdef…", "äöüÄÖÜ": "äöüÄÖÜ", "\xff": "?",
	} {
		if got := Printable(text, 6); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// FuzzDescribe: whatever the claims, a session holds only short and plain values.
func FuzzDescribe(f *testing.F) {
	f.Add("00u1", `{"email":"a@b.c","groups":["a","b\n"],"amr":["pwd"],"x":["%",","],"auth_time":1}`)
	f.Add("u\x00", `{"email":"a@b@c","name":"a\ud800","auth_time":1e300}`)
	f.Add(strings.Repeat("u", 300), `{"groups":{"a":1},"x":null}`)
	r := NewReader(Selection{Further: []string{"x"}}, discard)
	f.Fuzz(func(t *testing.T, subject, raw string) {
		said, err := Parse([]byte(raw))
		if err != nil {
			return
		}
		s, err := r.Describe(t.Context(), "https://okta.example", subject, said)
		if err != nil {
			return
		}
		for _, v := range []string{s.Subject, s.Email, s.Name, s.Username, s.Groups, s.AMR, s.ACR, s.IDP, s.Claim("x")} {
			if !Plain(v) || len(v) > 3*maxClaim {
				t.Errorf("%q from %s", v, raw)
			}
		}
		if s.Email != "" && !IsAddress(s.Email) || s.ProviderSID != "" || s.Passkey {
			t.Errorf("%+v from %s", s, raw)
		}
	})
}
