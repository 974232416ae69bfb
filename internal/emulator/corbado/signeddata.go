package corbado

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	// signedDataLifetime is how long signedPasskeyData is good for, and
	// signedDataSkew how much earlier it says to be valid
	// (Corbado: Connect, concepts, signed passkey data).
	signedDataLifetime = 300 * time.Second
	signedDataSkew     = 10 * time.Second
)

// signedData is what Corbado says about one passkey sign-in, for one server to
// check once (Corbado: Connect, concepts, signed passkey data). Times are Unix
// seconds.
type signedData struct {
	Issuer      string `json:"iss"` // the project id
	Subject     string `json:"sub"` // usr-…
	IssuedAt    int64  `json:"iat"`
	NotBefore   int64  `json:"nbf"`
	Expires     int64  `json:"exp"`
	ID          string `json:"jti"`
	ProcessID   string `json:"processId"`
	Username    string `json:"username"` // empty in Corbado's sample
	Credential  string `json:"credential"`
	ChallengeID string `json:"challengeId"`
	WebauthnID  string `json:"webauthnId"`
	IsCUI       bool   `json:"isCUI"` // by conditional UI
}

// signData tells that u has signed in with the passkey. The process is told by
// the part of its id that cannot be used: signed data travels in a URL.
func (s *Server) signData(u user, passkeyID, process string, conditional bool) (string, error) {
	now := s.Now()
	c := signedData{
		Issuer: s.projectID, Subject: u.id,
		IssuedAt: now.Unix(), NotBefore: now.Add(-signedDataSkew).Unix(), Expires: now.Add(signedDataLifetime).Unix(),
		ID: random(alphanumeric, 30), ProcessID: short(process), Credential: passkeyID,
		ChallengeID: newID("was"), WebauthnID: u.webauthnID, IsCUI: conditional,
	}
	if s.faults.take(FaultSignedDataExpired) {
		c.Expires = c.IssuedAt
	}
	key, err := s.key()
	if s.faults.take(FaultSignedDataForeign) {
		key, err = newSigningKey(s.generate)
	}
	if err != nil {
		return "", err
	}
	raw, err := key.sign(c)
	if s.faults.take(FaultSignedDataGarbled) {
		raw = raw[:len(raw)/2]
	}
	return raw, err
}

// What may be wrong with signed data. The texts are public.
var (
	errDataGarbled  = errors.New("is not a signed passkey login")
	errDataForeign  = errors.New("was not signed for this project")
	errDataExpired  = errors.New("is expired")
	errDataReplayed = errors.New("was used before")
	errDataGone     = errors.New("is about a passkey that no longer exists")
)

// usedData remembers the signed data that somebody has checked, until it has
// expired anyway.
type usedData struct {
	mu   sync.Mutex
	seen map[string]time.Time // expiry by jti
}

// spend says whether this is the first use of id.
func (ud *usedData) spend(id string, expires, now time.Time) bool {
	ud.mu.Lock()
	defer ud.mu.Unlock()
	if ud.seen == nil {
		ud.seen = map[string]time.Time{}
	}
	for old, until := range ud.seen {
		if !now.Before(until) {
			delete(ud.seen, old)
		}
	}
	_, used := ud.seen[id]
	ud.seen[id] = expires
	return !used
}

// redeem checks signed data and spends it: whoever comes second with it, for
// whatever purpose, is refused.
func (s *Server) redeem(raw string) (signedData, user, error) {
	key, err := s.key()
	if err != nil {
		return signedData{}, user{}, err
	}
	// ParseSigned refuses every other algorithm, "none" among them.
	signed, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return signedData{}, user{}, errDataGarbled
	}
	payload, err := signed.Verify(key.private.Public())
	if err != nil {
		return signedData{}, user{}, errDataForeign
	}
	var c signedData
	if err := json.Unmarshal(payload, &c); err != nil {
		return signedData{}, user{}, errDataGarbled
	}
	now := s.Now()
	switch {
	case c.Issuer != s.projectID || c.ID == "": // an ID token has the same signature
		return signedData{}, user{}, errDataForeign
	case now.Unix() >= c.Expires || now.Unix() < c.NotBefore:
		return signedData{}, user{}, errDataExpired
	case !s.used.spend(c.ID, time.Unix(c.Expires, 0), now):
		return signedData{}, user{}, errDataReplayed
	}
	u, ok := s.users.get(c.Subject)
	if !ok || u.status == statusDisabled || !u.holds(c.Credential) {
		return signedData{}, user{}, errDataGone
	}
	return c, u, nil
}

// verifySignedData is the check for servers that do not use the federation
// (Corbado: Backend API, passkeys, verify signedPasskeyData). Which result
// stands for which fault is not documented beyond the names.
func (s *Server) verifySignedData(r *http.Request) (any, error) {
	var in struct {
		Data     string `json:"signedPasskeyData"`
		Username string `json:"username"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	if in.Data == "" {
		return nil, invalid("signedPasskeyData", "cannot be blank")
	}
	if in.Username == "" {
		return nil, invalid("username", "cannot be blank")
	}
	c, u, err := s.redeem(in.Data)
	result := "generic_error"
	switch {
	case errors.Is(err, errDataGarbled), errors.Is(err, errDataForeign):
		result = "invalid_signature"
	case errors.Is(err, errDataExpired), errors.Is(err, errDataReplayed):
		result = "invalid_challenge"
	case err == nil && !u.named(in.Username):
		result = "user_mismatch"
	case err == nil:
		result = "success"
	}
	s.journal.record(r.Context(), "signed_data_verified",
		detail{"result", result}, detail{"user", c.Subject}, detail{"credential", c.Credential})
	return map[string]string{"verificationResult": result}, nil
}

// named says whether people or systems know u by name.
func (u *user) named(name string) bool {
	if strings.EqualFold(u.displayName, name) {
		return true
	}
	for _, i := range u.identifiers {
		if strings.EqualFold(i.value, name) {
			return true
		}
	}
	return false
}
