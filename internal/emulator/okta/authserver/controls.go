package authserver

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/controls"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
)

// AccessToken makes an access token of the custom authorization server, as a
// program would have got it for a user, or by client credentials where idOrLogin
// is "". change may edit its claims, and the signature faults apply to it. It is
// not kept: /userinfo and /introspect do not know it.
func (s *Servers) AccessToken(clientID, idOrLogin string, change func(claims map[string]any)) (string, error) {
	i := slices.IndexFunc(s.issuers, func(iss *Issuer) bool { return iss.custom })
	now := s.org.Now()
	claims := map[string]any{
		"ver": 1,
		"jti": "AT." + org.RandomToken(),
		"iss": s.issuers[i].URL,
		"aud": "api://default",
		"iat": org.Seconds(now),
		"exp": org.Seconds(now.Add(tokenAge)),
		"cid": clientID,
		"scp": []string{"orders.read"},
		"sub": clientID,
	}
	if idOrLogin != "" {
		user, ok := s.org.User(idOrLogin)
		if !ok {
			return "", fmt.Errorf("okta emulator: no user %q", idOrLogin)
		}
		claims["sub"], claims["uid"], claims["auth_time"] = user.Login, user.ID, org.Seconds(now)
	}
	if change != nil {
		change(claims)
	}
	return s.signIDToken(s.issuers[i], claims)
}

// accessTokenForm is what a program wants a token for. A claim that is null is
// left out of it.
type accessTokenForm struct {
	Client string         `json:"client"`
	User   string         `json:"user,omitempty"`
	Claims map[string]any `json:"claims,omitempty"`
}

// Controls are what tests may ask of the authorization servers.
func (s *Servers) Controls() map[string]controls.Control {
	return map[string]controls.Control{
		"POST access-tokens":       s.controlAccessToken,
		"POST keys/rotate":         s.controlRotateKeys,
		"DELETE users/{id}/tokens": s.controlRevokeTokens,
	}
}

func (s *Servers) controlAccessToken(r *http.Request) (any, error) {
	var form accessTokenForm
	if err := controls.ReadJSON(r, &form); err != nil {
		return nil, err
	}
	token, err := s.AccessToken(form.Client, form.User, func(claims map[string]any) {
		for name, value := range form.Claims {
			if claims[name] = value; value == nil {
				delete(claims, name)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return map[string]string{"access_token": token}, nil
}

func (s *Servers) controlRotateKeys(r *http.Request) (any, error) {
	var form struct {
		Overlap bool `json:"overlap"`
	}
	if err := controls.ReadJSON(r, &form); err != nil {
		return nil, err
	}
	return nil, s.RotateKeys(form.Overlap)
}

func (s *Servers) controlRevokeTokens(r *http.Request) (any, error) {
	return nil, s.RevokeTokens(r.PathValue("id"))
}
