// Package bearer says who sends a request with a bearer token: a JWT access token of
// one issuer (RFC 9068, and as Okta and Auth0 write it), for one of our audiences. It
// is for programs; browsers have a session.
//
// What can be refused without a key is refused first: size, form, type, algorithm,
// issuer, audience, times. Only then is the signature checked, for which the issuer's
// keys may have to be read. The token comes from the Authorization field and nowhere
// else: no query, no form, no other header.
package bearer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
	"github.com/passkey-sidecar/passkey-sidecar/internal/quietlog"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// Config of a Verifier.
type Config struct {
	// Issuer exactly as the tokens name it.
	Issuer string
	// Audiences are the names of this site's API; a token must be for one.
	Audiences []string
	// ClientID of the sign-in here. It is the audience of ID tokens, so it must not
	// be one of ours.
	ClientID string
	// Revoked reports whether a user's tokens issued until a time have been
	// revoked; the session's StartedAt is when the token was issued. May be nil.
	Revoked func(*session.Session) bool
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Keys verifies signatures by the issuer's keys; *provider.Provider is one.
type Keys interface {
	VerifySignature(ctx context.Context, jwt string) ([]byte, error)
}

// Identities makes an identity of claims; *claims.Reader is one.
type Identities interface {
	Describe(ctx context.Context, issuer, subject string, said claims.Set) (*session.Session, error)
}

// Verifier verifies bearer tokens. It is safe for concurrent use.
type Verifier struct {
	config     Config
	keys       Keys
	identities Identities
	log        *slog.Logger
	quiet      *quietlog.Log
	verified   *memory
}

// New checks the configuration and makes a Verifier. It makes no request.
func New(c Config, keys Keys, identities Identities, log *slog.Logger) (*Verifier, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	switch {
	case c.Issuer == "":
		return nil, errors.New("bearer has no issuer")
	case len(c.Audiences) == 0:
		return nil, errors.New("bearer needs audience, the name of this site's API in its tokens, like api://orders")
	case slices.Contains(c.Audiences, ""):
		return nil, errors.New("bearer audience is empty; write the name of this site's API in its tokens, like api://orders")
	case c.ClientID != "" && slices.Contains(c.Audiences, c.ClientID):
		return nil, fmt.Errorf("bearer audience %q is the client ID, which ID tokens are for; write the API's audience "+
			"(at Okta: Security > API > Authorization Servers)", c.ClientID)
	}
	return &Verifier{config: c, keys: keys, identities: identities, log: log, quiet: quietlog.New(log, c.Now), verified: newMemory(c.Issuer, c.Audiences)}, nil
}

// Identify returns who sends the request. What it returns is no session of a
// browser: it has no ID, gets no cookie and ends with the token.
//
// Its problems: invalid_token, identity_provider_unavailable.
func (v *Verifier) Identify(r *http.Request) (*session.Session, error) {
	ctx := r.Context()
	raw, err := tokenOf(r.Header)
	if err != nil {
		return nil, v.refused(ctx, err)
	}
	key := v.verified.key(raw)
	s, known := v.verified.get(key, v.config.Now())
	if !known {
		var client string
		if s, client, err = v.verify(ctx, raw); err != nil {
			return nil, v.refused(ctx, err)
		}
		v.verified.put(key, s)
		v.log.InfoContext(ctx, "bearer token accepted", slog.String("sub", s.Subject), slog.String("client", client))
	}
	if v.config.Revoked != nil && v.config.Revoked(s) {
		return nil, v.refused(ctx, errRevoked)
	}
	return s, nil
}

// verify returns the identity of a token and the client that it was issued to.
func (v *Verifier) verify(ctx context.Context, raw string) (*session.Session, string, error) {
	t, err := parse(raw)
	if err != nil {
		return nil, "", err
	}
	if err := v.check(t); err != nil {
		return nil, "", err
	}
	payload, err := v.keys.VerifySignature(ctx, raw)
	switch {
	case errors.Is(err, provider.ErrKeysUnavailable):
		return nil, "", err
	case err != nil:
		return nil, "", fmt.Errorf("%w: %w", errSignature, err)
	}
	// Checked again, on the bytes that were signed: those that were read before may
	// have been others.
	if t.claims, err = claims.Parse(payload); err != nil {
		return nil, "", errForm
	}
	if err := v.check(t); err != nil {
		return nil, "", err
	}
	subject := t.subject()
	if name := t.claims["sub"]; subject != text(t.claims, "sub") && !t.claims.Has("preferred_username") {
		t.claims["preferred_username"] = name // as Okta's ID tokens have it
	}
	s, err := v.identities.Describe(ctx, v.config.Issuer, subject, t.claims)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", errSubject, err)
	}
	s.StartedAt, _ = t.claims.Time("iat") // check has read both
	s.ExpiresAt, _ = t.claims.Time("exp")
	if s.AuthTime.After(v.config.Now().Add(provider.Skew)) {
		return nil, "", errNotYet
	}
	return s, t.client(), nil
}

// refused is the answer to a token that is not valid. It names the failed check, and
// nothing of the token. Logging is left to the caller, who knows whether the token
// mattered.
func (v *Verifier) refused(ctx context.Context, err error) error {
	if errors.Is(err, provider.ErrKeysUnavailable) {
		v.quiet.LogAttrs(ctx, slog.LevelWarn, "bearer token could not be verified", "", slog.String("error", err.Error()))
		return &problem.Problem{
			Status: http.StatusServiceUnavailable, Code: "identity_provider_unavailable", Title: "The token cannot be verified right now",
			Detail: "The issuer's keys cannot be read. Try again in a moment.", RetryAfter: retryAfter, Err: err,
		}
	}
	p := &problem.Problem{Status: http.StatusUnauthorized, Code: CodeInvalid, Title: "The bearer token is not valid here", Err: err}
	if reason, ok := errors.AsType[refusal](err); ok {
		p.Detail = string(reason)
	}
	return p
}

// retryAfter is how long the caller should leave a provider alone that is down.
const retryAfter = 5 * time.Second

// CodeInvalid is the code of the problem of a token that is not valid (RFC 6750
// section 3.1).
const CodeInvalid = "invalid_token"

// Challenge is the WWW-Authenticate value that goes with CodeInvalid (RFC 6750 section
// 3). Wanted is the one for a request without any token.
const (
	Challenge = `Bearer error="` + CodeInvalid + `"`
	Wanted    = "Bearer"
)
