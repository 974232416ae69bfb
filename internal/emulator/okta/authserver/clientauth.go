package authserver

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
)

const (
	textNoAuth   = "No client credentials found."
	textBadAuth  = "The client secret supplied for a confidential client is invalid."
	textManyAuth = "Can't supply multiple client credentials. Use one of the following: " +
		"credentials in the Authorization header, credentials in the post body, or a client_assertion in the post body."
	textUnknownClient = "Invalid value for 'client_id' parameter."
)

// authenticateClient is client authentication at the token, revocation and
// introspection endpoints: client_secret_basic, client_secret_post, or none for
// a public client (RFC 6749 section 2.3). The request's form must be parsed.
// Parameters in the URL are not looked at.
func (s *Servers) authenticateClient(r *http.Request) (*org.Client, *org.OAuthError) {
	header := r.Header.Get("Authorization")
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	hasHeader, hasPost := header != "", r.PostForm.Has("client_secret")
	if hasHeader && hasPost {
		return nil, org.OAuth("invalid_request", textManyAuth)
	}
	if hasHeader {
		user, pass, ok := basic(r)
		if !ok || id != "" && id != user {
			return nil, org.OAuth("invalid_client", textNoAuth)
		}
		id, secret = user, pass
	}
	if id == "" {
		return nil, org.OAuth("invalid_client", textNoAuth)
	}
	client, ok := s.org.Client(id)
	switch {
	case !ok:
		return nil, org.OAuth("invalid_client", textUnknownClient)
	case client.Public() && !hasHeader && !hasPost:
		return client, nil
	case !hasHeader && !hasPost:
		return nil, org.OAuth("invalid_client", textNoAuth)
	case client.Public() || !client.SecretIs(secret):
		return nil, org.OAuth("invalid_client", textBadAuth)
	}
	return client, nil
}

// basic reads HTTP Basic credentials, which are form-encoded inside (RFC 6749
// section 2.3.1).
func basic(r *http.Request) (id, secret string, ok bool) {
	rawID, rawSecret, ok := r.BasicAuth()
	if !ok {
		return "", "", false
	}
	id, err := url.QueryUnescape(rawID)
	if err != nil {
		return "", "", false
	}
	secret, err = url.QueryUnescape(rawSecret)
	return id, secret, err == nil
}

// clientRequest parses a form request and authenticates its client, or answers.
func (s *Servers) clientRequest(w http.ResponseWriter, r *http.Request, iss *Issuer) (*org.Client, bool) {
	w.Header().Set("Cache-Control", "no-cache, no-store")
	w.Header().Set("Pragma", "no-cache")
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if err := r.ParseForm(); err != nil || !strings.EqualFold(strings.TrimSpace(kind), "application/x-www-form-urlencoded") {
		s.refuseToken(w, "", iss, org.OAuth("invalid_request", "The request body must be application/x-www-form-urlencoded."))
		return nil, false
	}
	client, refusal := s.authenticateClient(r)
	if refusal != nil {
		if refusal.Code == "invalid_client" && r.Header.Get("Authorization") != "" {
			w.Header().Set("WWW-Authenticate", `Basic realm="`+iss.URL+`"`)
		}
		s.refuseToken(w, "", iss, refusal)
		return nil, false
	}
	return client, true
}

// refuseToken is an error answer of the token endpoint (RFC 6749 section 5.2).
func (s *Servers) refuseToken(w http.ResponseWriter, clientID string, iss *Issuer, e *org.OAuthError) {
	s.org.Note(org.Event{Name: org.EventTokenRefused, Client: clientID, Issuer: iss.URL, Code: e.Code, Detail: e.Description})
	status := http.StatusBadRequest
	if e.Code == "invalid_client" {
		status = http.StatusUnauthorized
	}
	org.WriteJSON(w, status, map[string]string{"error": e.Code, "error_description": e.Description})
}
