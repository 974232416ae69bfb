package okta_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/oktatest"
)

// managed is an answer of the management API that has been read.
type managed struct {
	status int
	header http.Header
	body   map[string]any // nil for a list
}

// manage makes one call of the management API.
func manage(t *testing.T, server *okta.Server, authorization, call, body string) managed {
	t.Helper()
	method, path, _ := strings.Cut(call, " ")
	req, err := http.NewRequestWithContext(t.Context(), method, server.OrgIssuer()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", authorization)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	answer := managed{status: res.StatusCode, header: res.Header}
	_ = json.Unmarshal(raw, &answer.body) // a list stays nil
	return answer
}

const appBody = `{"name":"oidc_client","label":"x","signOnMode":"OPENID_CONNECT","credentials":{"oauthClient":{"pkce_required":true}},
"settings":{"oauthClient":{"application_type":"web","grant_types":["authorization_code"],"redirect_uris":["https://app.acme.test/cb"]}}}`

func TestManagementAPIRefuses(t *testing.T) {
	t.Parallel()
	server := oktatest.Start(t, okta.Config{})
	right := "SSWS " + server.ManagementToken()
	for _, c := range []struct {
		name, authorization, call, body string
		status                          int
		code                            string
	}{
		{"no token", "", "GET /api/v1/apps", "", 401, "E0000011"},
		{"wrong token", "SSWS 00wrong", "GET /api/v1/apps", "", 401, "E0000011"},
		{"other scheme", "Basic " + server.ManagementToken(), "GET /api/v1/apps", "", 401, "E0000011"},
		{"unknown path", right, "GET /api/v1/zones", "", 404, "E0000007"},
		{"unknown app", right, "GET /api/v1/apps/0oa", "", 404, "E0000007"},
		{"garbled body", right, "POST /api/v1/apps", "{", 400, "E0000003"},
		{"app without label", right, "POST /api/v1/apps", `{"name":"oidc_client","signOnMode":"OPENID_CONNECT"}`, 400, "E0000001"},
		{"relative redirect URI", right, "POST /api/v1/apps", strings.Replace(appBody, "https://app.acme.test/cb", "/cb", 1), 400, "E0000001"},
		{"empty provider", right, "POST /api/v1/idps", `{"type":"OIDC","protocol":{"type":"OIDC"}}`, 400, "E0000001"},
		{"no write to groups", right, "POST /api/v1/groups", `{}`, 404, "E0000007"},
	} {
		got := manage(t, server, c.authorization, c.call, c.body)
		if got.status != c.status || got.body["errorCode"] != c.code || got.body["errorId"] == "" {
			t.Errorf("%s: %d %v", c.name, got.status, got.body)
		}
	}
	server.DenyManagement("POST apps")
	if got := manage(t, server, right, "POST /api/v1/apps", appBody); got.status != 403 || got.body["errorCode"] != "E0000006" {
		t.Errorf("denied: %d %v", got.status, got.body)
	}
	server.DenyManagement()
	server.LimitManagement(1, time.Minute)
	if got := manage(t, server, right, "GET /api/v1/apps", ""); got.status != 429 || got.body["errorCode"] != "E0000047" || got.header.Get("X-Rate-Limit-Reset") == "" {
		t.Errorf("limited: %d %v", got.status, got.body)
	}
}

// TestManagementAPIShowsASecretOnce: at the creation, and where secrets are listed.
func TestManagementAPIShowsASecretOnce(t *testing.T) {
	t.Parallel()
	server := oktatest.Start(t, okta.Config{})
	right := "Bearer " + server.ManagementToken()
	app := manage(t, server, right, "POST /api/v1/apps", appBody)
	made, err := json.Marshal(app.body)
	if err != nil || app.status != http.StatusOK || !strings.Contains(string(made), "client_secret") {
		t.Fatalf("%d %s", app.status, made)
	}
	id, _ := app.body["id"].(string)
	for _, call := range []string{"GET /api/v1/apps/" + id, "PUT /api/v1/apps/" + id} {
		again := manage(t, server, right, call, appBody)
		shown, err := json.Marshal(again.body)
		if err != nil || again.status != http.StatusOK || strings.Contains(string(shown), "client_secret") {
			t.Errorf("%s: %d %s", call, again.status, shown)
		}
	}
	if !strings.Contains(string(server.ManagementObjects("apps")[0]), "client_secret") {
		t.Error("an update lost the secret")
	}
}

func TestManagementAPIPagesItsLists(t *testing.T) {
	t.Parallel()
	server := oktatest.Start(t, okta.Config{})
	right := "SSWS " + server.ManagementToken()
	for range 21 {
		manage(t, server, right, "POST /api/v1/apps", appBody)
	}
	list := manage(t, server, right, "GET /api/v1/apps?q=x", "")
	links := strings.Join(list.header.Values("Link"), " ")
	if !strings.Contains(links, `rel="next"`) || !strings.Contains(links, "q=x") {
		t.Errorf("links %s", links)
	}
}
