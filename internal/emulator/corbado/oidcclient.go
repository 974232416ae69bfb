package corbado

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// OIDCClient is a relying party of the OpenID provider, such as an identity
// provider that sends its users here.
type OIDCClient struct {
	ID, Secret string
	// RedirectURIs are compared as text (RFC 9700 section 2.1). At least one.
	RedirectURIs []string
}

func checkOIDCClients(list []OIDCClient) error {
	seen := map[string]bool{}
	for _, c := range list {
		if c.ID == "" || c.Secret == "" || len(c.RedirectURIs) == 0 || seen[c.ID] {
			return errors.New("corbado: OIDCClients: each needs an ID of its own, a Secret and RedirectURIs")
		}
		seen[c.ID] = true
		for _, raw := range c.RedirectURIs {
			if u, err := url.Parse(raw); err != nil || !u.IsAbs() || u.Host == "" || u.Fragment != "" {
				return fmt.Errorf("corbado: OIDCClients: %q is not an absolute URL without a fragment", raw)
			}
		}
	}
	return nil
}

func (s *Server) oidcClient(id string) (OIDCClient, bool) {
	i := slices.IndexFunc(s.clients, func(c OIDCClient) bool { return c.ID == id })
	if i < 0 {
		return OIDCClient{}, false
	}
	return s.clients[i], true
}

// clientOf returns the client that has proved itself to the token endpoint, by
// client_secret_basic or client_secret_post, not both (RFC 6749 section 2.3).
// r's form is parsed.
func (s *Server) clientOf(r *http.Request) (OIDCClient, *oauthError) {
	failed := &oauthError{status: http.StatusUnauthorized, Code: "invalid_client", Description: "client authentication failed"}
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if user, password, basic := r.BasicAuth(); basic {
		if r.PostForm.Has("client_secret") {
			return OIDCClient{}, badRequest("one way to authenticate the client, please")
		}
		// Both are form-encoded inside Basic (RFC 6749 section 2.3.1).
		basicID, errID := url.QueryUnescape(user)
		basicSecret, errSecret := url.QueryUnescape(password)
		if errID != nil || errSecret != nil || (id != "" && id != basicID) {
			return OIDCClient{}, failed
		}
		id, secret = basicID, basicSecret
	}
	c, ok := s.oidcClient(id)
	want, got := sha256.Sum256([]byte(c.Secret)), sha256.Sum256([]byte(secret))
	if subtle.ConstantTimeCompare(want[:], got[:]) != 1 || !ok {
		return OIDCClient{}, failed
	}
	return c, nil
}

// oauthError is an error as OAuth tells it (RFC 6749 sections 4.1.2.1 and 5.2).
// Everything in it is public.
type oauthError struct {
	status      int
	Code        string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

func (e *oauthError) Error() string { return e.Code + ": " + e.Description }

func badRequest(description string) *oauthError {
	return &oauthError{status: http.StatusBadRequest, Code: "invalid_request", Description: description}
}
