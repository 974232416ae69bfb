package authserver

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
)

// newIDToken makes an ID token with the claims of the issuer's dialect and with
// the faults that are on.
func (s *Servers) newIDToken(g *grant, scopes []string, access, kind string) (string, error) {
	now := s.org.Now()
	claims := map[string]any{
		"iss": g.issuer.URL,
		"sub": g.userID,
		"aud": g.client.ID,
		"iat": org.Seconds(now),
		"exp": org.Seconds(now.Add(tokenAge)),
	}
	mark := g.issuer.addSignIn(claims, g, access)
	if g.nonce != "" && kind == "authorization_code" {
		claims["nonce"] = g.nonce
	}
	thin := g.issuer.custom && g.client.ThinIDToken
	if s.org.Fires(org.FaultThinIDToken) {
		thin = true
	}
	if user, ok := s.org.User(g.userID); ok && !thin {
		g.issuer.addUser(claims, user, scopes, inIDToken)
	}
	s.addSessionID(claims, g)
	s.org.Sessions.NoteToken(mark, g.sessionID)
	s.breakClaims(claims, now)
	return s.signIDToken(g.issuer, claims)
}

// addSessionID notes that the app takes part in the session, and puts the sid
// into the ID token if the app is to know it.
func (s *Servers) addSessionID(claims map[string]any, g *grant) {
	if g.sessionID == "" {
		return
	}
	s.org.Sessions.Join(g.sessionID, org.Participant{Client: g.client.ID, Issuer: g.issuer.URL})
	if l := g.client.SingleLogout; l.FrontchannelURI != "" && l.SessionRequired || l.BackchannelURI != "" {
		claims["sid"] = org.SID(g.sessionID)
	}
}

// breakClaims applies the claim faults.
func (s *Servers) breakClaims(claims map[string]any, now time.Time) {
	other := org.NewID("0oa")
	for _, f := range []struct {
		name  string
		apply func()
	}{
		{org.FaultWrongNonce, func() { claims["nonce"] = org.RandomToken() }},
		{org.FaultMissingNonce, func() { delete(claims, "nonce") }},
		{org.FaultWrongIssuer, func() { claims["iss"] = "https://wrong-issuer.example" }},
		{org.FaultWrongAudience, func() { claims["aud"] = other }},
		{org.FaultTwoAudiences, func() { claims["aud"], claims["azp"] = []any{claims["aud"], other}, other }},
		{org.FaultWrongSubject, func() { claims["sub"] = s.org.NewUserID() }},
		{org.FaultWrongAtHash, func() { claims["at_hash"] = halfHash(org.RandomToken()) }},
		{org.FaultExpiredIDToken, func() {
			claims["iat"] = org.Seconds(now.Add(-2 * tokenAge))
			claims["exp"] = org.Seconds(now.Add(-tokenAge))
		}},
		{org.FaultFutureIDToken, func() {
			claims["iat"] = org.Seconds(now.Add(time.Hour))
			claims["exp"] = org.Seconds(now.Add(2 * time.Hour))
		}},
		{org.FaultOldAuthTime, func() { claims["auth_time"] = org.Seconds(now.Add(-24 * time.Hour)) }},
		{org.FaultMissingAuthTime, func() { delete(claims, "auth_time") }},
	} {
		if s.org.Fires(f.name) {
			f.apply()
		}
	}
}

// signIDToken signs with the issuer's key, or as a signature fault says.
func (s *Servers) signIDToken(iss *Issuer, claims map[string]any) (string, error) {
	key, err := iss.keys.current()
	if err != nil {
		return "", err
	}
	switch {
	case s.org.Fires(org.FaultAlgNone):
		return Unsigned(claims)
	case s.org.Fires(org.FaultAlgHS256):
		return signWithPublicKey(key, claims)
	case s.org.Fires(org.FaultWrongKid):
		return key.sign(org.RandomToken(), claims)
	case s.org.Fires(org.FaultBadSignature):
		stranger, err := newSigningKey(s.org.NewKey)
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
