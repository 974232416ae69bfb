package corbado

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func appendStart(token string) map[string]any {
	return map[string]any{"appendTokenValue": token, "loadedMs": 1}
}

func TestAttackReplayedConnectToken(t *testing.T) {
	d := newDesk(t)
	p := d.process()
	token := d.token(kindAppend, alice)
	if a := d.frontend(p, "append/start", appendStart(token)); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	refused(t, d.frontend(p, "append/start", appendStart(token)), http.StatusBadRequest, errValidation)
	refused(t, d.frontend(d.process(), "append/start", appendStart(token)), http.StatusBadRequest, errValidation)

	id := d.add(alice)
	token = d.token(kindDelete, alice)
	if a := d.frontend(p, "manage/delete", map[string]any{"connectToken": token, "credentialID": id}); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	other := d.add(alice)
	refused(t, d.frontend(p, "manage/delete", map[string]any{"connectToken": token, "credentialID": other}), http.StatusBadRequest, errValidation)
}

func TestAttackConnectTokenRace(t *testing.T) {
	d := newDesk(t)
	p := d.process()
	token := d.token(kindAppend, alice)
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			a, err := d.try(http.MethodPost, "/v2/connect/append/start", appendStart(token), fromPage(p))
			if err == nil && a.status == http.StatusOK {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d of 8 requests got through with one token", won.Load())
	}
}

func TestAttackConnectTokenOfAnotherType(t *testing.T) {
	d := newDesk(t)
	p := d.process()
	id := d.add(alice)
	for _, kind := range []string{kindList, kindDelete, kindLogin} {
		refused(t, d.frontend(p, "append/start", appendStart(d.token(kind, alice))), http.StatusBadRequest, errValidation)
	}
	for _, kind := range []string{kindAppend, kindDelete, kindLogin} {
		refused(t, d.frontend(p, "manage/list", map[string]any{"connectToken": d.token(kind, alice)}), http.StatusBadRequest, errValidation)
	}
	for _, kind := range []string{kindAppend, kindList, kindLogin} {
		refused(t, d.frontend(p, "manage/delete", map[string]any{"connectToken": d.token(kind, alice), "credentialID": id}), http.StatusBadRequest, errValidation)
	}
}

func TestAttackNoConnectToken(t *testing.T) {
	d := newDesk(t)
	p := d.process()
	tests := map[string]struct {
		path string
		body map[string]any
	}{
		"append without the field": {"append/start", map[string]any{"loadedMs": 1}},
		"append with an empty one": {"append/start", appendStart("")},
		"append with a made-up":    {"append/start", appendStart("ctk1_000000000000000000000000000000")},
		"list":                     {"manage/list", map[string]any{}},
		"delete":                   {"manage/delete", map[string]any{"credentialID": "cre-1"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := d.frontend(p, tt.path, tt.body)
			refused(t, a, http.StatusBadRequest, errValidation)
			if tt.path == "append/start" && !strings.Contains(a.raw, `"field":"appendTokenValue"`) {
				t.Errorf("no field: %s", a.raw)
			}
		})
	}
}

func TestAttackExpiredConnectToken(t *testing.T) {
	d := newDesk(t)
	p := d.process()
	a := d.backend(http.MethodPost, "/v2/connectTokens", map[string]any{
		"type": kindAppend, "data": map[string]any{"identifier": alice, "displayName": "a"}, "maxLifetimeInSeconds": 30,
	})
	d.srv.Advance(30 * time.Second)
	refused(t, d.frontend(p, "append/start", appendStart(a.text("secret"))), http.StatusBadRequest, errValidation)

	list := d.token(kindList, alice)
	d.srv.Advance(tokenLifetime - time.Second)
	if a := d.frontend(p, "manage/list", map[string]any{"connectToken": list}); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	d.srv.Advance(time.Second)
	refused(t, d.frontend(p, "manage/list", map[string]any{"connectToken": list}), http.StatusBadRequest, errValidation)
}

func TestAttackReplayedChallenge(t *testing.T) {
	d := newDesk(t)
	p := d.process()
	dev := newDevice()
	options := d.challenge(p, alice)
	if a := d.finish(p, dev.create(t, options)); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	refused(t, d.finish(p, dev.create(t, options)), http.StatusBadRequest, errValidation)

	// A failed answer uses the challenge up as well.
	options = d.challenge(p, alice)
	refused(t, d.finish(p, "{}"), http.StatusBadRequest, errValidation)
	refused(t, d.finish(p, dev.create(t, options)), http.StatusBadRequest, errValidation)

	// The answer to an older challenge is no answer to a newer one.
	options = d.challenge(p, alice)
	d.challenge(p, alice)
	refused(t, d.finish(p, dev.create(t, options)), http.StatusBadRequest, errValidation)
}

