package doctor

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
)

var (
	// oktaHost are hosts whose ids have Okta's shape.
	oktaHost = regexp.MustCompile(`\.(okta|oktapreview|okta-emea|okta-gov)\.com$`)
	// oktaClient is the shape of a client ID of Okta.
	oktaClient = regexp.MustCompile(`^0oa[0-9A-Za-z]{17}$`)
	// sample is what stands in guides in the place of a secret.
	sample = regexp.MustCompile(`(?i)^(<.*>|\$.*|x{3,}|.*(change[-_ ]?me|replace[-_ ]?me|your[-_ ]|example|placeholder|todo).*)$`)
)

// shortSecret is the length, in bytes, below which a client secret is no provider's.
// Okta's and Auth0's have 64.
const shortSecret = 16

// configuration is what reading it found, and the shapes of ids and secrets.
func (e *exam) configuration(context.Context) []Finding {
	found := slices.Clone(e.Findings)
	found = append(found, e.issuerShape()...)
	found = append(found, e.secretShapes()...)
	if len(e.Okta.Scopes) > 0 && !slices.Contains(e.Okta.Scopes, "openid") {
		found = append(found, failure("the scopes lack openid", "without it the provider sends no ID token", "add openid to: okta { scopes … }"))
	}
	if e.BearerIssuer != "" && e.BearerIssuer == e.Okta.Issuer && shapeOf(e.Okta.Issuer, "") == orgServer {
		found = append(found, failure("bearer takes tokens of Okta's org authorization server", "its access tokens are for Okta alone, and nobody else can verify them",
			"create a custom authorization server at Okta, and write its issuer: …/oauth2/<name>"))
	}
	if Worst(found) == OK {
		found = append(found, ok("the settings resolve, and the secrets have the shapes of secrets"))
	}
	return found
}

func (e *exam) issuerShape() (found []Finding) {
	host := hostOf(e.Okta.Issuer)
	if name, rest, _ := strings.Cut(host, "."); strings.HasSuffix(name, "-admin") && oktaHost.MatchString("."+rest) {
		right := strings.Replace(e.Okta.Issuer, name, strings.TrimSuffix(name, "-admin"), 1)
		found = append(found, failure("okta issuer is the address of the admin console", "the console has a host of its own, which signs nobody in", "write: issuer "+right))
	}
	if id := e.Okta.ClientID; id != "" && oktaHost.MatchString(host) && !oktaClient.MatchString(id) {
		found = append(found, warning("okta client_id does not look like one of Okta's", "Okta's are 0oa and 17 letters or digits", "copy the Client ID from the app's page in Okta's admin console, tab General"))
	}
	return found
}

func (e *exam) secretShapes() (found []Finding) {
	plain := e.Okta.ClientSecret.Reveal()
	switch {
	case plain == "":
	case strings.ContainsAny(plain, " \t\r\n"):
		found = append(found, failure("okta client_secret holds white space", "no provider's secret does", "copy the secret again, and nothing around it"))
	case sample.MatchString(plain):
		found = append(found, failure("okta client_secret is a sample, not a secret", "it reads like what guides put in its place", "copy the secret from the app's page at the provider"))
	case plain == e.Okta.ClientID:
		found = append(found, failure("okta client_secret is the client ID", "both settings have the same value", "copy the secret from the app's page at the provider"))
	case len(plain) < shortSecret:
		found = append(found, warning("okta client_secret is very short", "providers' secrets are much longer, so a part may be missing", "copy the whole secret from the app's page at the provider"))
	}
	for i, key := range e.SessionKeys {
		switch k := key.Reveal(); {
		case k == "":
		case different(k) < 10:
			found = append(found, failure("a session key can be guessed", "it repeats few characters; who guesses it can make sessions for anybody", "make one with: passkey-sidecar keygen"))
		case sample.MatchString(k):
			found = append(found, warning("a session key reads like a sample", "who knows the guide it came from can make sessions for anybody", "make one with: passkey-sidecar keygen"))
		case k == plain, k == e.Corbado.APISecret.Reveal():
			found = append(found, failure("a session key is also another secret", "who learns the one has the other", "make one with: passkey-sidecar keygen"))
		case slices.ContainsFunc(e.SessionKeys[:i], func(other secret.Value) bool { return other.Reveal() == k }):
			found = append(found, warning("a session key is listed twice", "a rotation that put a copy in front changes nothing", "make the new one with: passkey-sidecar keygen"))
		}
	}
	return found
}

// different counts the different bytes of a text.
func different(s string) int {
	seen := make(map[byte]bool)
	for i := range len(s) {
		seen[s[i]] = true
	}
	return len(seen)
}

// The kinds of authorization servers.
const (
	orgServer    = "Okta's org authorization server"
	customServer = "a custom authorization server of Okta"
	auth0Tenant  = "an Auth0 tenant"
	otherServer  = "an OpenID provider"
)

// shapeOf tells servers apart by how they name themselves. A custom domain hides the
// vendor; the paths stay.
func shapeOf(issuer, tokenEndpoint string) string {
	u, err := url.Parse(issuer)
	if err != nil {
		return otherServer
	}
	switch {
	case strings.HasPrefix(u.Path, "/oauth2/"):
		return customServer
	case strings.HasSuffix(tokenEndpoint, "/oauth/token"):
		return auth0Tenant
	case strings.HasSuffix(tokenEndpoint, "/oauth2/v1/token"), u.Path == "" && oktaHost.MatchString(u.Hostname()):
		return orgServer
	}
	return otherServer
}
