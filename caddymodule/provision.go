package caddymodule

import (
	"errors"
	"fmt"
	"slices"

	"github.com/caddyserver/caddy/v2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/access"
	"github.com/passkey-sidecar/passkey-sidecar/internal/bearer"
	"github.com/passkey-sidecar/passkey-sidecar/internal/connecttoken"
	"github.com/passkey-sidecar/passkey-sidecar/internal/corbado"
	"github.com/passkey-sidecar/passkey-sidecar/internal/gate"
	"github.com/passkey-sidecar/passkey-sidecar/internal/login"
	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/pages"
	"github.com/passkey-sidecar/passkey-sidecar/internal/quietlog"
	"github.com/passkey-sidecar/passkey-sidecar/internal/revocation"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
	"github.com/passkey-sidecar/passkey-sidecar/internal/sharedstate"
	"github.com/passkey-sidecar/passkey-sidecar/internal/stepup"
)

// Provision sets the defaults, resolves placeholders and builds the rooms. It
// talks to nobody: `caddy validate` and a start work while Okta and Corbado are
// down.
func (p *Passkeys) Provision(ctx caddy.Context) error {
	p.log, p.replaced = ctx.Slogger(), ctx.Done()
	p.quiet = quietlog.New(p.log, nil)
	if missing := p.missing(); missing != "" {
		return errors.New(missing)
	}
	rv := resolver{repl: caddy.NewReplacer(), log: p.log}
	v, err := p.values(ctx, rv)
	if err != nil {
		return err
	}
	if err := p.bypass(ctx, v.origins); err != nil {
		return err
	}
	if p.held, err = holdState(v.issuer, v.login.ClientID, p.log); err != nil {
		return err
	}
	if p.shared, err = p.held.share(v.state, v.issuer, v.login.ClientID, p.log); err != nil {
		return err
	}
	registerMetrics(ctx.GetMetricsRegistry())
	return p.build(v)
}

// values are the settings with defaults set and placeholders resolved.
type values struct {
	issuer string
	// universalLogoutIssuer is "" where it follows from the issuer.
	universalLogoutIssuer string

	origins  origin.Set
	keyring  *seal.Keyring
	identity gate.Identity
	rules    *access.Rules
	bearer   bearer.Config
	login    login.Config
	corbado  corbado.Config
	pages    pages.Config
	state    sharedstate.Address
	// stepUps are for paths of the app, passkeyStepUp for passkeys.
	stepUps       []gate.StepUpRule
	passkeyStepUp stepup.Demand
}

// want asks for claims that a session holds only on request.
func (v *values) want(claims ...string) {
	for _, name := range claims {
		if !slices.Contains(v.login.Claims, name) {
			v.login.Claims = append(v.login.Claims, name)
		}
	}
}

func (p *Passkeys) values(ctx caddy.Context, rv resolver) (v values, err error) {
	if p.base = p.Path; p.base == "" {
		p.base = "/passkeys"
	}
	urls, err := rv.texts("public_url", p.PublicURLs)
	if err != nil {
		return v, err
	}
	if v.origins, err = origin.ParseSet(urls); err != nil {
		return v, fmt.Errorf("public_url: %w", err)
	}
	if v.state, err = p.State.address(ctx, rv); err != nil {
		return v, err
	}
	if v.identity, err = p.identity(); err != nil {
		return v, err
	}
	related, err := rv.texts("related_origins", p.RelatedOrigins)
	if err != nil {
		return v, err
	}
	if p.related, err = relatedOriginsDocument(related); err != nil {
		return v, err
	}
	keyring, err := p.keyring(ctx, rv)
	if err != nil {
		return v, err
	}
	if err := p.oktaValues(ctx, rv, &v); err != nil {
		return v, err
	}
	v.keyring = keyring.Bind(v.issuer + " " + v.login.ClientID)
	v.login.Origins, v.login.BasePath, v.login.Keyring = v.origins, p.base, v.keyring
	v.want(furtherClaims(v.identity)...)
	if err := p.accessValues(ctx, rv, &v); err != nil {
		return v, err
	}
	if err := p.assertionValues(ctx, rv, &v); err != nil {
		return v, err
	}
	if err := p.basicAuthValues(ctx, rv, &v); err != nil {
		return v, err
	}
	if err := p.corbadoValues(ctx, rv, &v); err != nil {
		return v, err
	}
	if err := p.stepUpValues(&v); err != nil {
		return v, err
	}
	return v, p.pageValues(rv, &v)
}

func (p *Passkeys) oktaValues(ctx caddy.Context, rv resolver, v *values) (err error) {
	style, ok := authStyles[p.Okta.ClientAuth]
	if !ok {
		return fmt.Errorf("okta client_auth '%s' is unknown; use client_secret_basic or client_secret_post", p.Okta.ClientAuth)
	}
	v.login.AuthStyle = style
	if v.issuer, err = rv.issuer(ctx, "okta issuer", p.Okta.Issuer); err != nil {
		return err
	}
	if v.login.ClientID, err = rv.text("okta client_id", p.Okta.ClientID); err != nil {
		return err
	}
	if v.login.ClientSecret, err = rv.secret(ctx, "okta client_secret", p.Okta.ClientSecret); err != nil {
		return err
	}
	if v.login.Scopes, err = rv.texts("okta scopes", p.Okta.Scopes); err != nil {
		return err
	}
	if v.universalLogoutIssuer, err = rv.text("okta universal_logout_issuer", p.Okta.UniversalLogoutIssuer); err != nil {
		return err
	}
	if v.login.PasskeyIDP, err = rv.text("okta passkey_idp", p.Okta.PasskeyIDP); err != nil {
		return err
	}
	if len(v.login.Scopes) == 0 {
		v.login.Scopes = []string{"openid", "profile", "email"}
	}
	return nil
}

