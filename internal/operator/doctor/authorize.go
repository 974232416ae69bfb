package doctor

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// asked is how the provider answered an authorization request.
type asked struct {
	answer
	// code and description are an error that was sent to the redirect URI.
	code, description string
	// back says that the answer goes to the redirect URI.
	back bool
}

// authorize sends an authorization request, as the sidecar does, and signs nobody in.
// Changes are parameters to set; an empty value leaves one out.
func (e *exam) authorize(ctx context.Context, redirectURI string, changes map[string]string) (asked, error) {
	q := url.Values{
		"client_id": {e.Okta.ClientID}, "response_type": {"code"}, "scope": {strings.Join(e.Okta.Scopes, " ")}, "redirect_uri": {redirectURI},
		"state": {"doctor-" + rand.Text()}, "nonce": {rand.Text()},
		"code_challenge": {challenge(rand.Text() + rand.Text())}, "code_challenge_method": {"S256"},
	}
	for name, value := range changes {
		if q.Set(name, value); value == "" {
			q.Del(name)
		}
	}
	target, err := url.Parse(e.meta.Authorization)
	if err != nil {
		return asked{}, err
	}
	all := target.Query()
	maps.Copy(all, q)
	target.RawQuery = all.Encode()
	a, err := e.get(ctx, target.String(), "Accept", "text/html")
	if err != nil {
		return asked{}, err
	}
	r := asked{answer: a}
	if to := a.redirect(); to != nil && strings.HasPrefix(to.String(), redirectURI) {
		r.back, r.code, r.description = true, to.Query().Get("error"), to.Query().Get("error_description")
	}
	return r, nil
}

// challenge is the S256 challenge of a verifier (RFC 7636 section 4.2).
func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

var silent = map[string]string{"prompt": "none"}

// wantsUser are the answers to prompt=none that mean: everything is right, but for a
// user (OpenID Connect Core 1.0 section 3.1.2.6).
var wantsUser = []string{"login_required", "interaction_required", "consent_required", "account_selection_required"}

// signIn asks for a sign-in without a user, at each redirect URI. "Nobody is signed in"
// at the redirect URI proves client, redirect URI and scopes.
func (e *exam) signIn(ctx context.Context) []Finding {
	if e.meta == nil {
		return needsDiscovery()
	}
	var found []Finding
	for _, public := range e.PublicURLs {
		uri := e.callback(public)
		r, err := e.authorize(ctx, uri, silent)
		if err != nil {
			why, fix := trouble(hostOf(e.meta.Authorization), err)
			return one(failure("the authorization endpoint does not answer", why, fix))
		}
		found = append(found, e.judgeSignIn(r, uri))
	}
	return found
}

func (e *exam) judgeSignIn(r asked, uri string) Finding {
	switch {
	case r.back && slices.Contains(wantsUser, r.code):
		return ok("the provider takes the client's request and answers at " + uri)
	case r.back:
		return e.refusal(r)
	case r.status == http.StatusTooManyRequests:
		return warning("the provider limits the rate", "the authorization endpoint answers 429", "run the doctor again in a minute")
	case r.status >= 500:
		return failure("the authorization endpoint is out of order", fmt.Sprintf("it answers %d", r.status), "wait, and look at the provider's status page (status.okta.com)")
	case r.status >= 400:
		return e.refusedPage(r, uri)
	}
	return unproven("the request for a silent sign-in was neither taken nor refused", fmt.Sprintf("the authorization endpoint answers %d and not to the redirect URI", r.status),
		"open the site in a browser and sign in once")
}

// refusedPage reads the provider's own error page. Okta and Auth0 show one when the
// client or its redirect URI is wrong, and tell the app nothing.
func (e *exam) refusedPage(r asked, uri string) Finding {
	text := strings.ToLower(r.body)
	register := failure("the redirect URI is not registered", fmt.Sprintf("the provider shows an error page (%d) and names redirect_uri", r.status),
		"add to the app's Sign-in redirect URIs (Auth0: Allowed Callback URLs), exactly: "+uri)
	client := failure("the provider does not know the client", fmt.Sprintf("it shows an error page (%d) and names client_id", r.status),
		"copy the Client ID from the app's page at the same org and authorization server as the issuer; check that the app is active")
	switch {
	case strings.Contains(text, "redirect_uri"), strings.Contains(text, "callback url mismatch"), strings.Contains(text, "redirect uri"):
		return register
	case strings.Contains(text, "client_id"), strings.Contains(text, "invalid_client"), strings.Contains(text, "unknown client"):
		return client
	}
	return failure("the provider refuses the client's request", fmt.Sprintf("it shows an error page (%d) without a cause that the doctor knows", r.status),
		"compare client_id with the app's page, and register exactly: "+uri)
}

