package corbado

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// ask returns the assertionOptions for a browser, as the JSON text in which
// Corbado wraps them. With u they name u's passkeys; with nil they leave the
// choice to the browser (conditional UI).
func (rp relyingParty) ask(u *user) (options string, session webauthn.SessionData, err error) {
	must := webauthn.WithUserVerification(protocol.VerificationRequired)
	var assertion *protocol.CredentialAssertion
	var data *webauthn.SessionData
	if u == nil {
		assertion, data, err = rp.BeginDiscoverableLogin(must)
	} else {
		assertion, data, err = rp.BeginLogin(holder{*u}, must)
	}
	if err != nil {
		return "", webauthn.SessionData{}, fmt.Errorf("corbado: begin login: %w", err)
	}
	raw, err := json.Marshal(assertion)
	if err != nil {
		return "", webauthn.SessionData{}, fmt.Errorf("corbado: begin login: %w", err)
	}
	return string(raw), *data, nil
}

// verify checks a browser's answer: challenge, origin, relying party id, user
// verification, signature and counter (W3C WebAuthn section 7.2).
func (rp relyingParty) verify(u user, session webauthn.SessionData, parsed *protocol.ParsedCredentialAssertionData) (*webauthn.Credential, error) {
	var key *webauthn.Credential
	var err error
	if len(session.UserID) == 0 {
		key, err = rp.ValidateDiscoverableLogin(func(_, _ []byte) (webauthn.User, error) {
			return holder{u}, nil
		}, session, parsed)
	} else {
		key, err = rp.ValidateLogin(holder{u}, session, parsed)
	}
	if err != nil {
		return nil, fmt.Errorf("corbado: finish login: %w", err)
	}
	return key, nil
}

// passkeyWith returns u's passkey with the WebAuthn id rawID.
func (u *user) passkeyWith(rawID []byte) *passkey {
	i := slices.IndexFunc(u.passkeys, func(p passkey) bool { return bytes.Equal(p.key.ID, rawID) })
	if i < 0 {
		return nil
	}
	return &u.passkeys[i]
}

// holds says whether u has the passkey with Corbado's id passkeyID.
func (u *user) holds(passkeyID string) bool {
	return slices.ContainsFunc(u.passkeys, func(p passkey) bool { return p.id == passkeyID })
}

// withHandle returns the user with a WebAuthn user handle.
func (us *users) withHandle(handle []byte) (user, bool) {
	us.mu.Lock()
	defer us.mu.Unlock()
	if u := us.where(func(u *user) bool { return u.webauthnID == string(handle) }); u != nil {
		return u.copied(), true
	}
	return user{}, false
}

// named returns the user that people sign in as name: an identifier, or the
// display name that the append token brought. Corbado has an action for the
// second ("identifier translation"); the emulator always does it. Of several
// users with one display name the latest to change is meant: the address has a
// new owner.
func (us *users) named(name string) (user, bool) {
	us.mu.Lock()
	defer us.mu.Unlock()
	var found *user
	for _, u := range us.list {
		if u.named(name) && (found == nil || !u.updated.Before(found.updated)) {
			found = u
		}
	}
	if exact := us.withIdentifier(name); exact != nil {
		found = exact
	}
	if found == nil {
		return user{}, false
	}
	return found.copied(), true
}

// usePasskey stores what a login has changed in a passkey: counter, backup
// state, time. It says false if the passkey was deleted meanwhile.
func (us *users) usePasskey(userID string, key webauthn.Credential, now time.Time) (passkey, bool) {
	us.mu.Lock()
	defer us.mu.Unlock()
	u := us.withID(userID)
	if u == nil {
		return passkey{}, false
	}
	p := u.passkeyWith(key.ID)
	if p == nil {
		return passkey{}, false
	}
	p.key, p.lastUsed = key, now
	return *p, true
}
