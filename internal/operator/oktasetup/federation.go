package oktasetup

import (
	"context"
	"errors"
	"fmt"
	"net/url"
)

// ensureIdentityProvider makes Corbado an identity provider (Okta: Identity
// Providers API). It creates no users: only people whom Okta knows come in.
func (r *run) ensureIdentityProvider(ctx context.Context) error {
	p := r.options.IdentityProvider
	have, err := r.find(ctx, "/api/v1/idps?type=OIDC&q="+url.QueryEscape(p.Name), "the identity provider "+p.Name,
		func(o object) bool { return text(o, "name") == p.Name })
	if err != nil {
		return err
	}
	want, fresh := p.body()
	always := object{}
	if !p.ClientSecret.IsZero() {
		always = object{"protocol": object{"credentials": object{"client": object{"client_secret": p.ClientSecret.Reveal()}}}}
	}
	if known := text(have, "protocol", "credentials", "client", "client_secret"); known != "" && known != p.ClientSecret.Reveal() {
		want, _ = merge(want, always).(object)
	}
	id, _, err := r.ensure(ctx, item{
		what: "identity provider " + p.Name, have: have, want: want, fresh: fresh, always: always,
		path: "/api/v1/idps", placeholder: "{identity provider id}", force: p.ResendSecret,
	})
	r.idpID = id
	if err == nil && have == nil {
		r.warnOfProvider(p)
	}
	return err
}

// warnOfProvider names what a new identity provider is trusted with.
func (r *run) warnOfProvider(p *IdentityProvider) {
	if p.Filter == "" {
		r.note("there is no filter for user names: at their first passkey sign-in, whoever Corbado names is linked to the user of that name, admins as well")
	}
	if p.TrustClaims {
		r.note("claims are trusted: sign-in fails at Okta unless Corbado's ID token has an amr")
	}
}

func (p *IdentityProvider) body() (want, fresh object) {
	at := func(u string) object { return object{"url": u} }
	endpoints := object{"authorization": at(p.Endpoints.Authorization), "token": at(p.Endpoints.Token), "jwks": at(p.Endpoints.JWKS)}
	bindings := object{"authorization": object{"binding": "HTTP-REDIRECT"}, "token": object{"binding": "HTTP-POST"}, "jwks": object{"binding": "HTTP-REDIRECT"}}
	if p.Endpoints.UserInfo != "" {
		endpoints["userInfo"] = at(p.Endpoints.UserInfo)
		bindings["userInfo"] = object{"binding": "HTTP-REDIRECT"}
	}
	link := object{"action": "AUTO"}
	if len(p.LinkGroups) > 0 {
		link["filter"] = object{"groups": object{"include": anyOf(p.LinkGroups)}}
	}
	want = object{
		"type": "OIDC", "name": p.Name,
		"protocol": object{
			"type": "OIDC", "scopes": anyOf(p.Scopes), "issuer": at(p.Issuer), "endpoints": endpoints,
			"credentials": object{"client": object{"client_id": p.ClientID, "pkce_required": p.PKCE}},
		},
		"policy": object{
			"accountLink":  link,
			"provisioning": object{"action": "DISABLED"},
			"subject": object{
				"userNameTemplate": object{"template": p.UserName},
				"matchType":        p.Match, "matchAttribute": p.MatchAttribute, "filter": p.Filter,
			},
			"trustClaims": p.TrustClaims,
		},
	}
	none := object{"action": "NONE"}
	fresh = object{
		"issuerMode": "DYNAMIC",
		"protocol": object{
			"endpoints":  bindings,
			"algorithms": object{"request": object{"signature": object{"algorithm": "HS256", "scope": "REQUEST"}}},
			"settings":   object{"participateSlo": false, "sendApplicationContext": false},
		},
		"policy": object{
			"provisioning": object{
				"profileMaster": false, "groups": none, "conditions": object{"deprovisioned": none, "suspended": none},
			},
			"maxClockSkew": 120000, // milliseconds
		},
	}
	return want, fresh
}

// ensureRoutingRule offers Okta's own sign-in and Corbado's for the app (Okta:
// Policies API, IDP_DISCOVERY). Both are needed: with Corbado alone Okta skips
// its page, and with it the passkey.
func (r *run) ensureRoutingRule(ctx context.Context) error {
	policy, err := r.find(ctx, "/api/v1/policies?type=IDP_DISCOVERY", "the routing policy",
		func(o object) bool { return text(o, "type") == "IDP_DISCOVERY" })
	if err != nil {
		return err
	}
	id := text(policy, "id")
	if policy == nil {
		if r.api != nil {
			return errors.New("the org has no policy for routing rules (IDP_DISCOVERY); is it an Identity Engine org?")
		}
		id = "{routing policy id}"
	}
	name := r.options.RoutingRule
	path := "/api/v1/policies/" + id + "/rules"
	have, err := r.find(ctx, path, "the routing rule "+name, func(o object) bool { return text(o, "name") == name })
	if err != nil {
		return err
	}
	want := object{
		"name": name, "type": "IDP_DISCOVERY",
		"conditions": object{"app": object{"include": []any{object{"type": "APP", "id": r.appID}}}},
		"actions": object{"idp": object{
			"idpSelectionType": "SPECIFIC",
			"providers":        []any{object{"type": "OKTA"}, object{"type": "OIDC", "id": r.idpID}},
		}},
	}
	if have == nil && (r.options.Page == nil || !r.options.Page.Publish) {
		r.note("until the customised page is published, Okta's page shows a plain button for the provider, which cannot sign in")
	}
	fresh := object{
		"priority": 1, "status": "ACTIVE", "system": false,
		"conditions": object{
			"network": object{"connection": "ANYWHERE"}, "app": object{"exclude": []any{}},
			"userIdentifier": object{"patterns": []any{}},
		},
		"actions": object{"idp": object{"matchCriteria": []any{}}},
	}
	if have != nil {
		if priority, _ := have["priority"].(float64); priority > 1 {
			r.note(fmt.Sprintf("the routing rule has priority %v; a rule before it that fits the app wins", priority))
		}
	}
	_, _, err = r.ensure(ctx, item{what: "routing rule " + name, have: have, want: want, fresh: fresh, path: path, placeholder: "{rule id}"})
	return err
}
