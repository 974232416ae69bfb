package provider

import (
	"errors"
	"fmt"
	"strings"
)

// MismatchError means that the configured issuer is not the provider's own name
// for itself (OpenID Connect Discovery 1.0 section 4.3, RFC 9207).
type MismatchError struct {
	Configured string
	// Named is what the provider calls itself. Anybody may have chosen it.
	Named string
}

// Error names both issuers.
func (e *MismatchError) Error() string {
	return fmt.Sprintf("issuer %s is configured, the provider says %s", e.Configured, e.Named)
}

// Hint says what an operator can do about it.
func (e *MismatchError) Hint() string {
	if strings.TrimSuffix(e.Configured, "/") == strings.TrimSuffix(e.Named, "/") {
		return "they differ in the trailing slash only: write the issuer exactly as the provider does"
	}
	return "set issuer to what the provider says, or change the issuer mode (Okta URL, custom URL, dynamic) of the app or authorization server in Okta's admin console"
}

// hint says what an operator should look at after an error of discover.
func hint(err error) string {
	if mismatch, ok := errors.AsType[*MismatchError](err); ok {
		return mismatch.Hint()
	}
	if strings.HasPrefix(err.Error(), "404 ") {
		return "there is no authorization server at this issuer: compare it with Security > API in Okta's admin console"
	}
	return "is the identity provider reachable from here, by name and through any proxy?"
}

// OrgIssuer returns the issuer of the Okta org that a custom authorization server
// belongs to, such as https://acme.okta.com for
// https://acme.okta.com/oauth2/default, and "" for an issuer that is none.
func OrgIssuer(issuer string) string {
	org, _, custom := strings.Cut(issuer, "/oauth2/")
	if !custom {
		return ""
	}
	return org
}
