package corbado

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
)

// keyring is a device with one passkey of a user in it.
type keyring struct {
	device
	key virtualwebauthn.Credential
	id  string // cre-…
}

// enroll takes identifier through an append, and returns the device.
func (d *desk) enroll(identifier string) *keyring {
	d.t.Helper()
	k := &keyring{device: newDevice(), key: newKey(d.t)}
	p := d.process()
	if a := d.finish(p, k.answer(d.t, d.challenge(p, identifier), k.key)); a.status != http.StatusOK {
		d.t.Fatalf("append/finish: %d %s", a.status, a.raw)
	}
	u, _ := d.srv.users.find(identifier)
	k.id = u.passkeys[len(u.passkeys)-1].id
	k.Options.UserHandle = []byte(u.webauthnID)
	return k
}

// sign answers an assertion challenge, with the counter one up.
func (k *keyring) sign(t *testing.T, options string) string {
	t.Helper()
	o, err := virtualwebauthn.ParseAssertionOptions(options)
	if err != nil {
		t.Fatal(err)
	}
	k.key.Counter++
	return virtualwebauthn.CreateAssertionResponse(k.RelyingParty, k.Authenticator, k.key, *o)
}

// loginInit opens a sign-in page, and returns its process and the challenge
// for conditional UI.
func (d *desk) loginInit() (process, challenge string) {
	d.t.Helper()
	a := d.frontend("", "login/init", map[string]any{"clientInformation": map[string]any{}, "flags": map[string]any{}})
	if a.status != http.StatusOK || a.text("token") == "" {
		d.t.Fatalf("login/init: %d %s", a.status, a.raw)
	}
	return a.text("token"), a.text("conditionalUIChallenge")
}

func (d *desk) loginStart(process, name string) answer {
	d.t.Helper()
	return d.frontend(process, "login/start", map[string]any{"identifier": name, "source": "text-field", "loadedMs": 1})
}

func (d *desk) loginFinish(process, response string, conditional bool) answer {
	d.t.Helper()
	return d.frontend(process, "login/finish", map[string]any{"assertionResponse": response, "isConditionalUI": conditional})
}

// login signs alice in with k, and returns the signed passkey data.
func (d *desk) login(k *keyring) string {
	d.t.Helper()
	p, _ := d.loginInit()
	a := d.loginFinish(p, k.sign(d.t, d.loginStart(p, alice).text("assertionOptions")), false)
	if a.status != http.StatusOK || a.text("signedPasskeyData") == "" {
		d.t.Fatalf("login/finish: %d %s", a.status, a.raw)
	}
	return a.text("signedPasskeyData")
}

func TestLoginRoundTrip(t *testing.T) {
	for name, typed := range map[string]string{
		"by identifier": alice, "by the display name of the append token": alice + "@acme.test",
		"by an address in capitals": strings.ToUpper(alice + "@acme.test"),
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.enroll(bob)
			k := d.enroll(alice)
			d.srv.Advance(time.Hour)
			p, _ := d.loginInit()
			start := d.loginStart(p, typed)
			if start.status != http.StatusOK || start.body["isCDA"] != false || strings.Contains(start.raw, "null") {
				t.Fatalf("login/start: %d %s", start.status, start.raw)
			}
			a := d.loginFinish(p, k.sign(t, start.text("assertionOptions")), false)
			operation, _ := a.body["passkeyOperation"].(map[string]any)
			if a.status != http.StatusOK || a.text("session") == "" || a.text("session") == a.text("signedPasskeyData") ||
				operation["operationType"] != "verify" || operation["identifierValue"] != alice+"@acme.test" {
				t.Fatalf("login/finish: %d %s", a.status, a.raw)
			}
			u, _ := d.srv.users.find(alice)
			got := u.passkeys[0]
			if got.key.Authenticator.SignCount != 1 || !got.lastUsed.Equal(d.srv.Now()) || got.lastUsed.Equal(got.created) {
				t.Errorf("counter %d, last used %v", got.key.Authenticator.SignCount, got.lastUsed)
			}
		})
	}
}

