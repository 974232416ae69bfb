package bearer

import (
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/jwt"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/keys"
)

const (
	testIssuer   = "https://login.example.com/oauth2/default"
	testAudience = "api://orders"
	testClient   = "0oaclient00000000001"
)

func rsaKey() *rsa.PrivateKey { return keys.RSA("k1") }

// service is a verifier with keys and a log that tests look into.
type service struct {
	*Verifier
	tb    testing.TB
	now   time.Time
	asked int   // how often a signature was checked
	down  error // what the keys answer instead
	log   bytes.Buffer
}

func newService(tb testing.TB, change ...func(*Config)) *service {
	tb.Helper()
	s := &service{tb: tb, now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	c := Config{Issuer: testIssuer, Audiences: []string{testAudience, "api://billing"}, ClientID: testClient, Now: func() time.Time { return s.now }}
	for _, f := range change {
		f(&c)
	}
	v, err := New(c, s, s, slog.New(slog.NewJSONHandler(&s.log, nil)))
	if err != nil {
		tb.Fatal(err)
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
func (s *service) Describe(_ context.Context, issuer, subject string, said claims.Set) (*session.Session, error) {
	var name string
	_ = json.Unmarshal(said["preferred_username"], &name)
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
	s.tb.Helper()
	all := map[string]any{"kid": "k1"}
	maps.Copy(all, header)
	return jwt.Sign(s.tb, jose.SigningKey{Algorithm: jose.RS256, Key: rsaKey()}, all, claims)
}

func (s *service) ask(authorization ...string) (*session.Session, error) {
	s.tb.Helper()
	r, err := http.NewRequestWithContext(s.tb.Context(), http.MethodGet, "https://app.example.com/orders", nil)
	if err != nil {
		s.tb.Fatal(err)
	}
	r.Header["Authorization"] = authorization
	return s.Identify(r)
}

// wantRefused expects the answer invalid_token for a reason.
func (s *service) wantRefused(name string, want error, authorization ...string) {
	s.tb.Helper()
	got, err := s.ask(authorization...)
	pr, ok := errors.AsType[*problem.Problem](err)
	if got != nil || !ok || pr.Status != http.StatusUnauthorized || pr.Code != CodeInvalid {
		s.tb.Errorf("%s: %+v %v", name, got, err)
		return
	}
	if !errors.Is(err, want) || pr.Detail != want.Error() {
		s.tb.Errorf("%s: %v, want %v", name, err, want)
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

func TestKeysAreDown(t *testing.T) {
	s := newService(t)
	s.down = provider.ErrKeysUnavailable
	got, err := s.ask("Bearer " + s.sign(s.claims(nil), nil))
	pr, ok := errors.AsType[*problem.Problem](err)
	if got != nil || !ok || pr.Status != http.StatusServiceUnavailable || pr.RetryAfter <= 0 {
		t.Errorf("%+v %v", got, err)
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
