package signout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
)

const (
	// maxToken bounds a token, in bytes; the providers' are about one thousand.
	maxToken = 8 << 10
	// maxName bounds a sid, sub, jti or kid, in bytes.
	maxName = claims.MaxText
	// longestLife is the most that lies between a token's iat and exp. Okta's
	// live for five minutes, logout tokens for two (Back-Channel Logout 1.0
	// section 4); a record against replay need not be kept for longer.
	longestLife = time.Hour
)

// rules are what a token of one kind must be like.
type rules struct {
	// types are the accepted values of the header typ, in lower case and without
	// "application/"; "" allows that there is none.
	types []string
	// audiences are the accepted values of aud.
	audiences []string
	// issuer finds an issuer by its name.
	issuer func(name string) (Issuer, bool)
	// check looks at the claims that only this kind has.
	check func(claims.Set) error
}

// token is one that has passed every check but those of its signature and of
// replay.
type token struct {
	raw     string
	payload []byte
	claims  claims.Set
	issuer  Issuer
	id      string
	expires time.Time
}

// read checks all that a token says of itself. Nothing is fetched for a token that
// does not name us everywhere it should. After the signature has been checked, the
// payload is compared with the one that was read here.
func (h *Handler) read(raw string, k rules) (*token, error) {
	if raw == "" || len(raw) > maxToken {
		return nil, invalid("the token has %d bytes", len(raw))
	}
	algorithms := provider.SigningAlgorithms()
	jws, err := jose.ParseSignedCompact(raw, algorithms)
	if err != nil {
		return nil, invalid("not a token signed with one of %v", algorithms)
	}
	header := jws.Signatures[0].Protected
	typ, _ := header.ExtraHeaders[jose.HeaderType].(string)
	if _, present := header.ExtraHeaders[jose.HeaderType]; present && typ == "" || !slices.Contains(k.types, shortType(typ)) {
		return nil, invalid("typ is %q", printable(typ))
	}
	if len(header.KeyID) > maxName {
		return nil, invalid("kid has %d bytes", len(header.KeyID))
	}
	t := &token{raw: raw, payload: jws.UnsafePayloadWithoutVerification()}
	if t.claims, err = claims.Parse(t.payload); err != nil {
		return nil, invalid("the token's payload is %w", err)
	}
	return t, h.readClaims(t, k)
}

// readClaims checks the claims that both kinds of token have.
func (h *Handler) readClaims(t *token, k rules) error {
	name, err := t.claims.Text("iss", maxName)
	if err != nil {
		return invalid("%w", err)
	}
	var known bool
	if t.issuer, known = k.issuer(name); !known {
		return invalid("iss is %q, which is none of ours", printable(name))
	}
	// A token that is for others too was given to others too.
	aud := t.claims.Audiences()
	if len(aud) != 1 {
		return invalid("aud is not one audience")
	}
	if !slices.Contains(k.audiences, aud[0]) {
		return invalid("aud is %q, want %q", printable(aud[0]), k.audiences)
	}
	if t.id, err = t.claims.Text("jti", maxName); err != nil || t.id == "" {
		return invalid("no jti, without which a replay cannot be told")
	}
	if err := h.readTimes(t); err != nil {
		return err
	}
	return k.check(t.claims)
}

func (h *Handler) readTimes(t *token) error {
	var at [3]time.Time
	for i, name := range []string{"exp", "iat", "nbf"} {
		var err error
		if at[i], err = t.claims.Time(name); err != nil {
			return invalid("%w", err)
		}
	}
	now := h.config.Now()
	expires, issued, notBefore := at[0], at[1], at[2]
	switch {
	case expires.IsZero() || issued.IsZero():
		return invalid("no exp or no iat")
	case !now.Before(expires.Add(provider.Skew)):
		return invalid("expired %s ago", now.Sub(expires).Round(time.Second))
	case issued.After(now.Add(provider.Skew)):
		return invalid("issued %s in the future", issued.Sub(now).Round(time.Second))
	case notBefore.After(now.Add(provider.Skew)):
		return invalid("not valid for another %s", notBefore.Sub(now).Round(time.Second))
	case expires.Sub(issued) > longestLife:
		return invalid("lives for %s", expires.Sub(issued))
	}
	t.expires = expires
	return nil
}

// prove checks the signature, and that the token was not used before.
func (h *Handler) prove(ctx context.Context, t *token) error {
	payload, err := t.issuer.Keys.VerifySignature(ctx, t.raw)
	switch {
	case errors.Is(err, provider.ErrKeysUnavailable):
		return &refusal{status: http.StatusServiceUnavailable, code: "keys_unavailable", reason: fmt.Errorf("keys of %s: %w", t.issuer.Name, err)}
	case err != nil:
		return invalid("signature: %w", err)
	case !bytes.Equal(payload, t.payload):
		return invalid("the signature is of another payload")
	}
	first, err := h.replays.Once(ctx, "signout "+t.issuer.Name+" "+t.id, t.expires.Add(provider.Skew).Sub(h.config.Now()))
	if err != nil {
		// A sign-out must not fail because nobody knows whether it is a replay: the
		// session that it ends may be in a thief's hands.
		h.log.ErrorContext(ctx, "a sign-out was not checked for replay", "error", printable(err.Error()))
		return nil
	}
	if !first {
		return invalid("replayed: this jti was seen before")
	}
	return nil
}

// shortType is a typ as RFC 7515 section 4.1.9 compares it.
func shortType(typ string) string {
	typ = strings.ToLower(typ)
	if short, ok := strings.CutPrefix(typ, "application/"); ok && !strings.Contains(short, "/") {
		return short
	}
	return typ
}
