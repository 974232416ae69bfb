package corbado

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCreateConnectToken(t *testing.T) {
	d := newDesk(t)
	tests := map[string]struct {
		body    map[string]any
		expires time.Duration
	}{
		"append":             {map[string]any{"type": "passkey-append", "data": map[string]any{"identifier": alice, "displayName": "a@acme.test"}}, tokenLifetime},
		"list":               {map[string]any{"type": "passkey-list", "data": map[string]any{"identifier": alice}}, tokenLifetime},
		"list with a name":   {map[string]any{"type": "passkey-list", "data": map[string]any{"identifier": alice, "displayName": "a@acme.test"}}, tokenLifetime},
		"delete":             {map[string]any{"type": "passkey-delete", "data": map[string]any{"identifier": alice}}, tokenLifetime},
		"login":              {map[string]any{"type": "passkey-login", "data": map[string]any{"identifier": alice}}, tokenLifetime},
		"lifetime of a hour": {map[string]any{"type": "passkey-list", "data": map[string]any{"identifier": alice}, "maxLifetimeInSeconds": 3600}, time.Hour},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := d.backend(http.MethodPost, "/v2/connectTokens", tt.body)
			if a.status != http.StatusOK {
				t.Fatalf("%d %s", a.status, a.raw)
			}
			if id := a.text("id"); !regexp.MustCompile(`^ctk-\d{18}$`).MatchString(id) {
				t.Errorf("id %q", id)
			}
			if s := a.text("secret"); !regexp.MustCompile(`^ctk1_[0-9A-Za-z]{30}$`).MatchString(s) {
				t.Errorf("secret %q", s)
			}
			got := map[string]any{
				"tokenType": a.body["tokenType"], "data": a.body["data"], "status": a.body["connectTokenStatus"], "expires": a.body["expires"],
			}
			want := map[string]any{
				"tokenType": tt.body["type"], "data": tt.body["data"], "status": "initial",
				"expires": float64(d.srv.Now().Add(tt.expires).Unix()),
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if c := a.header.Get("Cache-Control"); c != "no-store" {
				t.Errorf("Cache-Control %q", c)
			}
		})
	}
}

func TestCreateConnectTokenRefusesBadRequests(t *testing.T) {
	d := newDesk(t)
	who := map[string]any{"identifier": alice, "displayName": "a@acme.test"}
	tests := map[string]struct {
		body   any
		kind   string
		fields []string
	}{
		"empty":                  {map[string]any{}, errValidation, []string{"type", "data.identifier"}},
		"the type of old guides": {map[string]any{"type": "passkey-add", "data": who}, errValidation, []string{"type"}},
		"no identifier":          {map[string]any{"type": "passkey-list", "data": map[string]any{}}, errValidation, []string{"data.identifier"}},
		"append without a name":  {map[string]any{"type": "passkey-append", "data": map[string]any{"identifier": alice}}, errValidation, []string{"data.displayName"}},
		"no lifetime":            {map[string]any{"type": "passkey-list", "data": who, "maxLifetimeInSeconds": 0}, errValidation, []string{"maxLifetimeInSeconds"}},
		"endless lifetime":       {map[string]any{"type": "passkey-list", "data": who, "maxLifetimeInSeconds": 86401}, errValidation, []string{"maxLifetimeInSeconds"}},
		"a list":                 {[]any{}, errInvalidJSON, nil},
		"wrong field type":       {map[string]any{"type": 1}, errInvalidJSON, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := d.backend(http.MethodPost, "/v2/connectTokens", tt.body)
			refused(t, a, http.StatusBadRequest, tt.kind)
			for _, f := range tt.fields {
				if !strings.Contains(a.raw, `{"field":"`+f+`","message":"`) {
					t.Errorf("no validation of %s: %s", f, a.raw)
				}
			}
		})
	}
}

