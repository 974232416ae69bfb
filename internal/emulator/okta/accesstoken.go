package okta

// newAccessToken makes and keeps an access token: a JWT that clients of the
// custom authorization server may read. Its sub is the login name and its uid
// the user id, unlike in ID tokens. The org authorization server's is opaque to
// clients, since Okta does not publish the keys it is signed with.
func (s *Server) newAccessToken(g *grant, scopes []string) (string, error) {
	now := s.Now()
	user, _ := s.users.find(g.userID)
	t := accessToken{grant: g, scopes: scopes, id: "AT." + randomToken(), issued: now, expires: now.Add(tokenAge)}
	value := "opaque." + randomToken()
	if g.issuer.custom {
		key, err := g.issuer.keys.current()
		if err != nil {
			return "", err
		}
		value, err = key.sign(key.id, map[string]any{
			"ver":       1,
			"jti":       t.id,
			"iss":       g.issuer.url,
			"aud":       "api://default",
			"iat":       unixSeconds(now),
			"exp":       unixSeconds(t.expires),
			"cid":       g.client.ID,
			"uid":       g.userID,
			"scp":       scopes,
			"auth_time": unixSeconds(g.authTime),
			"sub":       user.Login,
		})
		if err != nil {
			return "", err
		}
	}
	s.grants.putAccess(value, t)
	return value, nil
}
