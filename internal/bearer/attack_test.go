package bearer

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/jwt"
)

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
	hs256 := jwt.Sign(t, jose.SigningKey{Algorithm: jose.HS256, Key: rsaKey().N.Bytes()}, nil, s.claims(nil))
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