func TestBackendRefusesWrongKeys(t *testing.T) {
	d := newDesk(t)
	auth := func(value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", value) }
	}
	tests := map[string]struct {
		edit func(*http.Request)
		want int
	}{
		"basic":                      {withSecret, http.StatusOK},
		"basic in lower case":        {func(r *http.Request) { withSecret(r); lowerScheme(r) }, http.StatusOK},
		"bearer key":                 {auth("Bearer " + testKey), http.StatusOK},
		"nothing":                    {func(*http.Request) {}, http.StatusUnauthorized},
		"another secret":             {func(r *http.Request) { r.SetBasicAuth(testProject, "corbado1_wrong") }, http.StatusUnauthorized},
		"another project":            {func(r *http.Request) { r.SetBasicAuth("pro-1", testSecret) }, http.StatusUnauthorized},
		"the secret alone, as basic": {auth("Basic " + testSecret), http.StatusUnauthorized},
		"the secret as bearer":       {auth("Bearer " + testSecret), http.StatusUnauthorized},
		"the key as basic":           {auth("Basic " + testKey), http.StatusUnauthorized},
		"an empty bearer":            {auth("Bearer "), http.StatusUnauthorized},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := d.call(http.MethodGet, "/v2/connectTokens", nil, tt.edit)
			if tt.want == http.StatusUnauthorized {
				refused(t, a, tt.want, errLogin)
			} else if a.status != tt.want {
				t.Fatalf("%d %s", a.status, a.raw)
			}
		})
	}
}

func lowerScheme(r *http.Request) {
	r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "Basic", "basic", 1))
}

func TestBackendRefusesBrowsers(t *testing.T) {
	d := newDesk(t)
	a := d.call(http.MethodGet, "/v2/connectTokens", nil, withSecret, func(r *http.Request) { r.Header.Set("Origin", testOrigin) })
	refused(t, a, http.StatusBadRequest, errValidation)
	if !strings.Contains(a.raw, testOrigin) {
		t.Errorf("the origin is not named: %s", a.raw)
	}
}

func TestBackendKnowsItsPathsAndMethods(t *testing.T) {
	d := newDesk(t)
	refused(t, d.backend(http.MethodGet, "/v2/nothing", nil), http.StatusNotFound, errNotFound)
	refused(t, d.backend(http.MethodPut, "/v2/connectTokens", nil), http.StatusMethodNotAllowed, errMethodNotAllowed)
	refused(t, d.call(http.MethodGet, "/", nil), http.StatusNotFound, errNotFound)
	form := func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }
	refused(t, d.call(http.MethodPost, "/v2/connectTokens", map[string]any{}, withSecret, form), http.StatusBadRequest, errInvalidJSON)
}

func TestConnectTokensCanBeListedMarkedAndDeleted(t *testing.T) {
	d := newDesk(t)
	for range 3 {
		d.token(kindList, alice)
	}
	list := d.backend(http.MethodGet, "/v2/connectTokens?pageSize=2&page=2&sort=-created", nil)
	tokens, _ := list.body["connectTokens"].([]any)
	if len(tokens) != 1 {
		t.Fatalf("page 2 of 3 tokens: %s", list.raw)
	}
	if diff := cmp.Diff(map[string]any{"page": 2.0, "totalPages": 2.0, "totalItems": 3.0}, list.body["paging"]); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(list.raw, "ctk1_") {
		t.Error("the list tells secrets")
	}
	one, _ := tokens[0].(map[string]any)
	path := "/v2/connectTokens/" + one["id"].(string)
	done := d.backend(http.MethodPatch, path, map[string]any{"status": "consumed"})
	if done.status != http.StatusOK || done.text("message") != "OK" || done.body["httpStatusCode"] != 200.0 {
		t.Errorf("PATCH: %d %s", done.status, done.raw)
	}
	refused(t, d.backend(http.MethodPatch, path, map[string]any{"status": "used"}), http.StatusBadRequest, errValidation)
	if a := d.backend(http.MethodDelete, path, nil); a.status != http.StatusOK {
		t.Errorf("DELETE: %d %s", a.status, a.raw)
	}
	refused(t, d.backend(http.MethodDelete, path, nil), http.StatusNotFound, errNotFound)
	refused(t, d.backend(http.MethodPatch, path, map[string]any{"status": "initial"}), http.StatusNotFound, errNotFound)
	refused(t, d.backend(http.MethodGet, "/v2/connectTokens?page=0", nil), http.StatusBadRequest, errValidation)
	refused(t, d.backend(http.MethodGet, "/v2/connectTokens?filter[]=type:eq:x", nil), http.StatusBadRequest, errValidation)
}
