package main

import (
	"cmp"
	"context"
	"encoding/json"
	"net/textproto"
	"os"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/passkey-sidecar/passkey-sidecar/caddymodule"
	"github.com/passkey-sidecar/passkey-sidecar/internal/corbado"
	"github.com/passkey-sidecar/passkey-sidecar/internal/gate"
	"github.com/passkey-sidecar/passkey-sidecar/internal/operator/doctor"
	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
	"github.com/passkey-sidecar/passkey-sidecar/internal/sharedstate"
)

// settingsReader resolves placeholders one by one: what cannot be resolved is a finding,
// and the rest is examined all the same.
type settingsReader struct {
	repl     *caddy.Replacer
	findings []doctor.Finding
	bad      []string // the settings that could not be resolved
}

func (r *settingsReader) text(setting, raw string) string {
	if raw == "" {
		return ""
	}
	v, err := r.repl.ReplaceOrErr(raw, true, true)
	if err != nil {
		r.bad = append(r.bad, setting)
		r.findings = append(r.findings, doctor.Finding{
			Level: doctor.Error, What: setting + " cannot be resolved", Why: err.Error(), // names the placeholder, not its value
			Fix: "set the variable, or make the file: there, readable by the sidecar's user, not empty; and run the doctor in the same environment",
		})
		return ""
	}
	return v
}

func (r *settingsReader) secret(setting, raw string) secret.Value {
	return secret.New(strings.TrimSpace(r.text(setting, raw)))
}

func (r *settingsReader) texts(setting string, raw []string) (all []string) {
	for _, one := range raw {
		if v := r.text(setting, one); v != "" {
			all = append(all, v)
		}
	}
	return all
}

// readSite reads one handler, and what its start would stumble over.
func readSite(ctx context.Context, handler map[string]any, server *caddyhttp.Server) (doctor.Site, error) {
	raw, err := json.Marshal(handler)
	if err != nil {
		return doctor.Site{}, err
	}
	p := new(caddymodule.Passkeys)
	if err := json.Unmarshal(raw, p); err != nil {
		return doctor.Site{}, err
	}
	r := &settingsReader{repl: caddy.NewReplacer()}
	site := doctor.Site{
		PublicURLs: r.texts("public_url", p.PublicURLs), BasePath: cmp.Or(p.Path, "/passkeys"), Public: p.Public,
		Okta: readOkta(r, p.Okta), Corbado: readCorbadoBlock(r, p.Corbado),
		Groups: p.Groups, StepUp: !p.StepUp.Off || len(p.StepUp.Paths) > 0, State: readState(r, p.State),
	}
	for _, key := range p.Session.Keys {
		site.SessionKeys = append(site.SessionKeys, r.secret("session key", key))
	}
	readIdentity(&site, p)
	if p.Bearer != nil {
		site.BearerIssuer = cmp.Or(r.text("bearer issuer", p.Bearer.Issuer), site.Okta.Issuer)
	}
	warned, stumbled := stumbles(ctx, raw, server)
	site.Findings = append(r.findings, warned.findings...)
	if stumbled != nil && !slices.ContainsFunc(r.bad, func(setting string) bool { return strings.Contains(stumbled.Error(), setting) }) {
		what, fix, cut := strings.Cut(stumbled.Error(), "; ")
		if !cut {
			fix = "correct the setting that the message names (docs/reference.md)"
		}
		site.Findings = append(site.Findings, doctor.Finding{Level: doctor.Error, What: "the sidecar does not start with this configuration", Why: what, Fix: fix})
	}
	return site, nil
}

func readOkta(r *settingsReader, o caddymodule.Okta) doctor.Okta {
	scopes := r.texts("okta scopes", o.Scopes)
	if len(scopes) == 0 {
		scopes = []string{"openid", "profile", "email"}
	}
	return doctor.Okta{
		Issuer: r.text("okta issuer", o.Issuer), ClientID: r.text("okta client_id", o.ClientID), ClientSecret: r.secret("okta client_secret", o.ClientSecret),
		PasskeyIDP: r.text("okta passkey_idp", o.PasskeyIDP), ClientAuth: cmp.Or(o.ClientAuth, "client_secret_basic"), Scopes: scopes,
	}
}

func readCorbadoBlock(r *settingsReader, c caddymodule.Corbado) doctor.Corbado {
	files := r.texts("corbado components", c.Components)
	if len(files) != 2 {
		files = []string{corbado.DefaultScript, corbado.DefaultStyle}
	}
	return doctor.Corbado{
		ProjectID: r.text("corbado project_id", c.ProjectID), APISecret: r.secret("corbado api_secret", c.APISecret),
		BackendAPI:  r.text("corbado backend_api", cmp.Or(c.BackendAPI, corbado.DefaultBackendAPI)),
		FrontendAPI: r.text("corbado frontend_api", cmp.Or(c.FrontendAPI, corbado.DefaultFrontendAPI)),
		Script:      files[0], Style: files[1],
	}
}

// readState returns nil for state in memory. An address that cannot be used is told as it
// is.
func readState(r *settingsReader, s caddymodule.SharedState) *sharedstate.Address {
	if s.URL == "" || s.URL == "memory" {
		return nil
	}
	a := &sharedstate.Address{
		URL: r.text("state", s.URL), Password: r.secret("state password", s.Password),
		Sentinel: r.text("state sentinel", s.Sentinel), SentinelPassword: r.secret("state sentinel_password", s.SentinelPassword), Cluster: s.Cluster,
	}
	if file := r.text("state tls_ca", s.TLSCA); file != "" {
		a.CA, _ = os.ReadFile(file) //nolint:gosec // the operator names the file; the start stumbles over one that is not there
	}
	return a
}

func headersOf(id gate.Identity) (names []string) {
	for _, m := range id {
		names = append(names, m.Header)
	}
	return names
}

// readIdentity reads which headers and claims the app is told, and what access goes by.
// Headers of both presets are deleted, whichever is used.
func readIdentity(site *doctor.Site, p *caddymodule.Passkeys) {
	used := make(map[string]bool)
	if p.Identity.Preset == "remote" {
		site.IdleHeaders = headersOf(gate.Forwarded())
	} else if site.IdleHeaders = headersOf(gate.Remote()); len(p.Identity.Headers) > 0 {
		site.IdleHeaders = append(site.IdleHeaders, headersOf(gate.Forwarded())...)
	}
	for header, claim := range p.Identity.Headers {
		used[textproto.CanonicalMIMEHeaderKey(header)] = true
		site.Claims = append(site.Claims, claim)
	}
	site.IdleHeaders = slices.DeleteFunc(site.IdleHeaders, func(header string) bool { return used[header] })
	if p.Assertion != nil {
		site.Claims = append(site.Claims, p.Assertion.Claims...)
	}
	slices.Sort(site.Claims)
	site.Claims = slices.DeleteFunc(slices.Compact(site.Claims), func(claim string) bool { return session.Standard(claim) && claim != "groups" })
	if p.Allow != nil {
		site.NeededGroups = p.Allow.Groups
		site.NeedsVerifiedEmail = len(p.Allow.Emails)+len(p.Allow.Domains) > 0
	}
	site.NeedsVerifiedEmail = site.NeedsVerifiedEmail || p.Corbado.Identifier == "email"
}
