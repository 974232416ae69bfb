package corbado

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// idTokenLifetime is how long an ID token is good for.
const idTokenLifetime = 5 * time.Minute

// idToken says who has signed in (OpenID Connect Core section 2). Which claims
// Corbado sends is not published; these are the ones that an identity provider
// needs. Times are Unix seconds.
type idToken struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"` // usr-…
	Audience string   `json:"aud"`
	Expires  int64    `json:"exp"`
	IssuedAt int64    `json:"iat"`
	AuthTime int64    `json:"auth_time"`
	Nonce    string   `json:"nonce,omitempty"`
	AMR      []string `json:"amr,omitempty"`
	Email    string   `json:"email,omitempty"`
	Verified *bool    `json:"email_verified,omitempty"`
}

type tokenRsp struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"` // seconds
	IDToken     string `json:"id_token"`
	Scope       string `json:"scope"`
}

// token exchanges a code (OpenID Connect Core section 3.1.3).
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	rsp, refusal := s.exchange(w, r)
	if refusal == nil {
		writeJSON(w, http.StatusOK, rsp)
		return
	}
	s.journal.record(r.Context(), "federation_token_refused",
		detail{"error", refusal.Code}, detail{"reason", refusal.Description})
	if refusal.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="Corbado"`)
	}
	writeJSON(w, refusal.status, refusal)
}

func (s *Server) exchange(w http.ResponseWriter, r *http.Request) (tokenRsp, *oauthError) {
	if r.Method != http.MethodPost {
		return tokenRsp{}, &oauthError{
			status: http.StatusMethodNotAllowed, Code: "invalid_request", Description: "the method must be POST",
		}
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		return tokenRsp{}, badRequest("the body is not a form")
	}
	client, refusal := s.clientOf(r)
	if refusal != nil {
		return tokenRsp{}, refusal
	}
	form := r.PostForm // never the query: codes and secrets have no place in a URL
	if form.Get("grant_type") != "authorization_code" {
		return tokenRsp{}, &oauthError{
			status: http.StatusBadRequest, Code: "unsupported_grant_type", Description: "grant_type must be authorization_code",
		}
	}
	if s.faults.take(FaultOIDCInvalidGrant) {
		return tokenRsp{}, &oauthError{status: http.StatusBadRequest, Code: "invalid_grant", Description: "the code is unknown"}
	}
	g, refusal := s.grants.exchange(form.Get("code"), client.ID, form.Get("redirect_uri"), form.Get("code_verifier"), s.Now())
	if refusal != nil {
		return tokenRsp{}, refusal
	}
	u, ok := s.users.get(g.userID)
	if !ok {
		return tokenRsp{}, &oauthError{status: http.StatusBadRequest, Code: "invalid_grant", Description: "the user is gone"}
	}
	raw, err := s.idToken(g, u)
	if err != nil {
		return tokenRsp{}, &oauthError{status: http.StatusInternalServerError, Code: "server_error"}
	}
	s.journal.record(r.Context(), "federation_token_issued", detail{"client", client.ID}, detail{"user", u.id})
	return tokenRsp{
		AccessToken: g.accessToken, TokenType: "Bearer", ExpiresIn: int(accessLifetime / time.Second),
		IDToken: raw, Scope: strings.Join(granted(g.scopes), " "),
	}, nil
}

// granted is the part of the scopes asked for that the provider has.
func granted(asked []string) []string {
	return slices.DeleteFunc([]string{"openid", "email"}, func(scope string) bool {
		return !slices.Contains(asked, scope)
	})
}

// idToken signs what g tells about u, wrong where a fault asks for it.
func (s *Server) idToken(g grant, u user) (string, error) {
	now := s.Now()
	t := idToken{
		Issuer: s.Issuer(), Subject: u.id, Audience: g.clientID,
		Expires: now.Add(idTokenLifetime).Unix(), IssuedAt: now.Unix(), AuthTime: g.authTime,
		Nonce: g.nonce, AMR: s.amr,
	}
	t.Email, t.Verified = s.address(u, g.scopes)
	if s.faults.take(FaultOIDCWrongNonce) {
		t.Nonce = random(alphanumeric, 22)
	}
	if s.faults.take(FaultOIDCWrongIssuer) {
		t.Issuer += "/another"
	}
	if s.faults.take(FaultOIDCWrongAudience) {
		t.Audience = "another-client"
	}
	if s.faults.take(FaultOIDCExpired) {
		t.IssuedAt = now.Add(-2 * time.Hour).Unix()
		t.Expires = now.Add(-time.Hour).Unix()
	}
	key, err := s.key()
	if s.faults.take(FaultOIDCUnknownKey) {
		key, err = newSigningKey(s.generate)
	}
	if err != nil {
		return "", err
	}
	return key.sign(t)
}
