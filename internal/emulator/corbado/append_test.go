package corbado

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAppendListDelete(t *testing.T) {
	d := newDesk(t)
	p := d.process()
	dev := newDevice()
	key := newKey(t)

	a := d.finish(p, dev.answer(t, d.challenge(p, alice), key))
	if a.status != http.StatusOK {
		t.Fatalf("append/finish: %d %s", a.status, a.raw)
	}
	operation, _ := a.body["passkeyOperation"].(map[string]any)
	delete(operation, "aaguidDetails")
	want := map[string]any{
		"operationType": "append", "identifierValue": alice + "@acme.test", "identifierType": "email", "ceremonyType": "local",
	}
	if diff := cmp.Diff(want, operation); diff != "" {
		t.Error(diff)
	}

	listToken := d.token(kindList, alice)
	list := d.frontend(p, "manage/list", map[string]any{"connectToken": listToken})
	passkeys, _ := list.body["passkeys"].([]any)
	if len(passkeys) != 1 {
		t.Fatalf("manage/list: %d %s", list.status, list.raw)
	}
	checkListed(t, passkeys[0], d.srv.Now())
	id, _ := passkeys[0].(map[string]any)["id"].(string)

	gone := d.frontend(p, "manage/delete", map[string]any{"connectToken": d.token(kindDelete, alice), "credentialID": id})
	if gone.status != http.StatusOK || gone.text("credentialID") != id {
		t.Fatalf("manage/delete: %d %s", gone.status, gone.raw)
	}
	again := d.frontend(p, "manage/list", map[string]any{"connectToken": listToken})
	if passkeys, ok := again.body["passkeys"].([]any); again.status != http.StatusOK || !ok || len(passkeys) != 0 {
		t.Fatalf("manage/list with the same token: %d %s", again.status, again.raw)
	}

	var names []string
	for _, e := range d.srv.Events() {
		names = append(names, e.Name)
	}
	if diff := cmp.Diff([]string{
		"process_started", "connect_token_created", "append_started", "passkey_added",
		"connect_token_created", "connect_token_created", "passkey_deleted",
	}, names); diff != "" {
		t.Error(diff)
	}
}

// checkListed checks every field of a passkey in the list: the component breaks
// on a missing or empty one.
func checkListed(t *testing.T, listed any, now time.Time) {
	t.Helper()
	raw, err := json.Marshal(listed)
	if err != nil {
		t.Fatal(err)
	}
	var p map[string]any
	if err := json.Unmarshal(raw, &p); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{
		"id", "credentialID", "attestationType", "authenticatorAAGUID", "sourceOS", "sourceBrowser", "lastUsed", "created", "status",
	} {
		if s, _ := p[field].(string); s == "" {
			t.Errorf("%s is empty in %s", field, raw)
		}
	}
	for _, field := range []string{"transport", "tags"} {
		if _, ok := p[field].([]any); !ok {
			t.Errorf("%s is no list in %s", field, raw)
		}
	}
	for _, field := range []string{"backupEligible", "backupState"} {
		if _, ok := p[field].(bool); !ok {
			t.Errorf("%s is no bool in %s", field, raw)
		}
	}
	details, _ := p["aaguidDetails"].(map[string]any)
	for _, field := range []string{"name", "iconLight", "iconDark"} {
		if s, _ := details[field].(string); s == "" {
			t.Errorf("aaguidDetails.%s is empty in %s", field, raw)
		}
	}
	created, err := time.Parse(timeForm, p["created"].(string))
	if err != nil || !created.Equal(now.Truncate(time.Second)) || p["createdMs"] != float64(now.UnixMilli()) {
		t.Errorf("created %v, createdMs %v; now is %v", p["created"], p["createdMs"], now)
	}
	if !strings.HasPrefix(p["id"].(string), "cre-") || p["sourceBrowser"] != "Chrome 147" || p["sourceOS"] != "Linux" {
		t.Errorf("passkey %s", raw)
	}
}

