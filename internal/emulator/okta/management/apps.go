package management

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
)

// checkApp checks what an OpenID Connect web app must have (Okta: Applications
// API, "Add an OAuth 2.0 client application").
func (m *API) checkApp(o managed) *apiError {
	if text(o, "name") != "oidc_client" || text(o, "signOnMode") != "OPENID_CONNECT" {
		return invalid("signOnMode", "only OpenID Connect apps are emulated")
	}
	if text(o, "label") == "" {
		return invalid("label", "The field cannot be left blank")
	}
	if len(texts(o, "settings", "oauthClient", "redirect_uris")) == 0 {
		return invalid("redirect_uris", "'redirect_uris' must have at least one value")
	}
	for _, uri := range slices.Concat(texts(o, "settings", "oauthClient", "redirect_uris"), texts(o, "settings", "oauthClient", "post_logout_redirect_uris")) {
		if err := org.CheckRedirect(uri); err != nil {
			return invalid("redirect_uris", err.Error())
		}
	}
	if err := singleLogoutOf(o).Check(); err != nil {
		return invalid("frontchannel_logout_uri", err.Error())
	}
	if !slices.Contains(texts(o, "settings", "oauthClient", "grant_types"), "authorization_code") {
		return invalid("grant_types", "'authorization_code' is needed for response type 'code'")
	}
	return nil
}

// appCreated makes the app a client of the emulator's authorization servers.
func (m *API) appCreated(o managed) *apiError {
	credentials, ok := at(o, "credentials", "oauthClient").(map[string]any)
	if !ok {
		return invalid("credentials", "The field cannot be left blank")
	}
	credentials["client_id"] = o["id"]
	credentials["client_secret"] = org.RandomToken()
	if _, err := m.org.AddClient(clientOf(o)); err != nil {
		return invalid("settings", err.Error())
	}
	return nil
}

func (m *API) appChanged(o managed) *apiError {
	m.org.ReplaceClient(clientOf(o))
	return nil
}

// clientOf reads the client out of an app.
func clientOf(o managed) org.Client {
	pkce, _ := at(o, "credentials", "oauthClient", "pkce_required").(bool)
	return org.Client{
		ID: text(o, "id"), Name: text(o, "label"), Secret: text(o, "credentials", "oauthClient", "client_secret"),
		RedirectURIs:           texts(o, "settings", "oauthClient", "redirect_uris"),
		PostLogoutRedirectURIs: texts(o, "settings", "oauthClient", "post_logout_redirect_uris"),
		PKCEOptional:           !pkce,
		SingleLogout:           singleLogoutOf(o),
		RotateRefreshTokens:    text(o, "settings", "oauthClient", "refresh_token", "rotation_type") == "ROTATE",
		RefreshLeeway:          leewayOf(o),
	}
}

// singleLogoutOf reads it out of an app of the management API.
func singleLogoutOf(o managed) org.SingleLogout {
	if participates, _ := at(o, "settings", "oauthClient", "participate_slo").(bool); !participates {
		return org.SingleLogout{}
	}
	session, _ := at(o, "settings", "oauthClient", "frontchannel_logout_session_required").(bool)
	return org.SingleLogout{FrontchannelURI: text(o, "settings", "oauthClient", "frontchannel_logout_uri"), SessionRequired: session}
}

// leewayOf reads the rotation leeway in seconds, 0 meaning none.
func leewayOf(o managed) time.Duration {
	seconds, set := at(o, "settings", "oauthClient", "refresh_token", "leeway").(float64)
	switch {
	case !set:
		return 0 // the default
	case seconds == 0:
		return -1
	}
	return time.Duration(seconds) * time.Second
}

// listSecrets shows an app's secrets (Okta: Applications API, "List all OAuth
// 2.0 client secrets"), which no other call does after the creation.
func (m *API) listSecrets(r *http.Request, _ managed) (int, any, *apiError) {
	for _, o := range m.objects["apps"] {
		if o["id"] == r.PathValue("id") {
			return http.StatusOK, []managed{{
				"id": "ocs" + text(o, "id")[3:], "status": "ACTIVE", "client_secret": text(o, "credentials", "oauthClient", "client_secret"),
			}}, nil
		}
	}
	return 0, nil, notFound(r.PathValue("id"))
}

// secretHolders are the objects inside an app or identity provider that have a
// client_secret.
var secretHolders = [][]string{{"credentials", "oauthClient"}, {"protocol", "credentials", "client"}}

// withoutSecret is an object as it is shown: its client_secret left out.
func withoutSecret(o managed) managed {
	shown := maps.Clone(o)
	for _, path := range secretHolders {
		if _, ok := at(o, path...).(map[string]any); !ok {
			continue
		}
		inner := shown
		for _, key := range path {
			copied := maps.Clone(inner[key].(map[string]any))
			inner[key] = copied
			inner = copied
		}
		delete(inner, "client_secret")
	}
	return shown
}

// keepSecret carries the secret of an object over to one that has none.
func keepSecret(old, next managed) {
	for _, path := range secretHolders {
		known := text(old, append(slices.Clone(path), "client_secret")...)
		holder, ok := at(next, path...).(map[string]any)
		if _, given := holder["client_secret"]; ok && !given && known != "" {
			holder["client_secret"] = known
		}
	}
}
