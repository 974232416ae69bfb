package oktasetup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
)

// ensureApp makes the OpenID Connect app (Okta: Applications API).
func (r *run) ensureApp(ctx context.Context) error {
	a := r.options.App
	have, err := r.find(ctx, "/api/v1/apps?q="+url.QueryEscape(a.Label), "the app "+a.Label,
		func(o object) bool { return text(o, "label") == a.Label })
	if err != nil {
		return err
	}
	if have != nil && (text(have, "name") != "oidc_client" || text(have, "settings", "oauthClient", "application_type") != "web") {
		return fmt.Errorf("the app %q (%s) is no OpenID Connect web app; choose another label", a.Label, text(have, "id"))
	}
	file := secretFile(a.SecretFile)
	if have == nil {
		if err := file.reserve(r.apply); err != nil {
			return err
		}
	}
	want, fresh := a.body()
	id, made, err := r.ensure(ctx, item{
		what: "app " + a.Label, have: have, want: want, fresh: fresh,
		path: "/api/v1/apps", query: "?activate=true", placeholder: "{app id}",
	})
	if err != nil {
		return errors.Join(err, file.release())
	}
	r.appID = id
	if made != nil {
		if client := text(made, "credentials", "oauthClient", "client_id"); client != "" && client != id {
			r.note("the client ID is " + client)
		}
		return file.write(text(made, "credentials", "oauthClient", "client_secret"))
	}
	return r.fetchSecret(ctx, have, file)
}

func (a *App) body() (want, fresh object) {
	var redirect, signedOut []string
	for _, base := range a.PublicURLs {
		base = strings.TrimSuffix(base, "/")
		redirect = append(redirect, base+a.BasePath+route.Callback)
		signedOut = append(signedOut, base+a.BasePath+route.SignedOut)
	}
	grants := []string{"authorization_code"}
	client := object{
		"application_type": "web", "response_types": []any{"code"},
		"redirect_uris": anyOf(redirect), "post_logout_redirect_uris": anyOf(signedOut),
		"dpop_bound_access_tokens": false,
	}
	if a.RefreshTokens {
		grants = append(grants, "refresh_token")
	}
	client["grant_types"] = anyOf(grants)
	if a.InitiateLoginURI != "" {
		client["initiate_login_uri"] = a.InitiateLoginURI
		client["idp_initiated_login"] = object{"mode": "SPEC", "default_scope": []any{}}
	}
	if a.FrontchannelLogout {
		client["participate_slo"] = true
		client["frontchannel_logout_uri"] = strings.TrimSuffix(a.PublicURLs[0], "/") + a.BasePath + route.FrontchannelLogout
		client["frontchannel_logout_session_required"] = true
	}
	want = object{
		"name": "oidc_client", "label": a.Label, "signOnMode": "OPENID_CONNECT",
		"credentials": object{"oauthClient": object{"pkce_required": true, "token_endpoint_auth_method": a.ClientAuth}},
		"settings":    object{"oauthClient": client},
	}
	freshClient := object{"consent_method": "TRUSTED", "issuer_mode": "DYNAMIC", "wildcard_redirect": "DISABLED"}
	if a.RefreshTokens {
		freshClient["refresh_token"] = object{"rotation_type": "ROTATE", "leeway": 30}
	}
	fresh = object{
		"credentials": object{
			"oauthClient":      object{"autoKeyRotation": true},
			"userNameTemplate": object{"template": "${source.login}", "type": "BUILT_IN"},
		},
		"settings":   object{"oauthClient": freshClient},
		"visibility": object{"hide": object{"iOS": true, "web": a.InitiateLoginURI == ""}},
	}
	return want, fresh
}

// fetchSecret completes a run that stopped between the app and the file.
func (r *run) fetchSecret(ctx context.Context, have object, file secretFile) error {
	if have == nil || !file.wanted() {
		return nil
	}
	missing, err := file.missing()
	if err != nil || !missing {
		return err
	}
	if !r.apply {
		r.note("the client secret would be read from Okta and written to " + string(file))
		return nil
	}
	var list []struct {
		Status string `json:"status"`
		Secret string `json:"client_secret"`
	}
	if err := r.api.Do(ctx, http.MethodGet, "/api/v1/apps/"+r.appID+"/credentials/secrets", nil, &list); err != nil {
		return err
	}
	for _, one := range list {
		if one.Status == "ACTIVE" && one.Secret != "" {
			if err := file.reserve(true); err != nil {
				return err
			}
			r.note("the client secret was read from Okta and written to " + string(file))
			return file.write(one.Secret)
		}
	}
	return errors.New("the app is there, but Okta shows no client secret; make one in the Admin Console and put it into " + string(file))
}

// ensureAssignment lets the members of a group use the app.
func (r *run) ensureAssignment(ctx context.Context) error {
	name := r.options.App.AssignGroup
	group, err := r.find(ctx, "/api/v1/groups?q="+url.QueryEscape(name), "the group "+name,
		func(o object) bool { return text(o, "profile", "name") == name })
	if err != nil {
		return err
	}
	id := text(group, "id")
	if group == nil {
		if r.api != nil {
			return fmt.Errorf("there is no group %q; create it, or name another", name)
		}
		id = "{group id}"
	}
	path := "/api/v1/apps/" + r.appID + "/groups/" + id
	have, err := r.get(ctx, path)
	if err != nil {
		return err
	}
	what := "assignment of the group " + name
	if have != nil {
		r.tell(Action{Step: r.step, Verb: Unchanged, What: what, ID: id})
		return nil
	}
	return r.send(ctx, Action{Verb: Create, What: what, ID: id, Method: http.MethodPut, Path: path}, object{}, nil)
}