func TestLoginByConditionalUI(t *testing.T) {
	d := newDesk(t)
	d.enroll(bob)
	k := d.enroll(alice)
	p, challenge := d.loginInit()
	d.loginStart(p, bob) // what is typed meanwhile does not spoil the other challenge
	a := d.loginFinish(p, k.sign(t, challenge), true)
	if a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	c, u, err := d.srv.redeem(a.text("signedPasskeyData"))
	if err != nil || !c.IsCUI || u.identifiers[0].value != alice {
		t.Errorf("%v %+v", err, c)
	}
}

func TestLoginAsSecondFactor(t *testing.T) {
	d := newDesk(t)
	k := d.enroll(alice)
	p, _ := d.loginInit()
	body := map[string]any{"identifier": "", "source": "text-field", "loginConnectToken": d.token(kindLogin, alice)}
	start := d.frontend(p, "login/start", body)
	if a := d.loginFinish(p, k.sign(t, start.text("assertionOptions")), false); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	refused(t, d.frontend(p, "login/start", body), http.StatusBadRequest, errValidation)
}

func TestLoginStartWithoutAPasskey(t *testing.T) {
	d := newDesk(t)
	d.challenge(d.process(), bob) // bob began an append and left
	d.add(alice)
	tests := map[string]struct{ name, code, fault string }{
		"unknown user":        {"mallory@acme.test", codeNoUser, ""},
		"user who never ends": {bob, codeNoPasskey, ""},
		"fault unknown user":  {alice, codeNoUser, FaultLoginUserUnknown},
		"fault no passkey":    {alice, codeNoPasskey, FaultLoginNoPasskey},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.fault != "" {
				d.must(Fault{Name: tt.fault, Times: 1})
			}
			p, _ := d.loginInit()
			a := d.loginStart(p, tt.name)
			e, _ := a.body["error"].(map[string]any)
			if a.status != http.StatusOK || e["code"] != tt.code || a.text("assertionOptions") != "" {
				t.Errorf("%d %s", a.status, a.raw)
			}
		})
	}
}

func TestLoginFinishOfADeletedPasskeyIs404(t *testing.T) {
	d := newDesk(t)
	k := d.enroll(alice)
	p, challenge := d.loginInit()
	options := d.loginStart(p, alice).text("assertionOptions")
	u, _ := d.srv.users.find(alice)
	if a := d.backend(http.MethodDelete, "/v2/users/"+u.id+"/credentials/"+k.id, nil); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	refused(t, d.loginFinish(p, k.sign(t, options), false), http.StatusNotFound, errNotFound)
	refused(t, d.loginFinish(p, k.sign(t, challenge), true), http.StatusNotFound, errNotFound)
}

func TestLoginFaults(t *testing.T) {
	d := newDesk(t)
	k := d.enroll(alice)
	d.must(Fault{Name: FaultLoginNotAllowed, Times: 1})
	if a := d.frontend("", "login/init", map[string]any{}); a.body["loginAllowed"] != false || a.text("conditionalUIChallenge") != "" {
		t.Errorf("not allowed: %s", a.raw)
	}
	d.must(Fault{Name: FaultLoginNoConditionalUI, Times: 1})
	if a := d.frontend("", "login/init", map[string]any{}); a.body["loginAllowed"] != true || a.text("conditionalUIChallenge") != "" {
		t.Errorf("no conditional UI: %s", a.raw)
	}
	d.must(Fault{Name: FaultLoginOtherDevice, Times: 1})
	p, _ := d.loginInit()
	if a := d.loginStart(p, alice); a.body["isCDA"] != true {
		t.Errorf("other device: %s", a.raw)
	}
	for fault, status := range map[string]int{FaultLoginFinishDenied: 400, FaultLoginPasskeyGone: 404} {
		d.must(Fault{Name: fault, Times: 1})
		if a := d.loginFinish(p, k.sign(t, d.loginStart(p, alice).text("assertionOptions")), false); a.status != status {
			t.Errorf("%s: %d %s", fault, a.status, a.raw)
		}
	}
	for fault, want := range map[string]error{
		FaultSignedDataExpired: errDataExpired, FaultSignedDataForeign: errDataForeign, FaultSignedDataGarbled: errDataGarbled,
	} {
		d.must(Fault{Name: fault, Times: 1})
		if _, _, err := d.srv.redeem(d.login(k)); err != want { //nolint:errorlint // the very value
			t.Errorf("%s: %v", fault, err)
		}
	}
}
