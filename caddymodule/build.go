package caddymodule

import (
	"github.com/passkey-sidecar/passkey-sidecar/internal/connecttoken"
	"github.com/passkey-sidecar/passkey-sidecar/internal/corbado"
	"github.com/passkey-sidecar/passkey-sidecar/internal/gate"
	"github.com/passkey-sidecar/passkey-sidecar/internal/login"
	"github.com/passkey-sidecar/passkey-sidecar/internal/pages"
	"github.com/passkey-sidecar/passkey-sidecar/internal/revocation"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// build makes the rooms, each from its own values, which it checks. Nothing is written,
// connected or started here. The gate comes last: its routes are the other rooms' work.
func (p *Passkeys) build(v values) error {
	keys := v.sessionKeys.ring.Bind(v.okta.issuer + " " + v.okta.login.ClientID)
	p.returns = gate.Returns(p.base, p.routes()) // reads the rules only; nothing is served from this table
	for _, room := range []func(values, *seal.Keyring) error{
		p.buildHeaders, p.buildSessions, p.buildPages, p.buildKeptForms, p.buildLogin, p.buildConnectTokens,
	} {
		if err := room(v, keys); err != nil {
			return err
		}
	}
	p.buildStreamRules(v)
	if err := p.buildBearer(v); err != nil {
		return err
	}
	if err := p.buildSignOuts(v); err != nil {
		return err
	}
	return p.buildGate(v)
}

// buildHeaders makes what the app is told. Headers that pass come after all that are
// ours.
func (p *Passkeys) buildHeaders(v values, _ *seal.Keyring) (err error) {
	if p.headers, err = gate.NewHeaders(v.identity, v.origins.Insecure(), pages.ClientStateCookie); err != nil {
		return err
	}
	if err := p.buildAssertion(v.assertion); err != nil {
		return err
	}
	if err := p.buildBasicAuth(v.credentials); err != nil {
		return err
	}
	if err := checkExpiryHeader(p.ExpiryHeader); err != nil {
		return err
	}
	return p.passHeaders()
}

func (p *Passkeys) buildSessions(v values, keys *seal.Keyring) (err error) {
	idle, lifetime := p.Session.ends()
	if p.ended, err = revocation.New(revocation.Config{
		Records: p.site.records, Keyring: keys, Publisher: p.shared, Lifetime: lifetime,
	}, p.log); err != nil {
		return err
	}
	p.sessions, err = session.New(session.Config{
		Keyring: keys, Insecure: v.origins.Insecure(), LogoutPath: p.base + route.Logout,
		Idle: idle, Lifetime: lifetime, Revocations: p.ended, Seen: p.seen,
	})
	return err
}

// seen remembers a live session, so that nobody can keep its sign-out waiting.
func (p *Passkeys) seen(live *session.Session) { p.site.known.Add(live.Issuer, live.ProviderSID) }

func (p *Passkeys) buildPages(v values, keys *seal.Keyring) (err error) {
	p.pages, err = pages.New(pages.Config{
		BasePath: p.base, Origins: v.origins, Returns: p.returns, Keyring: keys,
		Component: v.component, Brand: v.brand, Enroll: v.enroll, StepUp: v.passkeyStepUp, Moments: p.hear,
	}, p.log)
	return err
}

func (p *Passkeys) buildLogin(v values, keys *seal.Keyring) (err error) {
	c := v.okta.login
	c.Origins, c.BasePath, c.Returns, c.Keyring = v.origins, p.base, p.returns, keys
	c.Groups, c.Claims = v.groups, v.claims
	c.Handover, c.Revoker, c.Moments = p.site.handover, p.ended, p.hear
	c.Idle, _ = p.Session.ends()
	if !p.shared.memory() {
		c.Turns, c.Results = p.shared, p.shared
	}
	demands, err := gate.Demands(v.stepUps)
	if err != nil {
		return err
	}
	c.StepUps = append(demands, v.passkeyStepUp)
	p.login, err = login.New(c, p.site.provider, p.sessions, landing{p.pages, v.rules}, p.log)
	return err
}

func (p *Passkeys) buildConnectTokens(v values, _ *seal.Keyring) error {
	v.corbado.HTTPClient = p.site.client
	client, err := corbado.New(v.corbado)
	if err != nil {
		return err
	}
	p.tokens, err = connecttoken.New(connecttoken.Config{
		Origins: v.origins, Identifier: p.Corbado.Identifier, Limiter: p.site.limiter, Replicas: p.shared,
		StepUp: v.passkeyStepUp, BasePath: p.base, Moments: p.hear,
	}, client, p.log)
	return err
}

func (p *Passkeys) buildGate(v values) (err error) {
	p.gate, err = gate.New(gate.Config{
		Base: p.base, Routes: p.routes(), Public: p.Public, Origins: v.origins, StepUps: v.stepUps, Access: v.rules, Reposts: p.Repost,
	})
	return err
}