func TestInitAnswers(t *testing.T) {
	d := newDesk(t)
	tests := map[string]struct{ path, id, allowed string }{
		"append": {"append/init", "processID", "appendAllowed"},
		"manage": {"manage/init", "processID", "manageAllowed"},
		"login":  {"login/init", "token", "loginAllowed"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			body := map[string]any{"clientInformation": map[string]any{"clientEnvHandle": "che-1", "webdriver": true}, "flags": map[string]any{"a": "b"}}
			a := d.frontend("a-process-of-another-server", tt.path, body)
			id := a.text(tt.id)
			if a.status != http.StatusOK || id == "" || id == "a-process-of-another-server" {
				t.Fatalf("%d %s", a.status, a.raw)
			}
			delete(a.body, tt.id)
			want := map[string]any{
				"expiresAt": float64(d.srv.Now().Add(decisionLifetime).Unix()), "frontendApiUrl": testURL,
				"flags": map[string]any{}, tt.allowed: true,
			}
			if name == "login" { // a challenge must not be kept
				want["expiresAt"], want["flags"] = 0.0, map[string]any{flagConditionalUI: "true"}
				want["conditionalUIChallenge"] = a.body["conditionalUIChallenge"]
			}
			if diff := cmp.Diff(want, a.body); diff != "" {
				t.Error(diff)
			}
			if again := d.frontend(id, tt.path, body); again.text(tt.id) != id {
				t.Errorf("a known process is replaced: %s", again.raw)
			}
		})
	}
	if a := d.frontend("", "append/init", map[string]any{}); !strings.HasPrefix(a.text("newClientEnvHandle"), "che-") {
		t.Errorf("a new browser gets no handle: %s", a.raw)
	}
	refused(t, d.frontend("", "login/start", map[string]any{}), http.StatusBadRequest, errValidation)
}

func TestProcessOutlivesARestart(t *testing.T) {
	old := newDesk(t)
	p := old.process()
	d := newDesk(t)
	if a := d.finish(p, newDevice().create(t, d.challenge(p, alice))); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.raw)
	}
}

func TestAttestationOptionsSuitTheComponent(t *testing.T) {
	d := newDesk(t)
	d.add(bob)
	d.add(alice)
	raw := d.challenge(d.process(), alice)
	if strings.Contains(raw, "null") {
		t.Errorf("null in %s", raw)
	}
	var o struct {
		PublicKey map[string]any `json:"publicKey"`
	}
	if err := json.Unmarshal([]byte(raw), &o); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"challenge", "pubKeyCredParams", "user"} {
		if o.PublicKey[field] == nil {
			t.Errorf("no %s in %s", field, raw)
		}
	}
	who, _ := o.PublicKey["user"].(map[string]any)
	if who["id"] == "" || who["name"] != alice+"@acme.test" || who["displayName"] != alice+"@acme.test" {
		t.Errorf("user %v", who)
	}
	excluded, _ := o.PublicKey["excludeCredentials"].([]any)
	mine := ""
	for _, u := range d.srv.Users() {
		if u.DisplayName == alice+"@acme.test" {
			mine = u.Credentials[0].CredentialID
		}
	}
	if diff := cmp.Diff([]any{map[string]any{"type": "public-key", "id": mine}}, excluded); diff != "" {
		t.Error(diff)
	}
	got := map[string]any{"rp": o.PublicKey["rp"], "sel": o.PublicKey["authenticatorSelection"], "attestation": o.PublicKey["attestation"]}
	want := map[string]any{
		"rp":          map[string]any{"id": testRPID, "name": "Acme"},
		"sel":         map[string]any{"requireResidentKey": true, "residentKey": "required", "userVerification": "required"},
		"attestation": "none",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOneUserKeepsOneHandle(t *testing.T) {
	d := newDesk(t)
	d.add(alice)
	d.add(alice)
	d.add(bob)
	users := d.srv.Users()
	if len(users) != 2 || len(users[0].Credentials) != 2 || users[0].WebauthnID == users[1].WebauthnID {
		t.Errorf("users: %+v", users)
	}
}

func TestComponentEventsAreTaken(t *testing.T) {
	d := newDesk(t)
	a := d.frontend(d.process(), "events", map[string]any{
		"eventType": "append-error", "message": "start with ctk1_abcDEF failed", "challenge": "c2VjcmV0",
	})
	if a.status != http.StatusNoContent || a.raw != "" {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	events := d.srv.Events()
	last := events[len(events)-1]
	if last.Name != "component_event" || last.Detail["message"] != "start with REDACTED failed" || last.Detail["type"] != "append-error" {
		t.Errorf("%+v", last)
	}
	refused(t, d.frontend("", "events", map[string]any{}), http.StatusBadRequest, errValidation)
}
