package login

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
)

// signingAlgorithms are pinned: what the metadata lists is not asked, so that
// nobody who can change it adds "none" or an HMAC keyed with the client secret.
var signingAlgorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.ES256, oidc.ES384}

// oldestToken is the most that an ID token's age may be when we receive it.
// Okta makes it for the token request.
const oldestToken = time.Hour

var (
	errNoIDToken = errors.New("the token answer holds no id_token")
	// errClock is wrapped by refusals that a wrong clock explains.
	errClock = errors.New("clocks differ")
)

// idToken is a verified ID token.
type idToken struct {
	subject  string
	authTime time.Time
	claims   claimSet
}

// verify checks the ID token of a sign-in.
func (rp *RelyingParty) verify(ctx context.Context, md *metadata, t *tokens, a *attempt) (*idToken, error) {
	verified, err := rp.verifyToken(ctx, md, t)
	if err != nil {
		return nil, err
	}
	if nonce, _ := verified.claims.text("nonce"); subtle.ConstantTimeCompare([]byte(nonce), []byte(a.nonce)) != 1 {
		return nil, errors.New("the ID token's nonce is not that of this attempt")
	}
	return verified, nil
}

// verifyToken checks an ID token as OpenID Connect Core 1.0 section 3.1.3.7
// asks, but for the nonce, which a refreshed one need not hold. go-oidc checks
// signature, iss, aud, exp and nbf and leaves the rest to us.
func (rp *RelyingParty) verifyToken(ctx context.Context, md *metadata, t *tokens) (*idToken, error) {
	if t.id == "" {
		return nil, errNoIDToken
	}
	now := rp.config.Now()
	keys := &keyError{KeySet: md.keys}
	verifier := oidc.NewVerifier(rp.provider.issuer, keys, &oidc.Config{
		ClientID:             rp.config.ClientID,
		SupportedSigningAlgs: signingAlgorithms,
		Now:                  func() time.Time { return now.Add(-rp.config.Skew) },
	})
	token, err := verifier.Verify(ctx, t.id)
	if expired, ok := errors.AsType[*oidc.TokenExpiredError](err); ok {
		return nil, fmt.Errorf("%w: the ID token expired %s ago", errClock, age(now, expired.Expiry))
	}
	switch {
	case keys.err != nil:
		return nil, fmt.Errorf("verify signature: %w", keys.err)
	case err != nil:
		return nil, err
	}
	if token.AccessTokenHash != "" {
		if err := token.VerifyAccessToken(t.access); err != nil {
			return nil, fmt.Errorf("at_hash: %w", err)
		}
	}
	verified := &idToken{subject: token.Subject}
	if err := token.Claims(&verified.claims); err != nil {
		return nil, fmt.Errorf("read claims: %w", err)
	}
	if err := rp.checkParty(token, verified.claims); err != nil {
		return nil, err
	}
	if err := rp.checkTimes(token, verified, now); err != nil {
		return nil, err
	}
	return verified, checkSubject(token.Subject)
}

// checkParty checks that the token was issued to us, not only for us too.
func (rp *RelyingParty) checkParty(token *oidc.IDToken, claims claimSet) error {
	azp, present := claims.text("azp")
	switch {
	case present && azp != rp.config.ClientID:
		return errors.New("the ID token's azp is another client")
	case !present && len(token.Audience) > 1:
		return errors.New("the ID token has several audiences and no azp")
	}
	return nil
}

func (rp *RelyingParty) checkTimes(token *oidc.IDToken, verified *idToken, now time.Time) error {
	latest := now.Add(rp.config.Skew)
	switch {
	case token.IssuedAt.IsZero():
		return errors.New("the ID token has no iat")
	case token.IssuedAt.After(latest):
		return fmt.Errorf("%w: the ID token was issued %s in the future", errClock, age(token.IssuedAt, now))
	case token.IssuedAt.Before(now.Add(-oldestToken - rp.config.Skew)):
		return fmt.Errorf("%w: the ID token was issued %s ago", errClock, age(now, token.IssuedAt))
	}
	at, present, err := verified.claims.time("auth_time")
	switch {
	case err != nil:
		return err
	case present && at.After(latest):
		return fmt.Errorf("%w: auth_time is %s in the future", errClock, age(at, now))
	}
	verified.authTime = at
	return nil
}

// checkSubject refuses a sub that cannot be a key: OpenID Connect Core 1.0
// section 2 allows at most 255 ASCII characters.
func checkSubject(sub string) error {
	if sub == "" || len(sub) > 255 {
		return fmt.Errorf("the ID token's sub has %d characters", len(sub))
	}
	for i := range len(sub) {
		if sub[i] < ' ' || sub[i] > '~' {
			return errors.New("the ID token's sub is not printable ASCII")
		}
	}
	return nil
}

// keyError remembers why the keys could not tell: go-oidc passes that on as text
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

// idTokenProblem turns an error of verify into what the person sees.
func (rp *RelyingParty) idTokenProblem(err error, a *attempt) *problem.Problem {
	if errors.Is(err, ErrKeysUnavailable) || errors.Is(err, context.DeadlineExceeded) {
		return rp.unavailable(shortWait, err, a)
	}
	p := &problem.Problem{
		Status:   http.StatusBadGateway,
		Code:     "id_token_invalid",
		Title:    "Sign-in could not be completed",
		Detail:   "What the identity provider says about you cannot be trusted, so you were not signed in.",
		Operator: "The log says which check failed.",
		Ways:     []problem.Way{rp.wayAgain(a.returnPath)},
		Err:      err,
	}
	switch {
	case errors.Is(err, errNoIDToken):
		p.Code = "id_token_missing"
		p.Detail = "The identity provider did not say who you are."
		p.Operator = "The scopes must hold openid, and the issuer must be an OpenID Connect one."
	case errors.Is(err, errClock):
		p.Code = "clock_skew"
		p.Detail = "The clock of this site and that of the identity provider differ too much."
		p.Operator = "Set the server's clock; the log says by how much it is off."
	}
	return p
}
