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
)

const (
	// maxToken bounds a token, in bytes; the providers' are about one thousand.
	maxToken = 8 << 10
	// maxName bounds a sid, sub, jti or kid.
	maxName = 256
	// longestLife is the most that lies between a token's iat and exp. Okta's
	// live for five minutes, logout tokens for two (Back-Channel Logout 1.0
	// section 4); a record against replay need not be kept for longer.
	longestLife = time.Hour
)

// signingAlgorithms are pinned as those of ID tokens are: neither "none" nor an
// HMAC keyed with what is published.
var signingAlgorithms = []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.ES256, jose.ES384}

// rules is what tells one kind of token from another.
type rules struct {
	// types are the accepted values of the header typ, in lower case and without
	// "application/"; "" allows that there is none.
	types []string
	// audiences are the accepted values of aud.
	audiences []string
	// issuer finds an issuer by its name.
	issuer func(name string) (Issuer, bool)
	// check looks at the claims that only this kind has.
	check func(claimSet) error
}

// token is one that passed every check but those on its signature and replay.
type token struct {
	raw     string
	payload []byte
	claims  claimSet
	issuer  Issuer
	id      string
	expires time.Time
}

// read checks all that a token says of itself. Nothing is fetched for a token
// that does not name us in every place. The payload is compared again when the
// signature has been checked.
func (h *Handler) read(raw string, k rules) (*token, error) {
	if raw == "" || len(raw) > maxToken {
		return nil, invalid("the token has %d bytes", len(raw))
	}
	jws, err := jose.ParseSignedCompact(raw, signingAlgorithms)
	if err != nil {
		return nil, invalid("not a token signed with one of %v", signingAlgorithms)
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
	if t.claims, err = readClaims(t.payload); err != nil {
		return nil, invalid("%w", err)
	}
	return t, h.readClaims(t, k)
}

// readClaims checks the claims that both kinds of token have.
func (h *Handler) readClaims(t *token, k rules) error {
	name, err := t.claims.text("iss")
	if err != nil {
		return invalid("%w", err)
	}
	var known bool
	if t.issuer, known = k.issuer(name); !known {
		return invalid("iss is %q, which is none of ours", printable(name))
	}
	aud, err := t.claims.audience()
	if err != nil {
		return invalid("%w", err)
	}
	if !slices.Contains(k.audiences, aud) {
		return invalid("aud is %q, want %q", printable(aud), k.audiences)
	}
	if t.id, err = t.claims.text("jti"); err != nil || t.id == "" {
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
		if at[i], err = t.claims.time(name); err != nil {
			return invalid("%w", err)
		}
	}
	now, skew := h.config.Now(), h.config.Skew
	expires, issued, notBefore := at[0], at[1], at[2]
	switch {
	case expires.IsZero() || issued.IsZero():
		return invalid("no exp or no iat")
	case !now.Before(expires.Add(skew)):
		return invalid("expired %s ago", now.Sub(expires).Round(time.Second))
	case issued.After(now.Add(skew)):
		return invalid("issued %s in the future", issued.Sub(now).Round(time.Second))
	case notBefore.After(now.Add(skew)):
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
	case err != nil && h.config.Unavailable != nil && errors.Is(err, h.config.Unavailable):
		return &refusal{status: http.StatusServiceUnavailable, code: "keys_unavailable", reason: fmt.Errorf("keys of %s: %w", t.issuer.Name, err)}
	case err != nil:
		return invalid("signature: %w", err)
	case !bytes.Equal(payload, t.payload):
		return invalid("the signature is of another payload")
	}
	first, err := h.replays.Once(ctx, "signout "+t.issuer.Name+" "+t.id, t.expires.Add(h.config.Skew).Sub(h.config.Now()))
	if err != nil {
		// A sign-out must not fail because a replay could not be told: what it
		// ends may be in a thief's hands.
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
