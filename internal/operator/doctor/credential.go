package doctor

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	secretBasic = "client_secret_basic"
	secretPost  = "client_secret_post"
)

// tokenAnswer is how the token endpoint refused (RFC 6749 section 5.2).
type tokenAnswer struct {
	answer
	Code        string `json:"error"`
	Description string `json:"error_description"`
	AccessToken string `json:"access_token"`
	json        bool
}

// token sends a token request with the client's credential.
func (e *exam) token(ctx context.Context, style string, form url.Values) (tokenAnswer, error) {
	if style == secretPost {
		form.Set("client_id", e.Okta.ClientID)
		form.Set("client_secret", e.Okta.ClientSecret.Reveal())
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.meta.Token, strings.NewReader(form.Encode()))
	if err != nil {
		return tokenAnswer{}, err
	}
	if style != secretPost {
		r.SetBasicAuth(url.QueryEscape(e.Okta.ClientID), url.QueryEscape(e.Okta.ClientSecret.Reveal()))
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	a, err := e.send(r)
	t := tokenAnswer{answer: a}
	t.json = err == nil && json.Unmarshal([]byte(a.body), &t) == nil
	return t, err
}

// byCode redeems a code that does not exist.
func (e *exam) byCode(ctx context.Context, style string) (tokenAnswer, error) {
	uri := ""
	if len(e.PublicURLs) > 0 {
		uri = e.callback(e.PublicURLs[0])
	}
	return e.token(ctx, style, url.Values{
		"grant_type": {"authorization_code"}, "code": {"doctor-" + rand.Text()}, "redirect_uri": {uri}, "code_verifier": {rand.Text() + rand.Text()},
	})
}

// refusesClient reports whether the answer is about the credential. Auth0 says
// access_denied, Unauthorized.
func (t tokenAnswer) refusesClient() bool {
	return t.Code == "invalid_client" || t.status == http.StatusUnauthorized
}

// credential asks for tokens with a code that does not exist: who is told that the code
// is wrong has shown the right secret.
func (e *exam) credential(ctx context.Context) []Finding {
	if e.meta == nil {
		return needsDiscovery()
	}
	if e.Okta.ClientSecret.IsZero() || e.Okta.ClientID == "" {
		return one(unproven("not asked", "client_id or client_secret is missing", "set both in the okta block"))
	}
	t, err := e.byCode(ctx, e.Okta.ClientAuth)
	if err != nil {
		why, fix := trouble(hostOf(e.meta.Token), err)
		return one(failure("the token endpoint does not answer", why, fix))
	}
	if t.refusesClient() {
		return one(e.refusedClient(ctx, t))
	}
	return one(judgeToken(t))
}

func judgeToken(t tokenAnswer) Finding {
	why := fmt.Sprintf("the token endpoint answers %d %s %s", t.status, line(t.Code), quote(t.Description))
	switch {
	case t.Code == "invalid_grant":
		return ok("the provider takes the client's secret")
	case t.Code == "unauthorized_client", t.Code == "unsupported_grant_type":
		return failure("the app may not use the code flow", why, "allow the grant type Authorization Code on the app's page, tab General")
	case t.Code == "use_dpop_nonce", t.Code == "invalid_dpop_proof":
		return failure("the app demands DPoP", why, "switch off “Require Demonstrating Proof of Possession (DPoP) header in token requests” on the app's page")
	case t.status == http.StatusTooManyRequests:
		return warning("the provider limits the rate", "the token endpoint answers 429", "run the doctor again in a minute")
	case t.status >= 500:
		return failure("the token endpoint is out of order", fmt.Sprintf("it answers %d", t.status), "wait, and look at the provider's status page (status.okta.com)")
	case !t.json && t.html():
		return failure("the token endpoint answers a web page", fmt.Sprintf("status %d, no JSON", t.status), "look at a proxy on the way out, and compare the issuer with the provider's")
	case t.redirect() != nil:
		return failure("the token endpoint redirects", "it sends to "+place(t.redirect()), fixIssuer)
	case t.AccessToken != "" || t.status < 300:
		return failure("the token endpoint takes a code that does not exist", fmt.Sprintf("it answers %d", t.status), "compare the issuer with the provider's; this is none")
	}
	return unproven("the token endpoint's answer is not understood", why, "sign in once and look at the sidecar's log")
}

// refusedClient finds out what about the credential is wrong.
func (e *exam) refusedClient(ctx context.Context, t tokenAnswer) Finding {
	why := fmt.Sprintf("a token request with a made-up code is answered %d %s %s", t.status, line(t.Code), quote(t.Description))
	if strings.Contains(t.Description, "client_id") {
		return failure("the provider does not know the client", why, "copy the Client ID from the app's page at the same org as the issuer; check that the app is active")
	}
	other := secretPost
	if e.Okta.ClientAuth == secretPost {
		other = secretBasic
	}
	if second, err := e.byCode(ctx, other); err == nil && second.Code == "invalid_grant" {
		return failure("the app takes its secret in another way", why+"; with "+other+" it is taken", "write: okta { client_auth "+other+" }")
	}
	return failure("the provider refuses the client's secret", why,
		"copy the client secret again from the app's page (Okta: General > Client Credentials) to where client_secret points; check that it is active and the client authentication is “Client secret”")
}

// refresh asks for tokens with a refresh token that does not exist.
func (e *exam) refresh(ctx context.Context) []Finding {
	if !slices.Contains(e.Okta.Scopes, "offline_access") {
		return one(ok("refresh is not asked for (no scope offline_access)"))
	}
	if e.meta == nil {
		return needsDiscovery()
	}
	if len(e.meta.GrantTypes) > 0 && !slices.Contains(e.meta.GrantTypes, "refresh_token") {
		return one(failure("the provider offers no refresh tokens", "grant_types_supported lacks refresh_token", "remove offline_access from: okta { scopes … }"))
	}
	t, err := e.token(ctx, e.Okta.ClientAuth, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"doctor-" + rand.Text()}})
	switch {
	case err != nil, t.refusesClient():
		return one(unproven("not asked", "the client's credential is refused", "repair the credential first"))
	case t.Code == "unauthorized_client", t.Code == "unsupported_grant_type":
		return one(failure("the app may not refresh", "the token endpoint answers "+line(t.Code)+" "+quote(t.Description),
			"allow the grant type Refresh Token on the app's page, or remove offline_access from: okta { scopes … }"))
	case t.Code == "invalid_grant":
		return []Finding{ok("the app may refresh"), unproven("how long a replaced refresh token works once more is not seen", "only the provider's console shows it",
			"let it be 30 seconds or more (Okta: Refresh Token > Grace period; Auth0: Rotation Overlap Period), or a lost answer signs a user out")}
	}
	return one(unproven("whether the app may refresh is not seen", fmt.Sprintf("the token endpoint answers %d %s", t.status, line(t.Code)), "look at the app's grant types"))
}

// signOut looks for the end session endpoint. What may follow it is registered, and shown
// to nobody who has no ID token: asking with one would sign its user out.
func (e *exam) signOut(context.Context) []Finding {
	if e.meta == nil {
		return needsDiscovery()
	}
	if e.meta.EndSession == "" {
		return one(warning("sign-out ends here and not at the provider", "the metadata has no end_session_endpoint",
			"Auth0: switch on “RP-Initiated Logout End Session Endpoint Discovery” in the tenant's advanced settings; Okta always has one"))
	}
	var uris []string
	for _, public := range e.PublicURLs {
		uris = append(uris, strings.TrimSuffix(public, "/")+e.BasePath+"/signed-out")
	}
	return one(unproven("whether the sign-out redirect URI is registered is not seen", "the provider shows it only to a user who signs out",
		"register as Sign-out redirect URIs (Auth0: Allowed Logout URLs), exactly: "+strings.Join(uris, " ")))
}
