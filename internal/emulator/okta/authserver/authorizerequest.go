package authserver

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
)

// Request is a checked /authorize request.
type Request struct {
	Issuer       *Issuer
	Client       *org.Client
	RedirectURI  string
	ResponseMode string
	State, Nonce string
	// Challenge is the S256 challenge of RFC 7636, or "".
	Challenge string
	LoginHint string
	// IDP is Okta's own parameter: the id of the provider to go to.
	IDP    string
	Scopes []string
	// MaxAge is how old the sign-in may be; negative means any age.
	MaxAge time.Duration

	acrValues []string
	prompt    []string
}

func (a *Request) prompts(value string) bool { return slices.Contains(a.prompt, value) }

const (
	textState       = "The authentication request has an invalid 'state' parameter."
	textPKCE        = "PKCE code challenge is required by the application."
	textScope       = "One or more scopes are not configured for the authorization server resource."
	textLogin       = "The client specified not to prompt, but the user is not logged in."
	textNotAssigned = "User is not assigned to the client application."
)

var (
	// Okta: "state … can contain alphanumeric, comma, period, underscore, and hyphen characters".
	stateForm = regexp.MustCompile(`^[A-Za-z0-9,._-]+$`)
	// An S256 challenge is 32 bytes in base64url (RFC 7636 section 4.2).
	challengeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
)

// findClient checks what must hold before anything may go to a redirect URI.
// The error is for Okta's own page.
func (s *Servers) findClient(form url.Values) (*org.Client, string, *org.OAuthError) {
	for _, name := range []string{"client_id", "redirect_uri"} {
		if len(form[name]) > 1 {
			return nil, "", org.OAuth("invalid_request", "The '"+name+"' parameter is there more than once.")
		}
	}
	client, ok := s.org.Client(form.Get("client_id"))
	if !ok {
		return nil, "", org.OAuth("invalid_client", "Invalid value for 'client_id' parameter.")
	}
	redirectURI := form.Get("redirect_uri")
	if !slices.Contains(client.RedirectURIs, redirectURI) {
		return client, "", org.OAuth(
			"invalid_request",
			"The 'redirect_uri' parameter must be a Login redirect URI in the client app settings: "+
				s.org.PublicURL+"/admin/app/oidc_client/instance/"+client.ID+"#tab-general",
		)
	}
	return client, redirectURI, nil
}

// parseAuthorize checks the rest. The request is filled in as far as an error
// answer needs it.
func parseAuthorize(iss *Issuer, client *org.Client, redirectURI string, form url.Values) (*Request, *org.OAuthError) {
	a := &Request{
		Issuer:      iss,
		Client:      client,
		RedirectURI: redirectURI,
		LoginHint:   form.Get("login_hint"),
		IDP:         form.Get("idp"),
		Nonce:       form.Get("nonce"),
		Scopes:      strings.Fields(form.Get("scope")),
		acrValues:   strings.Fields(form.Get("acr_values")),
		prompt:      strings.Fields(form.Get("prompt")),
		MaxAge:      -1,
	}
	mode := form.Get("response_mode")
	known := slices.Contains([]string{"", "query", "fragment", "form_post"}, mode)
	if known {
		a.ResponseMode = mode
	}
	if state := form.Get("state"); stateForm.MatchString(state) {
		a.State = state
	} else {
		return a, org.OAuth("invalid_request", textState)
	}
	if !known {
		return a, org.OAuth("invalid_request", "The 'response_mode' parameter value is not supported by this emulator.")
	}
	for _, check := range []func(url.Values) *org.OAuthError{a.checkType, a.checkScopes, a.checkPKCE, a.checkPrompt} {
		if err := check(form); err != nil {
			return a, err
		}
	}
	return a, nil
}

func (a *Request) checkType(form url.Values) *org.OAuthError {
	for name, values := range form {
		if len(values) > 1 {
			return org.OAuth("invalid_request", "The '"+name+"' parameter is there more than once.")
		}
	}
	switch {
	case form.Has("request"):
		return org.OAuth("request_not_supported", "The 'request' parameter is not supported by this emulator.")
	case form.Has("request_uri"):
		return org.OAuth("request_uri_not_supported", "The 'request_uri' parameter is not supported by this emulator.")
	case form.Get("response_type") != "code":
		return org.OAuth("unsupported_response_type", "The response type is not supported by the authorization server. Configured response types: [code]")
	}
	return nil
}

func (a *Request) checkScopes(url.Values) *org.OAuthError {
	if len(a.Scopes) == 0 {
		return org.OAuth("invalid_scope", "The authorization server resource does not have any configured default scopes, 'scope' must be provided.")
	}
	known, strict := a.Issuer.scopes()
	unknown := func(scope string) bool { return !slices.Contains(known, scope) }
	if strict && slices.ContainsFunc(a.Scopes, unknown) {
		return org.OAuth("invalid_scope", textScope)
	}
	a.Scopes = slices.DeleteFunc(a.Scopes, unknown)
	if !slices.Contains(a.Scopes, "openid") {
		return org.OAuth("invalid_scope", "The 'scope' parameter must contain 'openid'.")
	}
	slices.Sort(a.Scopes)
	a.Scopes = slices.Compact(a.Scopes)
	return nil
}

func (a *Request) checkPKCE(form url.Values) *org.OAuthError {
	challenge, method := form.Get("code_challenge"), form.Get("code_challenge_method")
	switch {
	case challenge == "" && a.Client.PKCEOptional && method == "":
		return nil
	case challenge == "":
		return org.OAuth("invalid_request", textPKCE)
	case method != "S256":
		return org.OAuth("invalid_request", "The 'code_challenge_method' parameter must be 'S256'.")
	case !challengeForm.MatchString(challenge):
		return org.OAuth("invalid_request", "The 'code_challenge' parameter is invalid.")
	}
	a.Challenge = challenge
	return nil
}

func (a *Request) checkPrompt(form url.Values) *org.OAuthError {
	for _, p := range a.prompt {
		if !slices.Contains([]string{"none", "login", "consent", "enroll_authenticator"}, p) {
			return org.OAuth("invalid_request", "The 'prompt' parameter value is invalid.")
		}
	}
	if a.prompts("none") && len(a.prompt) > 1 {
		return org.OAuth("invalid_request", "The 'prompt' parameter value 'none' cannot be combined with others.")
	}
	if raw := form.Get("max_age"); raw != "" {
		seconds, err := strconv.ParseInt(raw, 10, 32)
		if err != nil || seconds < 0 {
			return org.OAuth("invalid_request", "The 'max_age' parameter is invalid.")
		}
		a.MaxAge = time.Duration(seconds) * time.Second
	}
	return nil
}

// acr picks the first of the asked authentication contexts that the methods of
// the sign-in meet. Unknown values are ignored, as at Okta; ok is false if
// every known one asks for more.
func (a *Request) acr(amr []string) (value string, ok bool) {
	has := func(method string) bool { return slices.Contains(amr, method) }
	unmet := false
	for _, v := range a.acrValues {
		met, known := map[string]bool{
			"urn:okta:loa:1fa:any":            true,
			"urn:okta:loa:2fa:any:ifpossible": true,
			"urn:okta:loa:1fa:pwd":            has("pwd"),
			"urn:okta:loa:2fa:any":            has("mfa"),
			"phr":                             has("phr"),
			"phrh":                            has("phr") && has("hwk"),
		}[v]
		if met {
			return v, true
		}
		unmet = unmet || known
	}
	return "", !unmet
}
