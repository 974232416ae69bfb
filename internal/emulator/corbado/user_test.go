package corbado

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// first returns the only entry of a list in a's body.
func first(t *testing.T, a answer, field string) map[string]any {
	t.Helper()
	list, _ := a.body[field].([]any)
	if a.status != http.StatusOK || len(list) != 1 {
		t.Fatalf("want one of %s: %d %s", field, a.status, a.raw)
	}
	entry, _ := list[0].(map[string]any)
	return entry
}

func TestOperatorFindsAndDeletesAPasskey(t *testing.T) {
	d := newDesk(t)
	d.add(bob)
	id := d.add(alice)

	found := first(t, d.backend(http.MethodGet, "/v2/users?identifierType=username&identifierValue="+alice, nil), "users")
	path := "/v2/users/" + found["userID"].(string)
	passkey := first(t, d.backend(http.MethodGet, path+"/credentials", nil), "credentials")
	if passkey["id"] != id || passkey["status"] != "active" {
		t.Errorf("credential %v", passkey)
	}
	if a := d.backend(http.MethodDelete, path+"/credentials/"+id, nil); a.status != http.StatusOK || a.text("message") != "OK" {
		t.Errorf("%d %s", a.status, a.raw)
	}
	refused(t, d.backend(http.MethodDelete, path+"/credentials/"+id, nil), http.StatusBadRequest, errValidation)
	if a := d.backend(http.MethodGet, path+"/credentials", nil); !strings.Contains(a.raw, `"credentials":[]`) {
		t.Error(a.raw)
	}
	if a := d.backend(http.MethodDelete, path, nil); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.raw)
	}
	for _, p := range []string{path, path + "/credentials"} {
		refused(t, d.backend(http.MethodGet, p, nil), http.StatusBadRequest, errValidation)
	}
	refused(t, d.backend(http.MethodDelete, path, nil), http.StatusBadRequest, errValidation)
	if users := d.srv.Users(); len(users) != 1 || users[0].Identifiers[0] != bob {
		t.Errorf("left: %+v", users)
	}
}

func TestUserFilters(t *testing.T) {
	d := newDesk(t)
	d.add(alice)
	d.add(bob)
	users := d.srv.Users()
	for query, want := range map[string]int{
		"userID=" + users[0].ID:                                              1,
		"userIDs=" + users[0].ID + "&userIDs=" + users[1].ID:                 2,
		"webauthnIDs=" + users[1].WebauthnID:                                 1,
		"identifierValues=" + alice + "," + bob + "&identifierType=username": 2,
		"identifierValue=" + alice + "&identifierType=email":                 0,
		"identifierValue=nobody&identifierType=username":                     0,
		"":                                  -1,
		"identifierValue=" + alice:          -1,
		"userID=a&webauthnIDs=b":            -1,
		"identifierValue=x&identifierType=": -1,
	} {
		t.Run(query, func(t *testing.T) {
			a := d.backend(http.MethodGet, "/v2/users?"+query, nil)
			if want < 0 {
				refused(t, a, http.StatusBadRequest, errValidation)
				return
			}
			if list, ok := a.body["users"].([]any); !ok || len(list) != want {
				t.Errorf("%d %s; want %d", a.status, a.raw, want)
			}
		})
	}
}

func TestUserMadeByAnOperatorIsTheOneWhoAppends(t *testing.T) {
	d := newDesk(t)
	u := d.backend(http.MethodPost, "/v2/users", map[string]any{
		"status": "active", "fullName": "Alice", "explicitWebauthnID": "handle-of-alice",
	})
	path := "/v2/users/" + u.text("userID")
	name := map[string]any{"identifierType": "username", "identifierValue": alice, "status": "verified"}
	i := d.backend(http.MethodPost, path+"/identifiers", name)
	delete(i.body, "identifierID")
	want := map[string]any{"type": "username", "value": alice, "status": "verified", "userID": u.text("userID")}
	if diff := cmp.Diff(want, i.body); diff != "" {
		t.Error(diff)
	}
	refused(t, d.backend(http.MethodPost, path+"/identifiers", name), http.StatusBadRequest, errValidation)
	first(t, d.backend(http.MethodGet, "/v2/identifiers", nil), "identifiers")

	d.add(alice)
	users := d.srv.Users()
	if len(users) != 1 || users[0].WebauthnID != "handle-of-alice" || len(users[0].Credentials) != 1 {
		t.Errorf("users: %+v", users)
	}

	changed := d.backend(http.MethodPatch, path, map[string]any{"status": "disabled"})
	if changed.text("status") != "disabled" || changed.text("fullName") != "Alice" {
		t.Errorf("PATCH: %s", changed.raw)
	}
	if got := d.backend(http.MethodGet, path, nil); got.text("status") != "disabled" {
		t.Errorf("GET: %s", got.raw)
	}
}

func TestUserCallsRefuseBadValues(t *testing.T) {
	d := newDesk(t)
	d.add(alice)
	path := "/v2/users/" + d.srv.Users()[0].ID
	tests := map[string]struct {
		method, path string
		body         map[string]any
	}{
		"no status":              {http.MethodPost, "/v2/users", map[string]any{}},
		"odd status":             {http.MethodPost, "/v2/users", map[string]any{"status": "gone"}},
		"handle too long":        {http.MethodPost, "/v2/users", map[string]any{"status": "active", "explicitWebauthnID": strings.Repeat("x", 65)}},
		"odd status in a change": {http.MethodPatch, path, map[string]any{"status": "gone"}},
		"unknown user":           {http.MethodPatch, "/v2/users/usr-0", map[string]any{"status": "active"}},
		"odd identifier type":    {http.MethodPost, path + "/identifiers", map[string]any{"identifierType": "x", "identifierValue": "y", "status": "primary"}},
		"odd identifier status":  {http.MethodPost, path + "/identifiers", map[string]any{"identifierType": "email", "identifierValue": "y", "status": "x"}},
		"no identifier":          {http.MethodPost, path + "/identifiers", map[string]any{"identifierType": "email", "status": "primary"}},
		"identifier of nobody":   {http.MethodPost, "/v2/users/usr-0/identifiers", map[string]any{"identifierType": "email", "identifierValue": "y", "status": "primary"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			refused(t, d.backend(tt.method, tt.path, tt.body), http.StatusBadRequest, errValidation)
		})
	}
}