func TestAttackLateAnswer(t *testing.T) {
	d := newDesk(t)
	p := d.process()
	options := d.challenge(p, alice)
	d.srv.Advance(ceremonyLifetime)
	refused(t, d.finish(p, newDevice().create(t, options)), http.StatusBadRequest, errValidation)
}

func TestAttackForgedAttestation(t *testing.T) {
	tests := map[string]func(*device){
		"page of a foreign origin":      func(v *device) { v.Origin = "https://evil.example" },
		"page on another port":          func(v *device) { v.Origin = "http://app.acme.localhost:8081" },
		"page of a look-alike origin":   func(v *device) { v.Origin = testOrigin + ".evil.example" },
		"page on another subdomain":     func(v *device) { v.Origin = "http://old.acme.localhost:8080" },
		"passkey for a foreign RP id":   func(v *device) { v.ID = "evil.example" },
		"passkey for a subdomain RP id": func(v *device) { v.ID = "app.acme.localhost" },
		"user not verified":             func(v *device) { v.Options.UserNotVerified = true },
		"user not present":              func(v *device) { v.Options.UserNotPresent = true },
		"backed up but not backupable":  func(v *device) { v.Options.BackupState = true },
	}
	for name, edit := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			p := d.process()
			dev := newDevice()
			edit(&dev)
			refused(t, d.finish(p, dev.create(t, d.challenge(p, alice))), http.StatusBadRequest, errValidation)
			if n := len(d.srv.Users()[0].Credentials); n != 0 {
				t.Errorf("%d passkeys stored", n)
			}
		})
	}
}

func TestAttackForeignProcess(t *testing.T) {
	d := newDesk(t)
	mine, theirs := d.process(), d.process()
	response := newDevice().create(t, d.challenge(mine, alice))
	d.challenge(theirs, bob)
	refused(t, d.finish(theirs, response), http.StatusBadRequest, errValidation)
	if a := d.finish(mine, response); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.raw)
	}
}

func TestAttackInventedProcess(t *testing.T) {
	d := newDesk(t)
	live := d.process()
	forged := strings.Repeat("A", len(live))
	cfg := testConfig(d.log)
	cfg.APISecret = "corbado1_another"
	other, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]string{
		"none": "", "made up": "old", "right size": forged, "of another project": other.processes.issue(other.Now()),
		"prolonged": "_" + live[1:],
	} {
		t.Run(name, func(t *testing.T) {
			token := d.token(kindAppend, alice)
			refused(t, d.frontend(p, "append/start", appendStart(token)), http.StatusBadRequest, errValidation)
			refused(t, d.finish(p, "{}"), http.StatusBadRequest, errValidation)
			refused(t, d.frontend(p, "manage/list", map[string]any{"connectToken": d.token(kindList, alice)}), http.StatusBadRequest, errValidation)
		})
	}
	d.srv.Advance(processLifetime)
	refused(t, d.frontend(live, "append/start", appendStart(d.token(kindAppend, alice))), http.StatusBadRequest, errValidation)
}

func TestAttackDeletingAnothersPasskey(t *testing.T) {
	d := newDesk(t)
	id := d.add(alice)
	d.add(bob)
	a := d.frontend(d.process(), "manage/delete", map[string]any{"connectToken": d.token(kindDelete, bob), "credentialID": id})
	refused(t, a, http.StatusBadRequest, errValidation)
	none := d.frontend(d.process(), "manage/delete", map[string]any{"connectToken": d.token(kindDelete, bob), "credentialID": "cre-0"})
	if a.body["error"] == nil || !sameError(a, none) {
		t.Errorf("a stranger can tell a real id from a made-up one: %s / %s", a.raw, none.raw)
	}
	if n := len(d.srv.Users()[0].Credentials); n != 1 {
		t.Errorf("alice has %d passkeys", n)
	}
}

func sameError(a, b answer) bool {
	_, x, _ := strings.Cut(a.raw, `"error":`)
	_, y, _ := strings.Cut(b.raw, `"error":`)
	return x == y
}

func TestAttackOneCredentialForTwoUsers(t *testing.T) {
	d := newDesk(t)
	dev, key := newDevice(), newKey(t)
	p := d.process()
	if a := d.finish(p, dev.answer(t, d.challenge(p, alice), key)); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	for _, who := range []string{alice, bob} {
		refused(t, d.finish(p, dev.answer(t, d.challenge(p, who), key)), http.StatusBadRequest, errValidation)
	}
}

func TestAttackOffboardedUserFinishes(t *testing.T) {
	d := newDesk(t)
	p := d.process()
	response := newDevice().create(t, d.challenge(p, alice))
	if a := d.backend(http.MethodDelete, "/v2/users/"+d.srv.Users()[0].ID, nil); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	refused(t, d.finish(p, response), http.StatusBadRequest, errValidation)
}