func (p *Passkeys) corbadoValues(ctx caddy.Context, rv resolver, v *values) (err error) {
	c := p.Corbado
	v.corbado.Version = version()
	if v.corbado.ProjectID, err = rv.text("corbado project_id", c.ProjectID); err != nil {
		return err
	}
	if v.corbado.APISecret, err = rv.secret(ctx, "corbado api_secret", c.APISecret); err != nil {
		return err
	}
	if v.corbado.BaseURL, err = rv.text("corbado backend_api", orDefault(c.BackendAPI, defaultBackendAPI)); err != nil {
		return err
	}
	v.pages.Component.ProjectID = v.corbado.ProjectID
	if v.pages.Component.FrontendAPI, err = rv.text("corbado frontend_api", orDefault(c.FrontendAPI, pages.DefaultFrontendAPI)); err != nil {
		return err
	}
	components, err := rv.texts("corbado components", c.Components)
	if err != nil {
		return err
	}
	switch len(components) {
	case 0:
		components = []string{pages.DefaultScript, pages.DefaultStyle}
	case 2:
	default:
		return errors.New("corbado components takes two URLs, the script's and the style's")
	}
	v.pages.Component.Scripts, v.pages.Component.Styles = components[:1], components[1:]
	return nil
}

func (p *Passkeys) pageValues(rv resolver, v *values) (err error) {
	v.pages.BasePath, v.pages.Origins, v.pages.Keyring = p.base, v.origins, v.keyring
	if v.pages.Enroll, err = p.Enroll.policy(); err != nil {
		return err
	}
	b := &v.pages.Brand
	if b.Name, err = rv.text("brand name", p.Brand.Name); err != nil {
		return err
	}
	if b.Logo, err = rv.text("brand logo", p.Brand.Logo); err != nil {
		return err
	}
	color, err := rv.text("brand color", p.Brand.Color)
	b.Color = cssColor(color)
	return err
}

// build makes the rooms, each from its own values.
func (p *Passkeys) build(v values) (err error) {
	if p.headers, err = gate.NewHeaders(v.identity, v.origins.Insecure(), pages.ClientStateCookie); err != nil {
		return err
	}
	if err := errors.Join(p.carryAssertion(), p.carryBasicAuth(), p.passHeaders()); err != nil {
		return err
	}
	idle, lifetime := p.Session.ends()
	if p.ended, err = revocation.New(revocation.Config{
		Records: p.held.records, Keyring: v.keyring, Publisher: p.shared, Lifetime: lifetime,
	}, p.log); err != nil {
		return err
	}
	v.login.Idle, v.login.Handover, v.login.Revoker = idle, p.held.handover, p.ended
	if !p.shared.memory() {
		v.login.Turns, v.login.Results = p.shared, p.shared
	}
	if p.sessions, err = session.New(session.Config{
		Keyring: v.keyring, Insecure: v.origins.Insecure(), LogoutPath: p.base + route.Logout,
		Idle: idle, Lifetime: lifetime, Revocations: p.ended, Seen: p.held.signOuts.seen,
	}); err != nil {
		return err
	}
	p.returns = gate.Returns(p.base, p.routes())
	v.login.Returns, v.pages.Returns = p.returns, p.returns
	demands, err := gate.Demands(v.stepUps)
	if err != nil {
		return err
	}
	v.login.StepUps = append(v.login.StepUps, demands...)
	if p.pages, err = pages.New(v.pages, p.log); err != nil {
		return err
	}
	if err := errors.Join(p.keepForms(v), p.checkRepost(), checkExpiryHeader(p.ExpiryHeader)); err != nil {
		return err
	}
	if p.login, err = login.New(v.login, p.held.provider, p.sessions, landing{p.pages, v.rules}, p.log); err != nil {
		return err
	}
	p.buildStreamRules(v, idle)
	if err = p.buildBearer(v); err != nil {
		return err
	}
	if err := p.buildSignOuts(v); err != nil {
		return err
	}
	v.corbado.HTTPClient = p.held.client
	client, err := corbado.New(v.corbado)
	if err != nil {
		return err
	}
	if p.tokens, err = connecttoken.New(connecttoken.Config{
		Origins: v.origins, Identifier: p.Corbado.Identifier, Limiter: p.held.limiter, Replicas: p.shared,
		StepUp: v.passkeyStepUp, BasePath: p.base,
	}, client, p.log); err != nil {
		return err
	}
	p.gate, err = gate.New(gate.Config{
		Base: p.base, Routes: p.routes(), Public: p.Public, Origins: v.origins, StepUps: v.stepUps, Access: v.rules, Reposts: p.Repost,
	})
	return err
}

func orDefault[T comparable](v, otherwise T) T {
	var unset T
	if v == unset {
		return otherwise
	}
	return v
}
