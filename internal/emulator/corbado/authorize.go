package corbado

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// authorizeRequest is a checked authentication request (OpenID Connect Core
// section 3.1.2.1).
type authorizeRequest struct {
	client      OIDCClient
	redirectURI string
	state       string
	nonce       string
	challenge   string // PKCE S256, or empty
	scopes      []string
	hint        string // login_hint: signed passkey data
}

// authorize signs the user in whose signed passkey data is the login_hint, and
// asks nobody anything: without a good hint it sends the browser back with an
// error. Corbado does not publish how its authorize endpoint answers a bad
// hint; these are the errors of OpenID Connect Core section 3.1.2.6.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		s.refuse(w, time.Now(), &apiError{status: http.StatusMethodNotAllowed, kind: errMethodNotAllowed})
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "The request is not a form.", http.StatusBadRequest)
		return
	}
	q := authorizeRequest{redirectURI: r.Form.Get("redirect_uri"), state: r.Form.Get("state")}
	var ok bool
	// Nobody is sent to an address that the client did not register (RFC 6749
	// section 4.1.2.1).
	if q.client, ok = s.oidcClient(r.Form.Get("client_id")); !ok || !slices.Contains(q.client.RedirectURIs, q.redirectURI) {
		s.journal.record(r.Context(), "federation_refused", detail{"reason", "unknown client or redirect_uri"})
		http.Error(w, "Unknown client_id, or a redirect_uri that is not registered for it.", http.StatusBadRequest)
		return
	}
	answer := url.Values{}
	if q.state != "" {
		answer.Set("state", q.state)
	}
	code, err := s.grantCode(r, q)
	if err != nil {
		s.journal.record(r.Context(), "federation_refused",
			detail{"client", q.client.ID}, detail{"error", err.Code}, detail{"reason", err.Description})
		answer.Set("error", err.Code)
		answer.Set("error_description", err.Description)
	} else {
		answer.Set("code", code)
	}
	w.Header().Set("Referrer-Policy", "no-referrer") // the hint is in our own URL
	http.Redirect(w, r, withQuery(q.redirectURI, answer), http.StatusFound)
}

// withQuery adds values to a URL that may have a query of its own.
func withQuery(raw string, values url.Values) string {
	if strings.Contains(raw, "?") {
		return raw + "&" + values.Encode()
	}
	return raw + "?" + values.Encode()
}

// challengeForm is a SHA-256 in base64url (RFC 7636 section 4.2).
var challengeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// read takes in the rest of the request, once the redirect URI is known to be
// good.
func (q *authorizeRequest) read(form url.Values) *oauthError {
	for name, values := range form {
		if len(values) > 1 {
			return badRequest(clip(name) + " is there more than once")
		}
	}
	q.nonce, q.challenge = form.Get("nonce"), form.Get("code_challenge")
	q.scopes, q.hint = strings.Fields(form.Get("scope")), form.Get("login_hint")
	method := form.Get("code_challenge_method")
	switch {
	case form.Get("response_type") != "code":
		return &oauthError{Code: "unsupported_response_type", Description: "response_type must be code"}
	case form.Get("response_mode") != "" && form.Get("response_mode") != "query":
		return badRequest("response_mode must be query")
	case !slices.Contains(q.scopes, "openid"):
		return &oauthError{Code: "invalid_scope", Description: "scope must hold openid"}
	case q.challenge == "" && method == "":
		return nil
	case method != "S256" || !challengeForm.MatchString(q.challenge):
		return badRequest("code_challenge must be of method S256")
	}
	return nil
}

// grantCode returns the code for a request whose login_hint is good.
func (s *Server) grantCode(r *http.Request, q authorizeRequest) (string, *oauthError) {
	if err := q.read(r.Form); err != nil {
		return "", err
	}
	switch {
	case s.faults.take(FaultOIDCLoginRequired):
		return "", &oauthError{Code: "login_required", Description: "the passkey login could not be verified"}
	case s.faults.take(FaultOIDCServerError):
		return "", &oauthError{Code: "server_error", Description: "an internal error occurred"}
	case q.hint == "":
		return "", &oauthError{Code: "login_required", Description: "login_hint is missing"}
	}
	data, u, err := s.redeem(q.hint)
	switch {
	case errors.Is(err, errDataGarbled):
		return "", badRequest("login_hint " + err.Error())
	case errors.Is(err, errDataForeign), errors.Is(err, errDataExpired), errors.Is(err, errDataReplayed), errors.Is(err, errDataGone):
		return "", &oauthError{Code: "login_required", Description: "login_hint " + err.Error()}
	case err != nil:
		return "", &oauthError{Code: "server_error"}
	}
	code := s.grants.issueCode(grant{
		clientID: q.client.ID, redirectURI: q.redirectURI, challenge: q.challenge,
		nonce: q.nonce, scopes: q.scopes, userID: u.id, authTime: data.IssuedAt,
	}, s.Now())
	s.journal.record(r.Context(), "federation_authorized",
		detail{"client", q.client.ID}, detail{"user", u.id}, detail{"credential", data.Credential})
	return code, nil
}
