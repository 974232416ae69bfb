package okta

import (
	"fmt"
	"net/http"
	"slices"
)

// AccessToken makes an access token of the custom authorization server, as a
// program would have got it for a user, or by client credentials where idOrLogin
// is "". change may edit its claims, and the signature faults apply to it. It is
// not kept: /userinfo and /introspect do not know it.
func (s *Server) AccessToken(clientID, idOrLogin string, change func(claims map[string]any)) (string, error) {
	i := slices.IndexFunc(s.issuers, func(iss *issuer) bool { return iss.custom })
	now := s.Now()
	claims := map[string]any{
		"ver": 1,
		"jti": "AT." + randomToken(),
		"iss": s.issuers[i].url,
		"aud": "api://default",
		"iat": unixSeconds(now),
		"exp": unixSeconds(now.Add(tokenAge)),
		"cid": clientID,
		"scp": []string{"orders.read"},
		"sub": clientID,
	}
	if idOrLogin != "" {
		user, ok := s.users.find(idOrLogin)
		if !ok {
			return "", fmt.Errorf("okta emulator: no user %q", idOrLogin)
		}
		claims["sub"], claims["uid"], claims["auth_time"] = user.Login, user.ID, unixSeconds(now)
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

func (s *Server) controlAccessToken(r *http.Request) (any, error) {
	var form accessTokenForm
	if err := readJSON(r, &form); err != nil {
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
