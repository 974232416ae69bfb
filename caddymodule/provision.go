package caddymodule

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/access"
	"github.com/passkey-sidecar/passkey-sidecar/internal/assertion"
	"github.com/passkey-sidecar/passkey-sidecar/internal/basicauth"
	"github.com/passkey-sidecar/passkey-sidecar/internal/bearer"
	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/corbado"
	"github.com/passkey-sidecar/passkey-sidecar/internal/gate"
	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/pages"
	"github.com/passkey-sidecar/passkey-sidecar/internal/quietlog"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
	"github.com/passkey-sidecar/passkey-sidecar/internal/sharedstate"
	"github.com/passkey-sidecar/passkey-sidecar/internal/stepup"
)

// Provision resolves the settings, makes the rooms and starts them, in this order:
// whatever is wrong with a configuration is found before anything is written or runs.
// It waits for nobody: `caddy validate` and a start work while Okta and Corbado are down.
func (p *Passkeys) Provision(ctx caddy.Context) error {
	p.log, p.auditLog, p.rationed = ctx.Slogger(), ctx.Logger().Named("audit"), quietlog.New(nil, nil)
	v, err := p.prepare(ctx)
	if err != nil {
		return err
	}
	if p.events, err = newEvents(ctx); err != nil {
		return err
	}
	return p.run(ctx, v)
}

// prepare does all of it that neither writes nor connects.
func (p *Passkeys) prepare(ctx caddy.Context) (v values, err error) {
	p.replaced = ctx.Done()
	p.quiet = quietlog.New(p.log, nil)
	if missing := p.missing(); missing != "" {
		return v, errors.New(missing)
	}
	if v, err = p.resolve(ctx, resolver{repl: caddy.NewReplacer(), log: p.log}); err != nil {
		return v, err
	}
	if err := p.bypass(ctx, v.origins); err != nil {
		return v, err
	}
	if p.site, err = p.holdSite(v.okta.issuer, v.okta.login.ClientID); err != nil {
		return v, err
	}
	if p.shared, err = p.holdState(v.stateAddress, v.okta.issuer, v.okta.login.ClientID, p.site.records); err != nil {
		return v, err
	}
	return v, p.build(v)
}

// run starts what writes to storage, connects, or goes on in the background.
//
// The shared state comes first: the keys may have to wait for a lock in the storage, and
// the first requests wait for the other replicas' revocations from its start on.
func (p *Passkeys) run(ctx caddy.Context, v values) error {
	p.start = time.Now()
	p.shared.Start()
	if err := p.followSessionKeys(ctx, v.sessionKeys); err != nil {
		return err
	}
	if err := p.followAssertionKeys(ctx, v.assertion); err != nil {
		return err
	}
	registerMetrics(ctx.GetMetricsRegistry())
	return nil
}

// values are the settings with defaults set and placeholders resolved.
type values struct {
	origins      origin.Set
	okta         oktaValues
	sessionKeys  sessionKeys
	stateAddress sharedstate.Address

	identity    gate.Identity
	assertion   assertionValues
	credentials *basicauth.Credentials
	// claims are those that a session holds only because something here asks for them.
	claims []string

	rules  *access.Rules
	groups claims.Groups
	bearer bearer.Config
	// stepUps are for paths of the app, passkeyStepUp for passkeys.
	stepUps       []gate.StepUpRule
	passkeyStepUp stepup.Demand

	corbado   corbado.Config
	component pages.Component
	brand     pages.Brand
	enroll    pages.EnrollPolicy
}

func (p *Passkeys) resolve(ctx caddy.Context, rv resolver) (v values, err error) {
	p.base = orDefault(p.Path, "/passkeys")
	urls, err := rv.texts("public_url", p.PublicURLs)
	if err != nil {
		return v, err
	}
	if v.origins, err = origin.ParseSet(urls); err != nil {
		return v, fmt.Errorf("public_url: %w", err)
	}
	if v.stateAddress, err = p.State.resolve(ctx, rv); err != nil {
		return v, err
	}
	if v.identity, err = p.Identity.resolve(p.Okta.PasskeyIDP); err != nil {
		return v, err
	}
	if p.related, err = relatedOriginsDocument(rv, p.RelatedOrigins); err != nil {
		return v, err
	}
	if v.sessionKeys, err = p.Session.resolve(ctx, rv); err != nil {
		return v, err
	}
	if v.okta, err = p.Okta.resolve(ctx, rv); err != nil {
		return v, err
	}
	allowed, rules, err := p.Allow.resolve(rv)
	if err != nil {
		return v, err
	}
	v.rules = rules
	if v.groups, err = p.Groups.resolve(rv, allowed.Groups); err != nil {
		return v, err
	}
	if v.bearer, err = p.Bearer.resolve(ctx, rv, v.okta); err != nil {
		return v, err
	}
	if v.assertion, err = p.Assertion.resolve(ctx, rv, v.origins[0], p.Okta.PasskeyIDP); err != nil {
		return v, err
	}
	if v.credentials, err = p.BasicAuth.resolve(ctx, rv); err != nil {
		return v, err
	}
	if v.corbado, v.component, err = p.Corbado.resolve(ctx, rv); err != nil {
		return v, err
	}
	if v.passkeyStepUp, v.stepUps, err = p.StepUp.resolve(); err != nil {
		return v, err
	}
	if v.enroll, err = p.Enroll.resolve(); err != nil {
		return v, err
	}
	if v.brand, err = p.Brand.resolve(rv); err != nil {
		return v, err
	}
	v.claims = v.wanted()
	return v, nil
}

// wanted are the claims beyond the standard ones that headers, assertions and
// credentials carry.
func (v values) wanted() []string {
	all := slices.Concat(furtherClaims(v.identity), assertion.Further(v.assertion.signer.Claims))
	if v.credentials != nil && !session.Standard(v.credentials.Claim()) {
		all = append(all, v.credentials.Claim())
	}
	var once []string
	for _, name := range all {
		if !slices.Contains(once, name) {
			once = append(once, name)
		}
	}
	return once
}

func orDefault[T comparable](v, otherwise T) T {
	var unset T
	if v == unset {
		return otherwise
	}
	return v
}
