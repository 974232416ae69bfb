package corbado

import (
	"encoding/json"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// relyingParty is the WebAuthn side of the project.
type relyingParty struct{ *webauthn.WebAuthn }

func newRelyingParty(id, name string, origins []string) (relyingParty, error) {
	timeout := webauthn.TimeoutConfig{Timeout: ceremonyLifetime, TimeoutUVD: ceremonyLifetime}
	w, err := webauthn.New(&webauthn.Config{
		RPID:                  id,
		RPDisplayName:         name,
		RPOrigins:             origins,
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: protocol.ResidentKeyRequired(),
			ResidentKey:        protocol.ResidentKeyRequirementRequired,
			UserVerification:   protocol.VerificationRequired,
		},
		// The emulator's own clock ends a ceremony; this is only what the browser
		// is told.
		Timeouts: webauthn.TimeoutsConfig{Login: timeout, Registration: timeout},
		// Password managers answer with extensions nobody asked for, which a
		// relying party must bear (W3C WebAuthn section 7.1).
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return relyingParty{}, fmt.Errorf("corbado: %w", err)
	}
	return relyingParty{w}, nil
}

// begin returns the attestationOptions for a browser, as the JSON text in which
// Corbado wraps them, and what is needed to check the answer. The text has no
// null in it, which the component cannot take.
func (rp relyingParty) begin(u user, exclude []passkey) (options string, session webauthn.SessionData, err error) {
	descriptors := make([]protocol.CredentialDescriptor, 0, len(exclude))
	for _, p := range exclude {
		descriptors = append(descriptors, p.key.Descriptor())
	}
	creation, data, err := rp.BeginRegistration(holder{u}, webauthn.WithExclusions(descriptors))
	if err != nil {
		return "", webauthn.SessionData{}, fmt.Errorf("corbado: begin registration: %w", err)
	}
	raw, err := json.Marshal(creation)
	if err != nil {
		return "", webauthn.SessionData{}, fmt.Errorf("corbado: begin registration: %w", err)
	}
	return string(raw), *data, nil
}

// finish verifies a browser's answer: challenge, origin, relying party id, user
// verification and attestation (W3C WebAuthn section 7.1).
func (rp relyingParty) finish(u user, session webauthn.SessionData, response string) (*webauthn.Credential, error) {
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(response))
	if err != nil {
		return nil, fmt.Errorf("corbado: finish registration: %w", err)
	}
	key, err := rp.CreateCredential(holder{u}, session, parsed)
	if err != nil {
		return nil, fmt.Errorf("corbado: finish registration: %w", err)
	}
	return key, nil
}

// holder is a user as the WebAuthn library wants to see one. People know
// themselves by the display name (an e-mail address), not by the identifier.
type holder struct{ u user }

func (h holder) WebAuthnID() []byte          { return []byte(h.u.webauthnID) }
func (h holder) WebAuthnName() string        { return h.u.displayName }
func (h holder) WebAuthnDisplayName() string { return h.u.displayName }

func (h holder) WebAuthnCredentials() []webauthn.Credential {
	list := make([]webauthn.Credential, 0, len(h.u.passkeys))
	for _, p := range h.u.passkeys {
		list = append(list, p.key)
	}
	return list
}
