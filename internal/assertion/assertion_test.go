package assertion

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

var start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// fixture is a signer with a clock that the test moves.
type fixture struct {
	*Signer
	now time.Time
	log bytes.Buffer
}

func newFixture(tb testing.TB, change ...func(*Config)) *fixture {
	tb.Helper()
	f := &fixture{now: start}
	c := Config{
		Issuer: "https://app.example.com", Audience: "orders", TTL: 5 * time.Minute,
		Now: func() time.Time { return f.now }, Log: slog.New(slog.NewTextHandler(&f.log, nil)),
	}
	for _, ch := range change {
		ch(&c)
	}
	var err error
	if f.Signer, err = New(c); err != nil {
		tb.Fatal(err)
	}
	if err := f.Use([]Key{newKey(tb, "k1")}); err != nil {
		tb.Fatal(err)
	}
	return f
}

func newKey(tb testing.TB, id string) Key {
	tb.Helper()
	private, err := GenerateKey()
	if err != nil {
		tb.Fatal(err)
	}
	return Key{ID: id, Private: private}
}

func alice() *session.Session {
	return &session.Session{
		ID: "s1", Issuer: "https://login.example.com", Subject: "00u1", Email: "alice@example.com", Name: "Alïce", Username: "alice",
		Groups: session.JoinList([]string{"a", "b,c"}), AMR: "pwd mfa", ACR: "urn:okta:loa:2fa:any", IDP: "0oa1", Passkey: true,
		Claims:   []session.Claim{{Name: "department", Value: "R&D"}, {Name: "https://acme.example/roles", Value: "x,y%2Cz"}},
		AuthTime: start.Add(-time.Hour), StartedAt: start.Add(-time.Hour), SeenAt: start, ExpiresAt: start.Add(7 * time.Hour),
	}
}

// read checks an assertion as an app does: with the published key set.
func (f *fixture) read(tb testing.TB, token string) (map[string]any, jose.Header) {
	tb.Helper()
	return readWith(tb, f.KeySet(), token)
}

func readWith(tb testing.TB, published []byte, token string) (map[string]any, jose.Header) {
	tb.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(published, &set); err != nil {
		tb.Fatal(err)
	}
	signature, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		tb.Fatalf("%q: %v", token, err)
	}
	header := signature.Signatures[0].Header
	found := set.Key(header.KeyID)
	if len(found) != 1 {
		tb.Fatalf("%d keys %q in %s", len(found), header.KeyID, published)
	}
	payload, err := signature.Verify(found[0])
	if err != nil {
		tb.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		tb.Fatal(err)
	}
	return claims, header
}

