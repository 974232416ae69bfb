package login

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// SigningAlgorithms are those that a token may be signed with. None is an HMAC:
// its key would be one that we hold or that is public.
func SigningAlgorithms() []string { return slices.Clone(signingAlgorithms) }

// Describe makes an identity of the claims of a verified token that is no ID
// token of a sign-in here, with the same limits and the same care as a sign-in
// reads its own. It is no session: it has no ID and no end.
func (rp *RelyingParty) Describe(ctx context.Context, issuer, subject string, claims map[string]json.RawMessage) (*session.Session, error) {
	if checkSubject(subject) != nil {
		return nil, errors.New("the token's subject is not 1 to 255 characters of printable ASCII")
	}
	id := &idToken{subject: subject, claims: claims}
	at, _, err := id.claims.time("auth_time")
	if err != nil {
		return nil, err
	}
	id.authTime = at
	s := rp.describe(ctx, id)
	s.Issuer = issuer
	// Who signed the user in for another client, and in which session, says
	// nothing of a sign-in here.
	s.Passkey, s.ProviderSID = false, ""
	return s, nil
}
