package corbado

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestFaultAppendNotAllowed(t *testing.T) {
	d := newDesk(t)
	d.must(Fault{Name: FaultAppendNotAllowed, Times: 1})
	for _, want := range []bool{false, true} {
		if a := d.frontend("", "append/init", map[string]any{}); a.status != http.StatusOK || a.body["appendAllowed"] != want {
			t.Errorf("want %v: %d %s", want, a.status, a.raw)
		}
	}
}

func TestFaultManageNotAllowed(t *testing.T) {
	d := newDesk(t)
	d.must(Fault{Name: FaultManageNotAllowed})
	if a := d.frontend("", "manage/init", map[string]any{}); a.status != http.StatusOK || a.body["manageAllowed"] != false {
		t.Errorf("%d %s", a.status, a.raw)
	}
}

func TestFaultAppendNoOptions(t *testing.T) {
	d := newDesk(t)
	d.must(Fault{Name: FaultAppendNoOptions})
	p := d.process()
	token := d.token(kindAppend, alice)
	a := d.frontend(p, "append/start", appendStart(token))
	if a.status != http.StatusOK || a.body["attestationOptions"] != "" || a.body["variant"] != "default" {
		t.Errorf("%d %s", a.status, a.raw)
	}
	refused(t, d.frontend(p, "append/start", appendStart(token)), http.StatusBadRequest, errValidation)
	forced := appendStart(d.token(kindAppend, alice))
	forced["forcePasskeyAppend"] = true
	if a := d.frontend(p, "append/start", forced); a.text("attestationOptions") == "" {
		t.Errorf("an append from the list is not offered: %s", a.raw)
	}
}

func TestFaultAppendVariants(t *testing.T) {
	d := newDesk(t)
	p := d.process()
	for _, f := range []string{FaultAppendAfterHybrid, FaultAppendAfterError} {
		d.must(Fault{Name: f, Times: 1})
		a := d.frontend(p, "append/start", appendStart(d.token(kindAppend, alice)))
		if a.text("variant") != strings.TrimPrefix(f, "append-") || a.text("attestationOptions") == "" {
			t.Errorf("%s: %s", f, a.raw)
		}
	}
}

func TestFaultAppendFinishDenied(t *testing.T) {
	d := newDesk(t)
	d.must(Fault{Name: FaultAppendFinishDenied, Times: 1})
	p := d.process()
	refused(t, d.finish(p, newDevice().create(t, d.challenge(p, alice))), http.StatusBadRequest, errValidation)
	d.add(alice)
}

func TestFaultCredentialExists(t *testing.T) {
	d := newDesk(t)
	d.add(bob)
	d.must(Fault{Name: FaultCredentialExists, Times: 1})
	of := d.srv.Users()[0].Credentials[0].CredentialID
	if o := d.challenge(d.process(), alice); !strings.Contains(o, `"excludeCredentials":[{"type":"public-key","id":"`+of+`"}]`) {
		t.Errorf("bob's passkey is not excluded: %s", o)
	}
	if o := d.challenge(d.process(), alice); strings.Contains(o, of) {
		t.Errorf("bob's passkey is still excluded: %s", o)
	}
}

func TestFaultTokenExpired(t *testing.T) {
	d := newDesk(t)
	p := d.process()
	d.must(Fault{Name: FaultTokenExpired, Times: 3})
	for path, body := range map[string]map[string]any{
		"append/start":  appendStart(d.token(kindAppend, alice)),
		"manage/list":   {"connectToken": d.token(kindList, alice)},
		"manage/delete": {"connectToken": d.token(kindDelete, alice), "credentialID": "cre-1"},
	} {
		a := d.frontend(p, path, body)
		refused(t, a, http.StatusBadRequest, errValidation)
		if !strings.Contains(a.raw, "is expired") {
			t.Errorf("%s: %s", path, a.raw)
		}
	}
}

func TestFaultListTokenOnce(t *testing.T) {
	d := newDesk(t)
	p := d.process()
	d.must(Fault{Name: FaultListTokenOnce})
	body := map[string]any{"connectToken": d.token(kindList, alice)}
	if a := d.frontend(p, "manage/list", body); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	refused(t, d.frontend(p, "manage/list", body), http.StatusBadRequest, errValidation)
}

func TestFaultListBadDates(t *testing.T) {
	d := newDesk(t)
	d.add(alice)
	d.must(Fault{Name: FaultListBadDates})
	p := d.process()
	a := d.frontend(p, "manage/list", map[string]any{"connectToken": d.token(kindList, alice)})
	if got := first(t, a, "passkeys"); got["created"] != "" || got["lastUsed"] != "" {
		t.Errorf("%v", got)
	}
}

func TestFaultProcessLost(t *testing.T) {
	d := newDesk(t)
	p := d.process()
	d.must(Fault{Name: FaultProcessLost, Times: 2})
	refused(t, d.frontend(p, "append/start", appendStart("x")), http.StatusBadRequest, errValidation)
	if a := d.frontend(p, "append/init", map[string]any{}); a.text("processID") == p || a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.raw)
	}
}

func TestFaultEventsFail(t *testing.T) {
	d := newDesk(t)
	d.must(Fault{Name: FaultEventsFail})
	a := d.frontend(d.process(), "events", map[string]any{"eventType": "append-error"})
	refused(t, a, http.StatusInternalServerError, errInternal)
}

// The tester's log and controls must never help anybody to a secret.
func TestSecretsStayOutOfTheJournal(t *testing.T) {
	d := newDesk(t)
	p := d.process()
	append1, list, gone := d.token(kindAppend, alice), d.token(kindList, alice), d.token(kindDelete, alice)
	start := d.frontend(p, "append/start", appendStart(append1))
	var options struct {
		PublicKey struct {
			Challenge string `json:"challenge"`
		} `json:"publicKey"`
	}
	if err := json.Unmarshal([]byte(start.text("attestationOptions")), &options); err != nil {
		t.Fatal(err)
	}
	d.finish(p, newDevice().create(t, start.text("attestationOptions")))
	d.frontend(p, "append/start", appendStart(append1)) // refused
	d.frontend(p, "manage/list", map[string]any{"connectToken": list})
	d.frontend(p, "manage/delete", map[string]any{"connectToken": gone, "credentialID": d.srv.Users()[0].Credentials[0].ID})
	d.call(http.MethodGet, "/v2/users", nil, func(r *http.Request) { r.SetBasicAuth(testProject, "corbado1_a-typo") })
	d.call(http.MethodGet, "/v2/users", nil, withSecret, func(r *http.Request) { r.Header.Set("Origin", "x "+append1) })

	told := d.log.String()
	for _, path := range []string{"events", "users", "faults"} {
		told += d.call(http.MethodGet, "/__emulator/"+path, nil).raw
	}
	if !strings.Contains(told, "passkey_added") || !strings.Contains(told, "append_refused") {
		t.Fatal("the journal is empty")
	}
	for name, secret := range map[string]string{
		"API secret": testSecret, "mistyped secret": "a-typo", "append token": append1, "list token": list,
		"delete token": gone, "process id": p, "challenge": options.PublicKey.Challenge,
	} {
		if strings.Contains(told, secret) {
			t.Errorf("the %s is told", name)
		}
	}
}