func TestClaims(t *testing.T) {
	for name, tc := range map[string]struct {
		claims []string
		change func(*session.Session)
		want   map[string]any
	}{
		"all": {nil, nil, map[string]any{
			"email": "alice@example.com", "name": "Alïce", "preferred_username": "alice", "groups": []any{"a", "b,c"},
			"amr": []any{"pwd", "mfa"}, "acr": "urn:okta:loa:2fa:any", "idp": "0oa1", "passkey": true,
			"auth_time": float64(start.Add(-time.Hour).Unix()), "sid": "s1",
		}},
		"named":   {[]string{"sub", "email"}, nil, map[string]any{"email": "alice@example.com"}},
		"further": {[]string{"department", "https://acme.example/roles", "none"}, nil, map[string]any{"department": []any{"R&D"}, "https://acme.example/roles": []any{"x", "y,z"}}},
		"one text with a comma in it": {[]string{"department"}, func(s *session.Session) {
			s.Claims = []session.Claim{{Name: "department", Value: "x,admins 5%25", Text: true}}
		}, map[string]any{"department": []any{"x,admins 5%"}}},
		"spaces around": {[]string{"name", "groups", "department"}, func(s *session.Session) {
			s.Name, s.Groups = " Alice ", session.JoinList([]string{" admins", "admins"})
			s.Claims = []session.Claim{{Name: "department", Value: session.JoinList([]string{"R&D "})}}
		}, map[string]any{"name": " Alice ", "groups": []any{" admins", "admins"}, "department": []any{"R&D "}}},
		"unverified": {[]string{"email"}, func(s *session.Session) { s.EmailUnverified = true }, map[string]any{"email": "alice@example.com", "email_verified": false}},
		"bare":       {nil, func(s *session.Session) { *s = session.Session{Subject: "00u1"} }, map[string]any{}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, func(c *Config) { c.Claims = tc.claims })
			s := alice()
			if tc.change != nil {
				tc.change(s)
			}
			got, header := f.read(t, f.Assert(t.Context(), s))
			if header.KeyID != "k1" || header.Algorithm != "ES256" || header.ExtraHeaders[jose.HeaderType] != "JWT" {
				t.Errorf("header %+v", header)
			}
			tc.want["iss"], tc.want["aud"], tc.want["sub"] = "https://app.example.com", "orders", "00u1"
			tc.want["iat"], tc.want["exp"] = float64(start.Unix()), float64(start.Add(5*time.Minute).Unix())
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSettingsThatMakeNoSense(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"no audience":  func(c *Config) { c.Audience = "" },
		"no issuer":    func(c *Config) { c.Issuer = "" },
		"short":        func(c *Config) { c.TTL = time.Second },
		"long":         func(c *Config) { c.TTL = 2 * time.Hour },
		"forged iss":   func(c *Config) { c.Claims = []string{"iss"} },
		"forged exp":   func(c *Config) { c.Claims = []string{"email", "exp"} },
		"twice":        func(c *Config) { c.Claims = []string{"email", "email"} },
		"an empty one": func(c *Config) { c.Claims = []string{""} },
	} {
		c := Config{Issuer: "https://app.example.com", Audience: "orders", TTL: 5 * time.Minute}
		change(&c)
		if _, err := New(c); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestSameAssertionForHalfItsTime(t *testing.T) {
	f, s := newFixture(t), alice()
	first := f.Assert(t.Context(), s)
	f.now = start.Add(2*time.Minute + 29*time.Second)
	s.SeenAt = f.now // the cookie was sealed anew
	if f.Assert(t.Context(), s) != first {
		t.Error("signed again before half its time")
	}
	f.now = start.Add(2*time.Minute + 30*time.Second)
	second := f.Assert(t.Context(), s)
	if second == first {
		t.Error("used beyond half its time")
	}
	f.now = start // somebody set the clock back
	if f.Assert(t.Context(), s) == second {
		t.Error("used before its time")
	}
}

// A claim that was withdrawn at the provider must not live on in an assertion.
func TestStaleClaimsAfterRefresh(t *testing.T) {
	f := newFixture(t, func(c *Config) { c.Claims = append([]string{"department"}, standard...) })
	for name, change := range map[string]func(*session.Session){
		"groups":     func(s *session.Session) { s.Groups = "a" },
		"email":      func(s *session.Session) { s.Email = "mallory@example.com" },
		"verified":   func(s *session.Session) { s.EmailUnverified = true },
		"name":       func(s *session.Session) { s.Name = "" },
		"username":   func(s *session.Session) { s.Username = "al" },
		"amr":        func(s *session.Session) { s.AMR = "pwd" },
		"acr":        func(s *session.Session) { s.ACR = "" },
		"idp":        func(s *session.Session) { s.IDP = "" },
		"passkey":    func(s *session.Session) { s.Passkey = false },
		"auth_time":  func(s *session.Session) { s.AuthTime = start },
		"expiry":     func(s *session.Session) { s.ExpiresAt = start.Add(time.Minute) },
		"department": func(s *session.Session) { s.Claims = nil },
		"subject":    func(s *session.Session) { s.Subject = "00u2" },
		"session":    func(s *session.Session) { s.ID = "s2" },
	} {
		before := f.Assert(t.Context(), alice())
		s := alice()
		change(s)
		got, _ := f.read(t, f.Assert(t.Context(), s))
		want, _ := f.read(t, before)
		if cmp.Equal(want, got) {
			t.Errorf("%s: the old assertion was used", name)
		}
	}
}

func TestAssertionEndsWithTheSession(t *testing.T) {
	f, s := newFixture(t), alice()
	s.ExpiresAt = start.Add(40 * time.Second)
	claims, _ := f.read(t, f.Assert(t.Context(), s))
	if claims["exp"] != float64(s.ExpiresAt.Unix()) {
		t.Errorf("exp %v", claims["exp"])
	}
	s.ExpiresAt = start.Add(time.Millisecond)
	if claims, _ = f.read(t, f.Assert(t.Context(), s)); claims["exp"] != float64(start.Unix()+1) {
		t.Errorf("exp %v in the session's last second", claims["exp"])
	}
}

// Pomerium's users met it: two hundred groups made a header that no app took.
func TestHugeGroups(t *testing.T) {
	f, s := newFixture(t), alice()
	var groups []string
	for i := range 200 {
		groups = append(groups, fmt.Sprintf("finance-and-controlling-team-%03d", i))
	}
	s.Groups = session.JoinList(groups)
	token := f.Assert(t.Context(), s)
	claims, _ := f.read(t, token)
	if len(token) > mostBytes || claims["groups"] != nil || claims["groups_omitted"] != true || claims["email"] != "alice@example.com" {
		t.Errorf("%d bytes, claims %v", len(token), claims)
	}
	other := alice()
	other.ID, other.Groups = "s2", s.Groups
	f.Assert(t.Context(), other)
	if n := strings.Count(f.log.String(), "without groups"); n != 1 || strings.Contains(f.log.String(), token) {
		t.Errorf("%d warnings: %s", n, f.log.String())
	}
	s.Name = strings.Repeat("x", mostBytes)
	if token := f.Assert(t.Context(), s); token != "" {
		t.Errorf("%d bytes although nothing fits", len(token))
	}
}

func TestKeysChange(t *testing.T) {
	f := newFixture(t)
	old, next := newKey(t, "old"), newKey(t, "next")
	if err := f.Use([]Key{old, next}); err != nil {
		t.Fatal(err)
	}
	published := f.KeySet() // an app keeps it for KeySetAge
	if bytes.Contains(published, []byte(`"d":`)) {
		t.Fatalf("a private key is published: %s", published)
	}
	before := f.Assert(t.Context(), alice())
	if err := f.Use([]Key{next, old}); err != nil {
		t.Fatal(err)
	}
	after := f.Assert(t.Context(), alice())
	for token, kid := range map[string]string{before: "old", after: "next"} {
		for _, set := range [][]byte{published, f.KeySet()} {
			if _, header := readWith(t, set, token); header.KeyID != kid {
				t.Errorf("signed with %q, want %q", header.KeyID, kid)
			}
		}
	}
}

func TestKeysThatAreNone(t *testing.T) {
	f := newFixture(t)
	before := string(f.KeySet())
	for name, list := range map[string][]Key{
		"none":    nil,
		"garbage": {{ID: "x", Private: []byte("secret garbage")}},
		"second":  {newKey(t, "fine"), {ID: "x", Private: nil}},
	} {
		if err := f.Use(list); err == nil || strings.Contains(err.Error(), "garbage") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if string(f.KeySet()) != before || f.Assert(t.Context(), alice()) == "" {
		t.Error("bad keys replaced the good ones")
	}
}

func TestKeysInPEM(t *testing.T) {
	k := newKey(t, "")
	private, err := parse(k.Private)
	if err != nil {
		t.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for kind, der := range map[string][]byte{"PRIVATE KEY": k.Private, "EC PRIVATE KEY": sec1} {
		got, err := ParsePEM(string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})))
		if err != nil || got.ID == "" || !bytes.Equal(got.Private, k.Private) {
			t.Fatalf("%s: %v", kind, err)
		}
		ids = append(ids, got.ID)
	}
	if ids[0] != ids[1] {
		t.Errorf("one key has two names: %q", ids)
	}
	f := newFixture(t)
	if err := f.Use([]Key{{ID: ids[0], Private: k.Private}}); err != nil {
		t.Fatal(err)
	}
	f.read(t, f.Assert(t.Context(), alice()))
	other, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := x509.MarshalPKCS8PrivateKey(other)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"garbage":        "secret garbage",
		"another block":  string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("secret garbage")})),
		"SEC 1":          string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: []byte("secret garbage")})),
		"another curve":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: p384})),
		"a mere comment": "-----BEGIN PRIVATE KEY-----",
	} {
		if _, err := ParsePEM(text); err == nil || strings.Contains(err.Error(), "garbage") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBeforeTheFirstKey(t *testing.T) {
	s, err := New(Config{Issuer: "https://app.example.com", Audience: "orders", TTL: 5 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if token := s.Assert(t.Context(), alice()); token != "" || string(s.KeySet()) != `{"keys":[]}` {
		t.Errorf("%q %s", token, s.KeySet())
	}
}

func TestManySessionsAtOnce(t *testing.T) {
	f := newFixture(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			s := alice()
			for j := range 50 {
				s.ID = fmt.Sprintf("s%d", (i+j)%5)
				token := f.Assert(t.Context(), s)
				var claims struct{ SID string }
				parsed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
				if err != nil {
					t.Error(err)
					return
				}
				if err := json.Unmarshal(parsed.UnsafePayloadWithoutVerification(), &claims); err != nil || claims.SID != s.ID {
					t.Errorf("session %s got the assertion of %s: %v", s.ID, claims.SID, err)
				}
			}
		})
	}
	all.Wait()
}

// BenchmarkAssert is the cost of a remembered assertion, which is that of most
// requests, and of a signature.
func BenchmarkAssert(b *testing.B) {
	f, s := newFixture(b), alice()
	b.Run("remembered", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f.Assert(b.Context(), s)
		}
	})
	b.Run("signed", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f.now = f.now.Add(time.Hour / 4)
			s.ExpiresAt = f.now.Add(time.Hour)
			f.Assert(b.Context(), s)
		}
	})
}
