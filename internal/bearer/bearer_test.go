package bearer

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/passkey-sidecar/passkey-sidecar/internal/login"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

const (
	testIssuer   = "https://login.example.com/oauth2/default"
	testAudience = "api://orders"
	testClient   = "0oaclient00000000001"
)

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// service is a verifier with keys and a log that tests look into.
type service struct {
	*Verifier
	t     testing.TB
	now   time.Time
	asked int   // how often a signature was checked
	down  error // what the keys answer instead
	log   bytes.Buffer
}

func newService(t testing.TB, change ...func(*Config)) *service {
	t.Helper()
	s := &service{t: t, now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	c := Config{Issuer: testIssuer, Audiences: []string{testAudience, "api://billing"}, ClientID: testClient, Now: func() time.Time { return s.now }}
	for _, f := range change {
		f(&c)
	}
	v, err := New(c, s, s, slog.New(slog.NewJSONHandler(&s.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	s.Verifier = v
	return s
}

// VerifySignature is the provider's part.
func (s *service) VerifySignature(_ context.Context, raw string) ([]byte, error) {
	s.asked++
	if s.down != nil {
		return nil, s.down
	}
	jws, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.RS256, jose.HS256})
	if err != nil {
		return nil, err
	}
	return jws.Verify(rsaKey().Public())
}

// Describe is the relying party's part.
func (s *service) Describe(_ context.Context, issuer, subject string, claims map[string]json.RawMessage) (*session.Session, error) {
	var name string
	_ = json.Unmarshal(claims["preferred_username"], &name)
	return &session.Session{Issuer: issuer, Subject: subject, Username: name}, nil
}

// claims are those of an Okta access token of a user; a nil value takes one out.
func (s *service) claims(change map[string]any) map[string]any {
	c := map[string]any{
		"ver": 1, "jti": "AT.1", "iss": testIssuer, "aud": testAudience, "iat": s.now.Unix(), "exp": s.now.Add(time.Hour).Unix(),
		"cid": testClient, "uid": "00u1", "scp": []string{"orders.read"}, "sub": "alice@acme.test", "auth_time": s.now.Unix(),
	}
	maps.Copy(c, change)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

// sign makes a token; header members of value nil are left out.
func (s *service) sign(claims, header map[string]any) string {
	s.t.Helper()
	options := new(jose.SignerOptions).WithHeader("kid", "k1")
	for name, value := range header {
		options.WithHeader(jose.HeaderKey(name), value)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: rsaKey()}, options)
	if err != nil {
		s.t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		s.t.Fatal(err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		s.t.Fatal(err)
	}
	compact, err := jws.CompactSerialize()
	if err != nil {
		s.t.Fatal(err)
	}
	return compact
}

func (s *service) ask(authorization ...string) (*session.Session, error) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "https://app.example.com/orders", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header["Authorization"] = authorization
	return s.Identify(r)
}

// wantRefused expects the answer invalid_token for a reason.
func (s *service) wantRefused(name string, want error, authorization ...string) {
	s.t.Helper()
	got, err := s.ask(authorization...)
	pr, ok := errors.AsType[*problem.Problem](err)
	if got != nil || !ok || pr.Status != http.StatusUnauthorized || pr.Code != CodeInvalid {
		s.t.Errorf("%s: %+v %v", name, got, err)
		return
	}
	if !errors.Is(err, want) || pr.Detail != want.Error() {
		s.t.Errorf("%s: %v, want %v", name, err, want)
	}
}

func TestAccessTokens(t *testing.T) {
	for name, tc := range map[string]struct {
		claims, header map[string]any
		subject        string
	}{
		"Okta's, of a user":           {nil, nil, "00u1"},
		"Okta's, of a client":         {map[string]any{"sub": testClient, "uid": nil}, nil, testClient},
		"RFC 9068":                    {map[string]any{"cid": nil, "uid": nil, "scp": nil, "client_id": "c", "sub": "u1"}, map[string]any{"typ": "at+jwt"}, "u1"},
		"RFC 9068, long form":         {nil, map[string]any{"typ": "Application/AT+JWT"}, "00u1"},
		"Auth0's":                     {map[string]any{"cid": nil, "uid": nil, "scp": nil, "azp": "c", "scope": "openid", "sub": "auth0|1"}, map[string]any{"typ": "JWT"}, "auth0|1"},
		"uid of another provider":     {map[string]any{"cid": nil, "uid": "ldap-name"}, nil, "alice@acme.test"},
		"several audiences":           {map[string]any{"aud": []string{"https://elsewhere", testAudience}}, nil, "00u1"},
		"second audience":             {map[string]any{"aud": "api://billing"}, nil, "00u1"},
		"issued just ahead of us":     {map[string]any{"iat": time.Date(2026, 5, 1, 12, 0, 59, 0, time.UTC).Unix()}, nil, "00u1"},
		"not before just ahead of us": {map[string]any{"nbf": time.Date(2026, 5, 1, 12, 0, 59, 0, time.UTC).Unix()}, nil, "00u1"},
	} {
		s := newService(t)
		got, err := s.ask("Bearer " + s.sign(s.claims(tc.claims), tc.header))
		if err != nil || got.Subject != tc.subject || got.Issuer != testIssuer || got.ID != "" {
			t.Errorf("%s: %+v %v", name, got, err)
			continue
		}
		if !got.ExpiresAt.Equal(s.now.Add(time.Hour)) || got.StartedAt.IsZero() {
			t.Errorf("%s: times %+v", name, got)
		}
		if strings.Contains(s.log.String(), "eyJ") {
			t.Errorf("%s: the log holds the token: %s", name, s.log.String())
		}
	}
}

func TestOktaUserIsNamedAsInIDTokens(t *testing.T) {
	s := newService(t)
	got, err := s.ask("bearer  " + s.sign(s.claims(nil), nil))
	if err != nil || got.Subject != "00u1" || got.Username != "alice@acme.test" {
		t.Errorf("%+v %v", got, err)
	}
	got, err = s.ask("Bearer " + s.sign(s.claims(map[string]any{"preferred_username": "al"}), nil))
	if err != nil || got.Username != "al" {
		t.Errorf("%+v %v", got, err)
	}
}

// GHSA-wcvh-g65p-v576 (mod_auth_openidc): bearer tokens without aud were taken,
// and exp was optional. None of these costs a look at the keys.
func TestTokenOfOthersOrWithoutEnd(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC).Unix()
	for name, tc := range map[string]struct {
		claims map[string]any
		want   error
	}{
		"no aud":                 {map[string]any{"aud": nil}, errAudience},
		"empty aud":              {map[string]any{"aud": ""}, errAudience},
		"empty list":             {map[string]any{"aud": []string{}}, errAudience},
		"list of the empty":      {map[string]any{"aud": []string{""}}, errAudience},
		"foreign aud":            {map[string]any{"aud": "api://other"}, errAudience},
		"aud in capital letters": {map[string]any{"aud": "API://Orders"}, errAudience},
		"aud with a slash more":  {map[string]any{"aud": testAudience + "/"}, errAudience},
		"aud as a prefix":        {map[string]any{"aud": "api://order"}, errAudience},
		"aud in one string":      {map[string]any{"aud": "x " + testAudience}, errAudience},
		"aud an object":          {map[string]any{"aud": map[string]any{testAudience: 1}}, errAudience},
		"aud a mixed list":       {map[string]any{"aud": []any{1, testAudience}}, errAudience},
		"AUD":                    {map[string]any{"aud": nil, "AUD": testAudience}, errAudience},
		"the client ID":          {map[string]any{"aud": testClient}, errAudience},
		"no exp":                 {map[string]any{"exp": nil}, errExpired},
		"EXP":                    {map[string]any{"exp": nil, "EXP": now + 60}, errExpired},
		"exp as text":            {map[string]any{"exp": "9999999999"}, errExpired},
		"exp 1e300":              {map[string]any{"exp": 1e300}, errExpired},
		"exp negative":           {map[string]any{"exp": -1}, errExpired},
		"expired":                {map[string]any{"exp": now - 1}, errExpired},
		"expires now":            {map[string]any{"exp": now}, errExpired},
		"no iat":                 {map[string]any{"iat": nil}, errNotYet},
		"iat in the future":      {map[string]any{"iat": now + 61}, errNotYet},
		"nbf in the future":      {map[string]any{"nbf": now + 61}, errNotYet},
		"nbf as text":            {map[string]any{"nbf": "x"}, errNotYet},
		"no iss":                 {map[string]any{"iss": nil}, errIssuer},
		"foreign issuer":         {map[string]any{"iss": "https://evil.example"}, errIssuer},
		"issuer and a slash":     {map[string]any{"iss": testIssuer + "/"}, errIssuer},
		"issuer in capitals":     {map[string]any{"iss": strings.ToUpper(testIssuer)}, errIssuer},
		"the org issuer":         {map[string]any{"iss": "https://login.example.com"}, errIssuer},
		"no sub":                 {map[string]any{"sub": nil, "uid": nil}, errSubject},
	} {
		s := newService(t)
		s.wantRefused(name, tc.want, "Bearer "+s.sign(s.claims(tc.claims), nil))
		if s.asked != 0 {
			t.Errorf("%s: the keys were asked", name)
		}
	}
}

// One key signs all of an issuer's tokens; only access tokens open the app.
func TestOtherKindsOfToken(t *testing.T) {
	idToken := map[string]any{"cid": nil, "uid": nil, "scp": nil, "sub": "00u1", "nonce": "n", "at_hash": "h"}
	for name, tc := range map[string]struct {
		claims, header map[string]any
		want           error
	}{
		"ID token":                        {idToken, nil, errType},
		"ID token of type JWT":            {idToken, map[string]any{"typ": "JWT"}, errType},
		"ID token with scp":               {map[string]any{"nonce": "n"}, nil, errType},
		"ID token from a refresh":         {map[string]any{"at_hash": "h"}, nil, errType},
		"nothing of an access token":      {map[string]any{"cid": nil, "uid": nil, "scp": nil}, nil, errType},
		"logout token":                    {nil, map[string]any{"typ": "logout+jwt"}, errType},
		"logout token by its claim":       {map[string]any{"events": map[string]any{}}, map[string]any{"typ": "at+jwt"}, errType},
		"Universal Logout":                {nil, map[string]any{"typ": "global-token-revocation+jwt"}, errType},
		"DPoP proof":                      {nil, map[string]any{"typ": "dpop+jwt"}, errType},
		"introspection answer":            {nil, map[string]any{"typ": "token-introspection+jwt"}, errType},
		"a type that is no text":          {nil, map[string]any{"typ": 1}, errType},
		"an empty type":                   {nil, map[string]any{"typ": ""}, errType},
		"bound to a key":                  {map[string]any{"cnf": map[string]any{"jkt": "x"}}, nil, errBound},
		"an extension that must be known": {nil, map[string]any{"crit": []string{"exp"}}, errForm},
	} {
		s := newService(t)
		s.wantRefused(name, tc.want, "Bearer "+s.sign(s.claims(tc.claims), tc.header))
		if s.asked != 0 {
			t.Errorf("%s: the keys were asked", name)
		}
	}
}

func part(v any) string {
	raw, _ := json.Marshal(v)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// alg none, and HS256 with the bytes of the public key as the secret.
func TestAlgorithmConfusion(t *testing.T) {
	s := newService(t)
	body := part(s.claims(nil))
	hmac, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: rsaKey().N.Bytes()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	payload, _ := json.Marshal(s.claims(nil)) //nolint:errchkjson // a map of a test
	jws, err := hmac.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	hs256, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	signature := strings.Split(s.sign(s.claims(nil), nil), ".")[2]
	for name, tc := range map[string]struct {
		token string
		want  error
	}{
		"alg none":                  {part(map[string]any{"alg": "none"}) + "." + body + ".", errForm},
		"alg none, and a signature": {part(map[string]any{"alg": "none"}) + "." + body + "." + signature, errAlgorithm},
		"alg None":                  {part(map[string]any{"alg": "None"}) + "." + body + "." + signature, errAlgorithm},
		"no alg":                    {part(map[string]any{}) + "." + body + "." + signature, errAlgorithm},
		"ALG":                       {part(map[string]any{"ALG": "RS256"}) + "." + body + "." + signature, errAlgorithm},
		"rs256":                     {part(map[string]any{"alg": "rs256"}) + "." + body + "." + signature, errAlgorithm},
		"HS256 with the public key": {hs256, errAlgorithm},
	} {
		s.wantRefused(name, tc.want, "Bearer "+tc.token)
	}
	if s.asked != 0 {
		t.Error("the keys were asked")
	}
	s.wantRefused("another's signature", errSignature, "Bearer "+part(map[string]any{"alg": "RS256"})+"."+body+"."+signature)
	changed := strings.Split(s.sign(s.claims(nil), nil), ".")
	changed[1] = part(s.claims(map[string]any{"uid": "00uadmin"}))
	s.wantRefused("changed claims", errSignature, "Bearer "+strings.Join(changed, "."))
}

// CVE-2022-29226 (Envoy): any Authorization: Bearer counted as signed in.
func TestGarbageAuthorization(t *testing.T) {
	s := newService(t)
	good := s.sign(s.claims(nil), nil)
	for name, lines := range map[string][]string{
		"nothing":             {"Bearer"},
		"a space":             {"Bearer "},
		"a word":              {"Bearer x"},
		"dots":                {"Bearer .."},
		"two parts":           {"Bearer a.b"},
		"four parts":          {"Bearer a.b.c.d"},
		"no JSON":             {"Bearer a.b.c"},
		"null":                {"Bearer bnVsbA.bnVsbA.x"},
		"an array":            {"Bearer W10.W10.x"},
		"padding":             {"Bearer " + good + "="},
		"a second one":        {"Bearer " + good + ", Bearer " + good},
		"a space in it":       {"Bearer " + good + " x"},
		"another scheme":      {"Basic " + good},
		"a parameter":         {"Bearer token=" + good},
		"a tab":               {"Bearer\t" + good},
		"JSON serialization":  {`Bearer {"payload":"x"}`},
		"an encrypted token":  {"Bearer a.b.c.d.e"},
		"a control character": {"Bearer " + good + "\x00"},
	} {
		s.wantRefused(name, errForm, lines...)
	}
	s.wantRefused("two fields", errSeveral, "Bearer "+good, "Bearer "+good)
	s.wantRefused("two kinds", errSeveral, "Basic eDp5", "Bearer "+good)
	s.wantRefused("megabytes", errSize, "Bearer "+strings.Repeat("a", maxToken+1))
	if s.asked != 0 {
		t.Error("the keys were asked")
	}
	if got, err := s.ask("bEaReR " + good); err != nil || got.Subject != "00u1" {
		t.Errorf("capital letters: %v", err)
	}
}

func TestKeysAreDown(t *testing.T) {
	s := newService(t)
	s.down = login.ErrKeysUnavailable
	got, err := s.ask("Bearer " + s.sign(s.claims(nil), nil))
	pr, ok := errors.AsType[*problem.Problem](err)
	if got != nil || !ok || pr.Status != http.StatusServiceUnavailable || pr.RetryAfter <= 0 {
		t.Errorf("%+v %v", got, err)
	}
}

func TestVerifiedTokenIsRememberedUntilItExpires(t *testing.T) {
	s := newService(t)
	raw := "Bearer " + s.sign(s.claims(nil), nil)
	for range 5 {
		got, err := s.ask(raw)
		if err != nil {
			t.Fatal(err)
		}
		got.Subject = "changed by a caller"
	}
	if got, _ := s.ask(raw); s.asked != 1 || got.Subject != "00u1" {
		t.Errorf("checked %d times; %+v", s.asked, got)
	}
	for range 2 {
		s.wantRefused("another signature", errSignature, raw[:len(raw)-4]+"AAAA")
	}
	s.now = s.now.Add(time.Hour)
	s.wantRefused("expired", errExpired, raw)
}

// Oathkeeper's CVE-2026-33496: a cached answer counted for another audience.
func TestMemoryIsForOneIssuerAndAudience(t *testing.T) {
	seen := map[memoryKey]string{}
	for name, m := range map[string]*memory{
		"a":                newMemory("https://a", []string{"x"}),
		"other issuer":     newMemory("https://b", []string{"x"}),
		"other audience":   newMemory("https://a", []string{"y"}),
		"two audiences":    newMemory("https://a", []string{"x", "y"}),
		"the same, joined": newMemory("https://a", []string{"xy"}),
		"moved border":     newMemory("https://ax", []string{""}),
	} {
		k := m.key("token")
		if other, twice := seen[k]; twice {
			t.Errorf("%s and %s share entries", name, other)
		}
		seen[k] = name
	}
}

func TestMemoryIsBounded(t *testing.T) {
	m := newMemory("https://a", []string{"x"})
	now := time.Now()
	for range 5000 {
		m.put(m.key(rand.Text()), &session.Session{ExpiresAt: now.Add(time.Hour)})
	}
	if n := len(m.entries); n != memorySize {
		t.Errorf("%d entries", n)
	}
}

func TestRevokedTokens(t *testing.T) {
	var revoked bool
	s := newService(t, func(c *Config) {
		c.Revoked = func(s *session.Session) bool { return revoked && s.Subject == "00u1" && !s.StartedAt.IsZero() }
	})
	raw := "Bearer " + s.sign(s.claims(nil), nil)
	if _, err := s.ask(raw); err != nil {
		t.Fatal(err)
	}
	revoked = true
	s.wantRefused("revoked though remembered", errRevoked, raw)
}

func TestConfigMistakes(t *testing.T) {
	for want, c := range map[string]Config{
		"no issuer":      {Audiences: []string{"a"}},
		"needs audience": {Issuer: testIssuer},
		"is empty":       {Issuer: testIssuer, Audiences: []string{"a", ""}},
		"the client ID":  {Issuer: testIssuer, Audiences: []string{"a", testClient}, ClientID: testClient},
	} {
		if _, err := New(c, nil, nil, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func FuzzIdentify(f *testing.F) {
	f.Add("Bearer a.b.c")
	f.Add("Bearer eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.AAAA")
	f.Add("bearer " + part(map[string]any{"alg": "RS256", "typ": "at+jwt"}) + "." + part(map[string]any{"exp": 1e300, "aud": []any{1}}) + ".x")
	f.Fuzz(func(t *testing.T, authorization string) {
		s := newService(t)
		s.down = errors.New("no key")
		if got, err := s.ask(authorization); got != nil || err == nil {
			t.Errorf("%q taken", authorization)
		}
	})
}

func BenchmarkRememberedToken(b *testing.B) {
	s := newService(b)
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "https://app.example.com/orders", nil)
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.sign(s.claims(nil), nil))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Identify(r); err != nil {
			b.Fatal(err)
		}
	}
}
