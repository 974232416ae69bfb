package authserver

import "github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"

// newAccessToken makes and keeps an access token: a JWT that clients of the
// custom authorization server may read. Its sub is the login name and its uid
// the user id, unlike in ID tokens. The org authorization server's is opaque to
// clients, since Okta does not publish the keys it is signed with.
func (s *Servers) newAccessToken(g *grant, scopes []string) (string, error) {
	now := s.org.Now()
	user, _ := s.org.User(g.userID)
	t := accessToken{grant: g, scopes: scopes, id: "AT." + org.RandomToken(), issued: now, expires: now.Add(tokenAge)}
	value := "opaque." + org.RandomToken()
	if g.issuer.custom {
		key, err := g.issuer.keys.current()
		if err != nil {
			return "", err
		}
		value, err = key.sign(key.id, map[string]any{
			"ver":       1,
			"jti":       t.id,
			"iss":       g.issuer.URL,
			"aud":       "api://default",
			"iat":       org.Seconds(now),
			"exp":       org.Seconds(t.expires),
			"cid":       g.client.ID,
			"uid":       g.userID,
			"scp":       scopes,
			"auth_time": org.Seconds(g.authTime),
			"sub":       user.Login,
		})
		if err != nil {
			return "", err
		}
	}
	s.grants.putAccess(value, t)
	return value, nil
}
