package corbado

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
)

func TestAttackReplayedAssertion(t *testing.T) {
	d := newDesk(t)
	k := d.enroll(alice)
	p, _ := d.loginInit()
	response := k.sign(t, d.loginStart(p, alice).text("assertionOptions"))
	if a := d.loginFinish(p, response, false); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	refused(t, d.loginFinish(p, response, false), http.StatusBadRequest, errValidation)
	d.loginStart(p, alice) // nor does it answer the next challenge
	refused(t, d.loginFinish(p, response, false), http.StatusBadRequest, errValidation)
}

func TestAttackAssertionForAnotherProcess(t *testing.T) {
	d := newDesk(t)
	k := d.enroll(alice)
	victim, _ := d.loginInit()
	response := k.sign(t, d.loginStart(victim, alice).text("assertionOptions"))
	thief, _ := d.loginInit()
	refused(t, d.loginFinish(thief, response, false), http.StatusBadRequest, errValidation)
}

func TestAttackExpiredChallenge(t *testing.T) {
	d := newDesk(t)
	k := d.enroll(alice)
	p, _ := d.loginInit()
	response := k.sign(t, d.loginStart(p, alice).text("assertionOptions"))
	d.srv.Advance(ceremonyLifetime)
	refused(t, d.loginFinish(p, response, false), http.StatusBadRequest, errValidation)
}

func TestAttackAssertionThatDoesNotVerify(t *testing.T) {
	tests := map[string]struct {
		edit   func(*keyring)
		status int
	}{
		"from a phishing page":      {func(k *keyring) { k.Origin = "https://evil.example" }, http.StatusBadRequest},
		"for another relying party": {func(k *keyring) { k.ID = "evil.example" }, http.StatusBadRequest},
		"with another key": {func(k *keyring) {
			id := k.key.ID
			k.key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
			k.key.ID = id
		}, http.StatusBadRequest},
		"without user verification":   {func(k *keyring) { k.Options.UserNotVerified = true }, http.StatusBadRequest},
		"with a user handle of bob":   {func(k *keyring) { k.Options.UserHandle = []byte("bob") }, http.StatusBadRequest},
		"by a passkey nobody knows":   {func(k *keyring) { k.key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2) }, http.StatusNotFound},
		"by a device that was copied": {func(k *keyring) { k.key.Counter = 1 }, http.StatusBadRequest},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			k := d.enroll(alice)
			k.key.Counter = 5
			d.login(k)
			p, _ := d.loginInit()
			options := d.loginStart(p, alice).text("assertionOptions")
			tt.edit(k)
			if a := d.loginFinish(p, k.sign(t, options), false); a.status != tt.status {
				t.Errorf("%d %s; want %d", a.status, a.raw, tt.status)
			}
		})
	}
}

func TestAttackPasskeyOfAnotherUser(t *testing.T) {
	d := newDesk(t)
	d.enroll(alice)
	mallory := d.enroll(bob)
	p, _ := d.loginInit()
	a := d.loginFinish(p, mallory.sign(t, d.loginStart(p, alice).text("assertionOptions")), false)
	refused(t, a, http.StatusNotFound, errNotFound)
}

func TestAttackLoginOfADisabledUser(t *testing.T) {
	d := newDesk(t)
	k := d.enroll(alice)
	data := d.login(k)
	p, challenge := d.loginInit()
	u, _ := d.srv.users.find(alice)
	if a := d.backend(http.MethodPatch, "/v2/users/"+u.id, map[string]any{"status": statusDisabled}); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	if a := d.loginStart(p, alice); !strings.Contains(a.raw, codeNoUser) {
		t.Errorf("start: %s", a.raw)
	}
	refused(t, d.loginFinish(p, k.sign(t, challenge), true), http.StatusNotFound, errNotFound)
	if got := d.verifyData(data, alice); got != "generic_error" {
		t.Errorf("signed before: %s", got)
	}
}

// verifyData asks the Backend API about signed passkey data.
func (d *desk) verifyData(data, username string) string {
	d.t.Helper()
	a := d.backend(http.MethodPost, "/v2/passkey/verifySignedData", map[string]any{"signedPasskeyData": data, "username": username})
	if a.status != http.StatusOK {
		d.t.Fatalf("verifySignedData: %d %s", a.status, a.raw)
	}
	return a.text("verificationResult")
}

func TestVerifySignedData(t *testing.T) {
	d := newDesk(t)
	k := d.enroll(alice)
	if got := d.verifyData(d.login(k), alice); got != "success" {
		t.Errorf("by identifier: %s", got)
	}
	used := d.login(k)
	if got := d.verifyData(used, alice+"@acme.test"); got != "success" {
		t.Errorf("by display name: %s", got)
	}
	if got := d.verifyData(used, alice); got != "invalid_challenge" {
		t.Errorf("replayed: %s", got)
	}
	if got := d.verifyData(d.login(k), bob); got != "user_mismatch" {
		t.Errorf("another user: %s", got)
	}
	if got := d.verifyData("eyJ.garbled", alice); got != "invalid_signature" {
		t.Errorf("garbled: %s", got)
	}
	late := d.login(k)
	d.srv.Advance(signedDataLifetime)
	if got := d.verifyData(late, alice); got != "invalid_challenge" {
		t.Errorf("expired: %s", got)
	}
	for field := range map[string]bool{"username": true, "signedPasskeyData": true} {
		refused(t, d.backend(http.MethodPost, "/v2/passkey/verifySignedData", map[string]any{field: "x"}), http.StatusBadRequest, errValidation)
	}
	refused(t, d.call(http.MethodPost, "/v2/passkey/verifySignedData", map[string]any{}), http.StatusUnauthorized, errLogin)
}

func TestSignedDataTellsWhatCorbadoTells(t *testing.T) {
	d := newDesk(t)
	k := d.enroll(alice)
	c, u, err := d.srv.redeem(d.login(k))
	if err != nil {
		t.Fatal(err)
	}
	now := d.srv.Now().Unix()
	if c.Issuer != testProject || c.Subject != u.id || c.IssuedAt != now || c.NotBefore != now-10 || c.Expires != now+300 ||
		len(c.ID) != 30 || c.Credential != k.id || !strings.HasPrefix(c.ChallengeID, "was-") || c.WebauthnID != u.webauthnID || c.IsCUI {
		t.Errorf("%+v", c)
	}
}

// No secret of a login is told by the events or the log.
func TestLoginLeavesNoSecretInTheJournal(t *testing.T) {
	d := newDesk(t)
	k := d.enroll(alice)
	data := d.login(k)
	p, _ := d.loginInit()
	d.frontend(p, "events", map[string]any{"eventType": "login-error", "message": "failed with " + data})
	d.srv.Advance(time.Second)
	if log := d.log.String(); strings.Contains(log, data[:40]) || strings.Contains(log, p) {
		t.Error(log)
	}
}
