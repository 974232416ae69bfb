package okta

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// newIDToken makes an ID token with the claims of the issuer's dialect and with
// the faults that are on.
func (s *Server) newIDToken(g *grant, scopes []string, access, kind string) (string, error) {
	now := s.Now()
	claims := map[string]any{
		"iss": g.issuer.url,
		"sub": g.userID,
		"aud": g.client.ID,
		"iat": unixSeconds(now),
		"exp": unixSeconds(now.Add(tokenAge)),
	}
	mark := g.issuer.addSignIn(claims, g, access)
	if g.nonce != "" && kind == "authorization_code" {
		claims["nonce"] = g.nonce
	}
	thin := g.issuer.custom && g.client.ThinIDToken
	if s.fault(FaultThinIDToken) {
		thin = true
	}
	if user, ok := s.users.find(g.userID); ok && !thin {
		g.issuer.addUser(claims, user, scopes, inIDToken)
	}
	s.addSessionID(claims, g)
	s.grants.noteIDToken(mark, g.sessionID)
	s.breakClaims(claims, now)
	return s.signIDToken(g.issuer, claims)
}

// breakClaims applies the claim faults.
func (s *Server) breakClaims(claims map[string]any, now time.Time) {
	other := newID("0oa")
	for _, f := range []struct {
		name  string
		apply func()
	}{
		{FaultWrongNonce, func() { claims["nonce"] = randomToken() }},
		{FaultMissingNonce, func() { delete(claims, "nonce") }},
		{FaultWrongIssuer, func() { claims["iss"] = "https://wrong-issuer.example" }},
		{FaultWrongAudience, func() { claims["aud"] = other }},
		{FaultTwoAudiences, func() { claims["aud"], claims["azp"] = []any{claims["aud"], other}, other }},
		{FaultWrongSubject, func() { claims["sub"] = s.users.newID() }},
		{FaultWrongAtHash, func() { claims["at_hash"] = halfHash(randomToken()) }},
		{FaultExpiredIDToken, func() {
			claims["iat"] = unixSeconds(now.Add(-2 * tokenAge))
			claims["exp"] = unixSeconds(now.Add(-tokenAge))
		}},
		{FaultFutureIDToken, func() {
			claims["iat"] = unixSeconds(now.Add(time.Hour))
			claims["exp"] = unixSeconds(now.Add(2 * time.Hour))
		}},
		{FaultOldAuthTime, func() { claims["auth_time"] = unixSeconds(now.Add(-24 * time.Hour)) }},
		{FaultMissingAuthTime, func() { delete(claims, "auth_time") }},
	} {
		if s.fault(f.name) {
			f.apply()
		}
	}
}

// signIDToken signs with the issuer's key, or as a signature fault says.
func (s *Server) signIDToken(iss *issuer, claims map[string]any) (string, error) {
	key, err := iss.keys.current()
	if err != nil {
		return "", err
	}
	switch {
	case s.fault(FaultAlgNone):
		return unsigned(claims)
	case s.fault(FaultAlgHS256):
		return signWithPublicKey(key, claims)
	case s.fault(FaultWrongKid):
		return key.sign(randomToken(), claims)
	case s.fault(FaultBadSignature):
		stranger, err := newSigningKey(s.config.NewKey)
		if err != nil {
			return "", err
		}
		return stranger.sign(key.id, claims)
	}
	return key.sign(key.id, claims)
}

// signWithPublicKey is the algorithm confusion attack: HS256 with the bytes of
// the published key, which a careless verifier takes for the secret.
func signWithPublicKey(key signingKey, claims map[string]any) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(&key.private.PublicKey)
	if err != nil {
		return "", err
	}
	secret := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	signer, err := jose.NewSigner(jose.SigningKey{
		Algorithm: jose.HS256,
		Key:       jose.JSONWebKey{Key: secret, KeyID: key.id},
	}, nil)
	if err != nil {
		return "", err
	}
	return signWith(signer, claims)
}

// halfHash is the at_hash of an access token (OpenID Connect Core 3.1.3.6).
func halfHash(access string) string {
	sum := sha256.Sum256([]byte(access))
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}
