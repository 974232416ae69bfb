package login

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// refused deals with an error that Okta sends back instead of a code (RFC 6749 section
// 4.1.2.1, OpenID Connect Core 1.0 section 3.1.2.6; texts: Okta: OpenID Connect & OAuth
// 2.0 API). The state has been verified, so the error comes from Okta or from the
// person at this browser.
//
// access_denied is never tried again. Okta's own session persists, so the browser would
// go round for ever.
func (rp *RelyingParty) refused(w http.ResponseWriter, r *http.Request, said *answer, a *attempt, live *session.Session) error {
	switch said.errorCode {
	case "login_required", "consent_required", "interaction_required", "account_selection_required":
		if a.restarts() == 0 {
			return rp.restart(w, r, a)
		}
	}
	p := rp.refusal(said, a)
	switch {
	case live != nil && !a.demand().IsZero():
		// The page that asked would send them here again.
		p.Ways = append(p.Ways, problem.Way{Label: "Go to the start page", Href: "/"})
	case live != nil:
		p.Ways = append(p.Ways, problem.Way{Label: "Go on with the account you are signed in with", Href: a.returnPath})
	}
	p.Err = fmt.Errorf("authorization endpoint answered %s %q", claims.Printable(said.errorCode, 64), claims.Printable(said.description, maxShownText))
	return rp.failed(r.Context(), a, p)
}

// refusal is what the person sees of each error.
func (rp *RelyingParty) refusal(said *answer, a *attempt) *problem.Problem {
	again := []problem.Way{rp.wayAgain(a.returnPath)}
	switch said.errorCode {
	case "access_denied":
		return rp.denied(said, a)
	case "unmet_authentication_requirements":
		p := &problem.Problem{
			Status: http.StatusForbidden, Code: "authentication_requirements_unmet",
			Title:  "Your account cannot sign in the way this site needs",
			Detail: "This site asks for a stronger sign-in than your account has set up. Add another sign-in method at your identity provider, or use another account.",
			Ways:   []problem.Way{rp.wayOtherAccount(a.returnPath)},
		}
		if a.acr != "" {
			p.Operator = "step_up asks for acr_values=" + a.acr + ": does the account have an authenticator for it, and does the app's sign-in policy allow it?"
		}
		return p
	case "login_required", "consent_required", "interaction_required", "account_selection_required":
		return &problem.Problem{
			Status: http.StatusForbidden, Code: "interaction_required",
			Title:  "The identity provider needs you to sign in there",
			Detail: "It would not show its sign-in page, twice in a row.",
			Ways:   []problem.Way{rp.wayOtherAccount(a.returnPath)},
		}
	case "invalid_scope":
		return operator(said, "invalid_scope", "One of the scopes is not set up at the authorization server. Asked for: "+
			strings.Join(rp.config.Scopes, " ")+".", again)
	case "invalid_request":
		return operator(said, "invalid_request", "The identity provider did not accept the sign-in request.", again)
	case "unauthorized_client":
		return operator(said, "unauthorized_client", "The app at the identity provider may not use the authorization code flow: allow that grant type.", again)
	case "unsupported_response_type":
		return operator(said, "unsupported_response_type", "The authorization server does not offer the authorization code flow.", again)
	case "invalid_client":
		return operator(said, "client_rejected", "The identity provider does not know this site's client_id, or the app there is not active.", again)
	case "temporarily_unavailable":
		return rp.unavailable(shortWait, nil, a)
	case "server_error":
		return &problem.Problem{
			Status: http.StatusBadGateway, Code: "identity_provider_error",
			Title:  "The identity provider had a problem",
			Detail: "It could not complete the sign-in. Try again in a moment.",
			Ways:   again,
		}
	}
	return operator(said, "sign_in_refused", "The identity provider refused the sign-in.", again)
}

// denied distinguishes the kinds of access_denied by Okta's texts.
func (rp *RelyingParty) denied(said *answer, a *attempt) *problem.Problem {
	ways := []problem.Way{rp.wayOtherAccount(a.returnPath)}
	text := strings.ToLower(said.description)
	switch {
	case strings.Contains(text, "not assigned"):
		return &problem.Problem{
			Status: http.StatusForbidden, Code: "not_assigned",
			Title:  "Your account may not use this app",
			Detail: "You are signed in at the identity provider, but the account there is not assigned to this app. Use another account, or ask whoever runs the app to assign yours.",
			Ways:   ways,
		}
	case strings.Contains(text, "policy evaluation failed"):
		return operator(said, "access_policy_missing", "No access policy of the authorization server lets this app in: "+
			"add a policy with a rule for it under Security > API > Authorization Servers > Access Policies.", ways)
	}
	return &problem.Problem{
		Status: http.StatusForbidden, Code: "access_denied",
		Title:    "The identity provider did not let you in",
		Detail:   "You declined, or a rule there stood in the way.",
		Operator: "Network zones, device checks and sign-on policies end here; the identity provider's system log names the rule.",
		Ways:     ways,
	}
}

// operator is a refusal that only whoever runs the site can mend. It shows Okta's own
// words, cut short. The page escapes them.
func operator(said *answer, code, detail string, ways []problem.Way) *problem.Problem {
	if said.description != "" {
		detail += " It says: " + claims.Printable(said.description, maxShownText)
	}
	return &problem.Problem{
		Status:   http.StatusBadGateway,
		Code:     code,
		Title:    "Sign-in is not set up correctly",
		Detail:   tellOperator,
		Operator: detail,
		Ways:     ways,
	}
}
