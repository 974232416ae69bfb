package provider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
)

// oldestToken is the most that an ID token's age may be when we receive it. Okta
// makes it for the token request.
const oldestToken = time.Hour

var (
	// ErrNoIDToken means that there is no ID token to verify.
	ErrNoIDToken = errors.New("the token answer holds no id_token")
	// ErrClock is wrapped by refusals that a wrong clock explains.
	ErrClock = errors.New("clocks differ")
)

// IDToken is a verified ID token.
type IDToken struct {
	Subject string
	Claims  claims.Set
}

// Expected is what an ID token is checked against.
type Expected struct {
	// ClientID is the application that the token must have been issued to.
	ClientID string
	// AccessToken is the one that came with the ID token.
	AccessToken string
}

// VerifyIDToken checks an ID token as OpenID Connect Core 1.0 section 3.1.3.7 asks,
// but for the nonce, which a refreshed one need not hold. go-oidc checks signature,
// iss, aud, exp and nbf and leaves the rest to us. An error that IsUnverifiable is
// true for says nothing about the token.
func (p *Provider) VerifyIDToken(ctx context.Context, raw string, want Expected) (*IDToken, error) {
	if raw == "" {
		return nil, ErrNoIDToken
	}
	md, err := p.metadata(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeysUnavailable, err)
	}
	now := p.now()
	keys := &keyError{KeySet: md.keys}
	verifier := oidc.NewVerifier(p.issuer, keys, &oidc.Config{
		ClientID:             want.ClientID,
		SupportedSigningAlgs: signingAlgorithmNames,
		Now:                  func() time.Time { return now.Add(-Skew) },
	})
	token, err := verifier.Verify(ctx, raw)
	if expired, ok := errors.AsType[*oidc.TokenExpiredError](err); ok {
		return nil, fmt.Errorf("%w: the ID token expired %s ago", ErrClock, age(now, expired.Expiry))
	}
	switch {
	case keys.err != nil:
		return nil, fmt.Errorf("verify signature: %w", keys.err)
	case err != nil:
		return nil, err
	}
	if token.AccessTokenHash != "" {
		if err := token.VerifyAccessToken(want.AccessToken); err != nil {
			return nil, fmt.Errorf("at_hash: %w", err)
		}
	}
	verified := &IDToken{Subject: token.Subject}
	if err := token.Claims(&verified.Claims); err != nil {
		return nil, fmt.Errorf("read claims: %w", err)
	}
	if err := checkParty(token, verified.Claims, want.ClientID); err != nil {
		return nil, err
	}
	if err := checkTimes(token, verified.Claims, now); err != nil {
		return nil, err
	}
	return verified, claims.CheckSubject(token.Subject)
}

// IsUnverifiable reports whether an error of VerifyIDToken means that the token
// could not be judged now, rather than that it lies.
func IsUnverifiable(err error) bool {
	return errors.Is(err, ErrKeysUnavailable) || errors.Is(err, errUnknownKey) || errors.Is(err, ErrClock) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// checkParty checks that the token was issued to us, not only for us too.
func checkParty(token *oidc.IDToken, said claims.Set, clientID string) error {
	if !said.Says("azp") {
		if len(token.Audience) > 1 {
			return errors.New("the ID token has several audiences and no azp")
		}
		return nil
	}
	if azp, err := said.Text("azp", len(clientID)); err != nil || azp != clientID {
		return errors.New("the ID token's azp is another client")
	}
	return nil
}

func checkTimes(token *oidc.IDToken, said claims.Set, now time.Time) error {
	latest := now.Add(Skew)
	switch {
	case token.IssuedAt.IsZero():
		return errors.New("the ID token has no iat")
	case token.IssuedAt.After(latest):
		return fmt.Errorf("%w: the ID token was issued %s in the future", ErrClock, age(token.IssuedAt, now))
	case token.IssuedAt.Before(now.Add(-oldestToken - Skew)):
		return fmt.Errorf("%w: the ID token was issued %s ago", ErrClock, age(now, token.IssuedAt))
	}
	at, err := said.AuthTime()
	switch {
	case err != nil:
		return err
	case at.After(latest):
		return fmt.Errorf("%w: auth_time is %s in the future", ErrClock, age(at, now))
	}
	return nil
}

// age is the time since t for a log line, in whole seconds.
func age(now, t time.Time) string { return now.Sub(t).Round(time.Second).String() }

// keyError remembers why the keys could not be used. go-oidc passes that on as text
// only.
type keyError struct {
	oidc.KeySet
	err error
}

// VerifySignature implements oidc.KeySet.
func (k *keyError) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := k.KeySet.VerifySignature(ctx, jwt)
	if errors.Is(err, ErrKeysUnavailable) || errors.Is(err, errUnknownKey) || ctx.Err() != nil {
		k.err = err
	}
	return payload, err
}
