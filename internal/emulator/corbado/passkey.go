package corbado

import (
	"bytes"
	"encoding/base64"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
)

// passkey is a registered credential.
type passkey struct {
	id                      string // cre-…
	key                     webauthn.Credential
	sourceOS, sourceBrowser string
	created, lastUsed       time.Time
}

// timeForm is how the API writes a time: UTC, without saying so
// (Corbado: Backend API, schema credential).
const timeForm = "2006-01-02T15:04:05"

// Credential is a passkey as the Backend API tells it
// (Corbado: Backend API, schema credential).
type Credential struct {
	ID                  string   `json:"id"`           // Corbado's: cre-…
	CredentialID        string   `json:"credentialID"` // WebAuthn's, base64url
	AttestationType     string   `json:"attestationType"`
	Transport           []string `json:"transport"`
	BackupEligible      bool     `json:"backupEligible"`
	BackupState         bool     `json:"backupState"`
	AuthenticatorAAGUID string   `json:"authenticatorAAGUID"`
	SourceOS            string   `json:"sourceOS"`
	SourceBrowser       string   `json:"sourceBrowser"`
	LastUsed            string   `json:"lastUsed"`
	Created             string   `json:"created"`
	Status              string   `json:"status"`
}

// listedPasskey is a passkey as the Frontend API tells it. The last three fields
// are from newer versions; older components ignore them. Times in ms are Unix.
type listedPasskey struct {
	Credential
	AAGUIDDetails aaguidDetails `json:"aaguidDetails"`
	CreatedMs     int64         `json:"createdMs"`
	LastUsedMs    int64         `json:"lastUsedMs"`
	Tags          []string      `json:"tags"`
}

func (p passkey) credential() Credential {
	transport := []string{} // the component iterates over it: never null
	for _, t := range p.key.Transport {
		transport = append(transport, string(t))
	}
	return Credential{
		ID:                  p.id,
		CredentialID:        base64.RawURLEncoding.EncodeToString(p.key.ID),
		AttestationType:     p.key.AttestationFormat,
		Transport:           transport,
		BackupEligible:      p.key.Flags.BackupEligible,
		BackupState:         p.key.Flags.BackupState,
		AuthenticatorAAGUID: p.aaguid(),
		SourceOS:            p.sourceOS,
		SourceBrowser:       p.sourceBrowser,
		LastUsed:            p.lastUsed.UTC().Format(timeForm),
		Created:             p.created.UTC().Format(timeForm),
		Status:              "active",
	}
}

func (p passkey) listed() listedPasskey {
	return listedPasskey{
		Credential:    p.credential(),
		AAGUIDDetails: detailsOf(p.aaguid()),
		CreatedMs:     p.created.UnixMilli(),
		LastUsedMs:    p.lastUsed.UnixMilli(),
		Tags:          []string{},
	}
}

func (p passkey) aaguid() string {
	id, err := uuid.FromBytes(p.key.Authenticator.AAGUID)
	if err != nil {
		return uuid.Nil.String()
	}
	return id.String()
}

// ceremonyType says where the passkey lives: in this device, in another one
// that was reached over the air, or in a security key.
func (p passkey) ceremonyType() string {
	switch {
	case p.key.Authenticator.Attachment != protocol.CrossPlatform:
		return "local"
	case slices.Contains(p.key.Transport, protocol.Hybrid):
		return "cda"
	default:
		return "security-key"
	}
}

// addPasskey registers p for the user with id. A credential can be registered
// once only, for anybody (W3C WebAuthn section 7.1).
func (us *users) addPasskey(userID string, p passkey) error {
	us.mu.Lock()
	defer us.mu.Unlock()
	u := us.withID(userID)
	if u == nil {
		return errNoUser()
	}
	taken := us.where(func(u *user) bool {
		return slices.ContainsFunc(u.passkeys, func(old passkey) bool { return bytes.Equal(old.key.ID, p.key.ID) })
	})
	if taken != nil {
		return invalid("attestationResponse", "credential already exists")
	}
	u.passkeys = append(u.passkeys, p)
	u.updated = p.created
	return nil
}

// removePasskey deletes the user's passkey with the Corbado id passkeyID.
func (us *users) removePasskey(userID, passkeyID string, now time.Time) error {
	_, err := us.change(userID, now, func(u *user) error {
		before := len(u.passkeys)
		u.passkeys = slices.DeleteFunc(u.passkeys, func(p passkey) bool { return p.id == passkeyID })
		if len(u.passkeys) == before {
			return invalid("credentialID", "does not exist")
		}
		return nil
	})
	return err
}