// refusal explains an error that came to the redirect URI.
func (e *exam) refusal(r asked) Finding {
	why := "the provider answers " + line(r.code) + " " + quote(r.description)
	switch r.code {
	case "invalid_scope":
		return failure("the provider refuses the scopes", why, "see the finding of the check scopes")
	case "unauthorized_client", "unsupported_response_type":
		return failure("the app may not use the code flow", why, "allow the grant type Authorization Code on the app's page, tab General")
	case "access_denied":
		return failure("the provider's policy refuses the app", why, "add the client to an access policy and rule of the authorization server (Security > API > Access Policies)")
	case "server_error", "temporarily_unavailable":
		return failure("the provider is out of order", why, "wait, and look at the provider's status page (status.okta.com)")
	case "":
		return failure("the provider answers without a sign-in", "a request with prompt=none and no session was answered without an error", "compare the issuer with the provider's; nothing should answer so")
	}
	if strings.Contains(strings.ToLower(r.description), "pkce") || strings.Contains(r.description, "code_challenge") {
		return failure("the provider refuses the code challenge", why, "allow PKCE with S256 for the app")
	}
	return failure("the provider refuses the client's request", why, "correct what the message names, on the app's page at the provider")
}

// scopes finds out which scopes are refused, or left out without a word.
func (e *exam) scopes(ctx context.Context) []Finding {
	if e.meta == nil {
		return needsDiscovery()
	}
	if len(e.PublicURLs) == 0 {
		return nil
	}
	var found []Finding
	uri := e.callback(e.PublicURLs[0])
	r, err := e.authorize(ctx, uri, silent)
	refused := err == nil && r.code == "invalid_scope"
	for _, scope := range e.Okta.Scopes {
		if scope == "openid" {
			continue
		}
		if refused {
			r, err := e.authorize(ctx, uri, map[string]string{"prompt": "none", "scope": "openid " + scope})
			if err == nil && r.code == "invalid_scope" {
				found = append(found, failure("the provider refuses the scope "+scope, "it answers invalid_scope "+quote(r.description), e.scopeFix(scope)))
				continue
			}
		}
		if shapeOf(e.meta.Issuer, e.meta.Token) == auth0Tenant && len(e.meta.Scopes) > 0 && !slices.Contains(e.meta.Scopes, scope) {
			found = append(found, warning("the provider does not know the scope "+scope, "scopes_supported lacks it, and Auth0 leaves out what it does not know",
				"remove it from: okta { scopes … }; send such claims with an Action, and name them in groups or identity"))
		}
	}
	switch {
	case err != nil || !r.back:
		return append(found, unproven("not asked", "the sign-in request itself fails", "repair the sign-in first"))
	case refused && len(found) == 0:
		return one(failure("the provider refuses the scopes together", "it answers invalid_scope "+quote(r.description), "remove scopes from: okta { scopes … } until it takes them"))
	case len(found) == 0:
		return one(ok("the provider takes all scopes: " + strings.Join(e.Okta.Scopes, " ")))
	}
	return found
}

func (e *exam) scopeFix(scope string) string {
	if scope == "groups" && shapeOf(e.meta.Issuer, e.meta.Token) == customServer {
		return "add a scope and a claim groups to the authorization server (passkey-sidecar okta setup --groups-prefix …), or remove groups from: okta { scopes … }"
	}
	if scope == "offline_access" {
		return "allow the grant type Refresh Token on the app's page, or remove offline_access from: okta { scopes … }"
	}
	return "add the scope " + scope + " to the authorization server (Security > API > Scopes), or remove it from: okta { scopes … }"
}

// pkce asks once without a code challenge, which an app that insists on PKCE refuses.
func (e *exam) pkce(ctx context.Context) []Finding {
	if e.meta == nil {
		return needsDiscovery()
	}
	if len(e.meta.PKCE) > 0 && !slices.Contains(e.meta.PKCE, "S256") {
		return one(failure("the provider does not offer PKCE with S256", "code_challenge_methods_supported lacks it", "compare the issuer with the provider's; Okta and Auth0 both offer it"))
	}
	if len(e.PublicURLs) == 0 {
		return nil
	}
	r, err := e.authorize(ctx, e.callback(e.PublicURLs[0]), map[string]string{"prompt": "none", "code_challenge": "", "code_challenge_method": ""})
	switch {
	case err != nil || !r.back:
		return one(unproven("not asked", "the sign-in request itself fails", "repair the sign-in first"))
	case r.code == "invalid_request":
		return one(ok("the app insists on PKCE"))
	case slices.Contains(wantsUser, r.code) && shapeOf(e.meta.Issuer, e.meta.Token) != auth0Tenant:
		return one(warning("the app does not insist on PKCE", "a request without a code challenge was taken; the sidecar itself always sends one",
			"switch on “Require PKCE as additional verification” on the app's page, tab General"))
	case slices.Contains(wantsUser, r.code):
		return one(ok("the provider takes PKCE, and the sidecar always uses it")) // Auth0 has no switch
	}
	return one(unproven("whether the app insists on PKCE is not seen", "the provider answers "+line(r.code), "look at the app's page, tab General"))
}
