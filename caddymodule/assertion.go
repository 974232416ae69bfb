package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/passkey-sidecar/passkey-sidecar/internal/answer"
	"github.com/passkey-sidecar/passkey-sidecar/internal/assertion"
	"github.com/passkey-sidecar/passkey-sidecar/internal/keyrotation"
	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// Assertion tells the app who the user is, in a JSON Web Token that the app can
// verify by itself. So the app need not trust everything that reaches it over the
// network. Requests of a signed-in user carry one, signed with ES256. Its `iss` is
// the first public URL. What a client sends under the header's name is deleted
// first, in every spelling, on public paths too.
//
// The keys to check it with are public at `<path>/jwks.json`.
//
// A token that would be over 4 KiB goes without `groups` and with
// `groups_omitted`, and the log says so.
type Assertion struct {
	// The `aud` claim, the app's own name. Default: the first public URL.
	Audience string `json:"audience,omitempty"`
	// How long a token is valid, between `30s` and `1h`, and never beyond the session.
	// Requests get the same token for half of that. Default: `5m`.
	TTL caddy.Duration `json:"ttl,omitempty"`
	// The request header. Default: `X-Passkeys-Assertion`.
	Header string `json:"header,omitempty"`
	// The claims to carry besides `sub`, each if the session has it. Default:
	// `email`, `name`, `preferred_username`, `groups`, `amr`, `acr`, `idp`,
	// `passkey`, `auth_time` and `sid`. Any other claim comes as a list of texts.
	Claims []string `json:"claims,omitempty"`
	// ECDSA keys on P-256 in PEM, as placeholders. The first signs; all are
	// published. To change it, name the new one second, an hour later first, and drop
	// the old one another hour later. Default: keys are generated and changed every 30
	// days; the next one is published an hour before it signs. They are kept in
	// Caddy's storage, which replicas must share.
	Keys []string `json:"keys,omitempty"`
}

const (
	defaultAssertionTTL    = 5 * time.Minute
	defaultAssertionHeader = "X-Passkeys-Assertion"
	// assertionKeysPath holds one list of keys for each site, so that no site's
	// app takes another's assertions.
	assertionKeysPath = "passkeys/assertion_keys/"
	assertionRotate   = 30 * 24 * time.Hour
)

func (a *Assertion) settings() settings {
	return settings{"audience": text(&a.Audience), "ttl": duration(&a.TTL), "header": text(&a.Header), "claims": texts(&a.Claims), "key": texts(&a.Keys)}
}

func (p *Passkeys) parseAssertion(d *caddyfile.Dispenser) error {
	p.Assertion = new(Assertion)
	return block("assertion", p.Assertion.settings(), nil)(d)
}

// resolve returns what the signer is to say for a site, and its configured keys; nil says
// nothing.
func (a *Assertion) resolve(ctx context.Context, rv resolver, site origin.Origin, passkeyIDP string) (v assertionValues, err error) {
	if a == nil {
		return v, nil
	}
	if strings.EqualFold(a.Header, "Authorization") {
		return v, errors.New("assertion header Authorization is left to basic_auth and to the app; choose another")
	}
	if slices.Contains(a.Claims, "passkey") && passkeyIDP == "" {
		return v, errors.New("assertion claims passkey needs passkey_idp in the okta block")
	}
	v.header = orDefault(a.Header, defaultAssertionHeader)
	v.signer = assertion.Config{
		Issuer: site.String(), Claims: a.Claims, Log: rv.log, TTL: time.Duration(orDefault(a.TTL, caddy.Duration(defaultAssertionTTL))),
	}
	if v.signer.Audience, err = rv.text("assertion audience", orDefault(a.Audience, site.String())); err != nil {
		return v, err
	}
	for _, raw := range a.Keys {
		text, err := rv.secret(ctx, "assertion key", raw)
		if err != nil {
			return v, err
		}
		k, err := assertion.ParsePEM(text.Reveal())
		if err != nil {
			return v, fmt.Errorf("assertion key: %w; make one with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256", err)
		}
		v.keys = append(v.keys, k)
	}
	v.stored = storedKeys{name: assertionKeysName(site), rotate: assertionRotate, keep: assertion.MostTTL, generate: assertion.GenerateKey}
	return v, nil
}

// assertionValues are the resolved settings of an assertion block.
type assertionValues struct {
	header string
	signer assertion.Config
	// keys are the configured ones. Where there are none, stored are used.
	keys   []assertion.Key
	stored storedKeys
}

func assertionKeysName(site origin.Origin) string {
	return assertionKeysPath + strings.NewReplacer("://", "_", ":", "_", "[", "", "]", "").Replace(site.String()) + ".json"
}

// buildAssertion makes the signer, and has the app get what it signs.
func (p *Passkeys) buildAssertion(v assertionValues) (err error) {
	if p.Assertion == nil {
		return nil
	}
	if p.assertions, err = assertion.New(v.signer); err != nil {
		return fmt.Errorf("assertion: %w", err)
	}
	if len(v.keys) > 0 {
		if err := p.assertions.Use(v.keys); err != nil {
			return err
		}
	}
	if err := p.headers.Carry(v.header, func(r *http.Request, s *session.Session) string {
		return p.assertions.Assert(r.Context(), s)
	}); err != nil {
		return fmt.Errorf("assertion: %w", err)
	}
	return nil
}

// followAssertionKeys takes the generated keys, and follows their changes.
func (p *Passkeys) followAssertionKeys(ctx caddy.Context, v assertionValues) error {
	if p.Assertion == nil || len(v.keys) > 0 {
		return nil
	}
	if err := v.stored.follow(ctx, p.log, func(keys []keyrotation.Key) error {
		list := make([]assertion.Key, len(keys))
		for i, k := range keys {
			list[i] = assertion.Key{ID: k.ID, Private: k.Secret}
		}
		return p.assertions.Use(list)
	}); err != nil {
		return fmt.Errorf("assertion keys: %w (or give one with: assertion { key {file./run/secrets/assertion_key} })", err)
	}
	return nil
}

// serveKeySet answers GET <base>/jwks.json, for anybody: the app asks without a
// session. Caches must have learned of a key before it signs.
func (p *Passkeys) serveKeySet(w http.ResponseWriter, r *http.Request) error {
	answer.Document(w, r, p.assertions.KeySet(), assertion.KeySetAge)
	return nil
}
