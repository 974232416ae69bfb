package corbado

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// The paths of the OpenID provider. Corbado publishes those of JWKS and
// userinfo (Corbado: Frontend API, OIDC); the others are the emulator's, told by
// discovery.
const (
	discoveryPath = "/.well-known/openid-configuration"
	jwksPath      = "/.well-known/jwks"
	oidcPath      = "/v2/oidc/"
)

// oidcRoutes is the OpenID provider that an identity provider trusts, so that a
// passkey login here signs the user in there.
func (s *Server) oidcRoutes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle(discoveryPath, s.serve(methods{http.MethodGet: s.discovery}))
	mux.Handle(jwksPath, s.serve(methods{http.MethodGet: func(*http.Request) (any, error) {
		key, err := s.key()
		if err != nil {
			return nil, err
		}
		return key.public(), nil
	}}))
	mux.HandleFunc(oidcPath+"authorize", s.authorize)
	mux.HandleFunc(oidcPath+"token", s.token)
	mux.HandleFunc(oidcPath+"userInfo", s.userInfo)
	mux.HandleFunc("/", s.unknown)
	return mux
}

// serveOIDC answers browsers that navigate and servers, never scripts of pages:
// it sends no CORS headers.
func (s *Server) serveOIDC(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if s.meetFaults(w, r, groupOIDC) {
		s.oidc.ServeHTTP(w, r)
	}
}

// Issuer is the iss of the ID tokens: the public URL.
func (s *Server) Issuer() string { return s.publicURL }

func (s *Server) discovery(*http.Request) (any, error) {
	return map[string]any{
		"issuer":                                s.Issuer(),
		"authorization_endpoint":                s.publicURL + oidcPath + "authorize",
		"token_endpoint":                        s.publicURL + oidcPath + "token",
		"userinfo_endpoint":                     s.publicURL + oidcPath + "userInfo",
		"jwks_uri":                              s.publicURL + jwksPath,
		"response_types_supported":              []string{"code"},
		"response_modes_supported":              []string{"query"},
		"grant_types_supported":                 []string{"authorization_code"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported":                      []string{"openid", "email"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
		"code_challenge_methods_supported":      []string{"S256"},
		"claims_supported": []string{
			"iss", "sub", "aud", "exp", "iat", "nonce", "auth_time", "amr", "email", "email_verified",
		},
	}, nil
}

// address returns what scope email tells about u. Corbado holds an address
// either as an identifier or as the display name of an append token, which comes
// from the customer's own server: it is told as verified.
func (s *Server) address(u user, scopes []string) (email string, verified *bool) {
	if !slices.Contains(scopes, "email") || s.faults.take(FaultOIDCNoEmail) {
		return "", nil
	}
	email = u.displayName
	if kindOf(email) != "email" {
		email = ""
		for _, i := range u.identifiers {
			if i.kind == "email" {
				email = i.value
				break
			}
		}
	}
	if email == "" {
		return "", nil
	}
	ok := !s.faults.take(FaultOIDCEmailUnverified)
	return email, &ok
}

// userInfo answers the bearer of an access token (OpenID Connect Core section
// 5.3; Corbado: Frontend API, OIDC user info).
func (s *Server) userInfo(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		s.refuse(w, time.Now(), &apiError{status: http.StatusMethodNotAllowed, kind: errMethodNotAllowed})
		return
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	g, ok := s.grants.withAccess(token, s.Now())
	u, known := s.users.get(g.userID)
	if !strings.EqualFold(scheme, "Bearer") || !ok || !known {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		s.refuse(w, time.Now(), &apiError{status: http.StatusUnauthorized, kind: errLogin})
		return
	}
	email, verified := s.address(u, g.scopes)
	writeJSON(w, http.StatusOK, struct {
		Subject  string `json:"sub"`
		Email    string `json:"email,omitempty"`
		Verified *bool  `json:"email_verified,omitempty"`
	}{u.id, email, verified})
}
