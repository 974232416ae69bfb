package oktasetup

import (
	"context"
	"fmt"
)

// authServer finds the custom authorization server and returns its path.
func (r *run) authServer(ctx context.Context) (string, error) {
	id := r.options.AuthServer.ID
	server, err := r.find(ctx, "/api/v1/authorizationServers", "the authorization server "+id,
		func(o object) bool { return text(o, "id") == id || text(o, "name") == id })
	if err != nil {
		return "", err
	}
	if server != nil {
		return "/api/v1/authorizationServers/" + text(server, "id"), nil
	}
	if r.api != nil {
		return "", fmt.Errorf("there is no custom authorization server %q; it needs the API Access Management product. Without it, use the org's own issuer and leave this out", id)
	}
	return "/api/v1/authorizationServers/{authorization server id}", nil
}

func byName(name string) func(object) bool {
	return func(o object) bool { return text(o, "name") == name }
}

// ensureGroupsClaim adds the scope and the claim "groups" to the ID token
// (Okta: Authorization Servers API).
func (r *run) ensureGroupsClaim(ctx context.Context) error {
	base, err := r.authServer(ctx)
	if err != nil {
		return err
	}
	path := base + "/scopes"
	have, err := r.find(ctx, path, "the scope groups", byName("groups"))
	if err != nil {
		return err
	}
	if _, _, err = r.ensure(ctx, item{
		what: "scope groups", have: have, want: object{"name": "groups"},
		fresh: object{"consent": "IMPLICIT", "metadataPublish": "ALL_CLIENTS"}, path: path, placeholder: "{scope id}",
	}); err != nil {
		return err
	}
	path = base + "/claims"
	if have, err = r.find(ctx, path, "the claim groups", func(o object) bool {
		return text(o, "name") == "groups" && text(o, "claimType") == "IDENTITY"
	}); err != nil {
		return err
	}
	_, _, err = r.ensure(ctx, item{
		what: "claim groups", have: have, path: path, placeholder: "{claim id}",
		want: object{
			"name": "groups", "claimType": "IDENTITY", "valueType": "GROUPS", "group_filter_type": "STARTS_WITH",
			"value": r.options.AuthServer.GroupsPrefix, "alwaysIncludeInToken": true, "conditions": object{"scopes": []any{"groups"}},
		},
		fresh: object{"status": "ACTIVE"},
	})
	return err
}

// ensureAccessPolicy lets the app get tokens of the custom authorization server.
func (r *run) ensureAccessPolicy(ctx context.Context) error {
	base, err := r.authServer(ctx)
	if err != nil {
		return err
	}
	name := r.options.App.Label
	path := base + "/policies"
	have, err := r.find(ctx, path, "the access policy "+name, byName(name))
	if err != nil {
		return err
	}
	id, _, err := r.ensure(ctx, item{
		what: "access policy " + name, have: have, path: path, placeholder: "{policy id}",
		want:  object{"name": name, "type": "OAUTH_AUTHORIZATION_POLICY", "conditions": object{"clients": object{"include": []any{r.appID}}}},
		fresh: object{"status": "ACTIVE", "priority": 1, "description": "Sign-in of " + name + " through the passkey sidecar"},
	})
	if err != nil {
		return err
	}
	path += "/" + id + "/rules"
	if have, err = r.find(ctx, path, "the access rule "+name, byName(name)); err != nil {
		return err
	}
	scopes := []string{"openid", "profile", "email"}
	if r.options.App.RefreshTokens {
		scopes = append(scopes, "offline_access")
	}
	if r.options.AuthServer.GroupsPrefix != "" {
		scopes = append(scopes, "groups")
	}
	_, _, err = r.ensure(ctx, item{
		what: "access rule " + name, have: have, path: path, placeholder: "{rule id}",
		want: object{
			"name": name, "type": "RESOURCE_ACCESS",
			"conditions": object{"grantTypes": object{"include": []any{"authorization_code"}}, "scopes": object{"include": anyOf(scopes)}},
		},
		fresh: object{
			"status": "ACTIVE", "priority": 1, "conditions": object{"people": object{"groups": object{"include": []any{"EVERYONE"}}}},
			"actions": object{"token": object{"accessTokenLifetimeMinutes": 60, "refreshTokenLifetimeMinutes": 0, "refreshTokenWindowMinutes": 10080}},
		},
	})
	return err
}
