package oktasetup

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/oktatest"
	"github.com/passkey-sidecar/passkey-sidecar/internal/operator/oktaapi"
	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
)

const corbadoSecret = "corbado-client-secret-do-not-print" //nolint:gosec // of no account

// org is an emulated org, a set-up for it, and what the set-up told.
type org struct {
	t       *testing.T
	okta    *okta.Server
	options Options
	told    []Action
	waits   int
	dir     string
}

func newOrg(t *testing.T) *org {
	t.Helper()
	dir := t.TempDir()
	return &org{t: t, dir: dir, okta: oktatest.Start(t, okta.Config{
		Users: []okta.User{{Login: "alice@acme.test", Email: "alice@acme.test", Password: "correct horse", Groups: []string{"app-orders"}}},
	}), options: Options{
		Brand: "Acme",
		App: App{
			Label: "Orders", PublicURLs: []string{"https://app.acme.test"}, AssignGroup: "Everyone",
			SecretFile: filepath.Join(dir, "client_secret"), RefreshTokens: true,
		},
		IdentityProvider: &IdentityProvider{
			Issuer: "https://corbado.acme.test", ClientID: "okta", ClientSecret: secret.New(corbadoSecret), Filter: `(\S+@acme\.test)`,
			Endpoints: Endpoints{ //nolint:gosec // URLs, no credentials
				Authorization: "https://corbado.acme.test/a", Token: "https://corbado.acme.test/t",
				UserInfo: "https://corbado.acme.test/u", JWKS: "https://corbado.acme.test/k",
			},
		},
		AuthServer:     &AuthServer{GroupsPrefix: "app-", AccessPolicy: true},
		RelatedOrigins: []string{"https://app.acme.test"},
		Page: &Page{Publish: true, BackupDir: dir, Body: func(idpID, appID string) ([]byte, error) {
			return json.Marshal(map[string]any{
				"pageContent": "<!DOCTYPE html>" + strings.Repeat(" ", 500) + idpID + appID, "widgetVersion": "^7",
				"widgetCustomizations":         map[string]any{"widgetGeneration": "G2"},
				"contentSecurityPolicySetting": map[string]any{"mode": "report_only", "srcList": []string{"https://cdn.cloud.corbado.io"}},
			})
		}},
	}}
}

func (o *org) api(token string) *oktaapi.Client {
	o.t.Helper()
	c, err := oktaapi.New(oktaapi.Config{
		OrgURL: o.okta.OrgIssuer(), Token: secret.New(token),
		Sleep: func(context.Context, time.Duration) error { o.waits++; return nil },
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return c
}

func (o *org) tell(a Action) { o.told = append(o.told, a) }

func (o *org) apply() (Result, error) {
	o.t.Helper()
	o.told = nil
	return Apply(o.t.Context(), o.api(o.okta.ManagementToken()), o.options, o.tell)
}

func (o *org) mustApply() Result {
	o.t.Helper()
	result, err := o.apply()
	if err != nil {
		o.t.Fatal(err)
	}
	return result
}

// writes are the calls since the last look that changed the org.
func (o *org) writes() []string {
	return slices.DeleteFunc(o.okta.ManagementCalls(), func(c string) bool { return strings.HasPrefix(c, "GET ") })
}

func (o *org) text() string {
	var b strings.Builder
	for _, a := range o.told {
		WriteAction(&b, a, false)
	}
	return b.String()
}

func TestSecondRunChangesNothing(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	first := o.mustApply()
	if first.Changes != 11 || len(o.writes()) != 11 || !strings.HasPrefix(first.ClientID, "0oa") || !strings.HasPrefix(first.IdentityProviderID, "0oa") {
		t.Errorf("first run: %+v", first)
	}
	info, err := os.Stat(o.options.App.SecretFile)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() == 0 {
		t.Errorf("secret file: %v %v", info, err)
	}
	second := o.mustApply()
	if w := o.writes(); len(w) != 0 || second.Changes != 0 {
		t.Errorf("the second run did %v", w)
	}
	if second.ClientID != first.ClientID || second.IdentityProviderID != first.IdentityProviderID {
		t.Errorf("ids changed: %+v %+v", first, second)
	}
	backups, err := filepath.Glob(filepath.Join(o.dir, "okta-sign-in-page-*.json"))
	if err != nil || len(backups) != 1 {
		t.Errorf("backups %v %v", backups, err)
	}
}

// TestSignInWithWhatSetUpMade: the app's id and the file's secret get an ID
// token from the org.
func TestSignInWithWhatSetUpMade(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	o.options.Page = nil // the test's page has no form for a browser without scripts
	o.mustApply()
	o.options.App.FrontchannelLogout = true
	made := o.mustApply()
	if second := o.mustApply(); made.Changes != 1 || second.Changes != 0 {
		t.Errorf("single logout took %d changes, then %d", made.Changes, second.Changes)
	}
	raw, err := os.ReadFile(o.options.App.SecretFile)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := oidc.NewProvider(t.Context(), o.okta.Issuer())
	if err != nil {
		t.Fatal(err)
	}
	client := oauth2.Config{
		ClientID: made.ClientID, ClientSecret: strings.TrimSpace(string(raw)), Endpoint: provider.Endpoint(),
		RedirectURL: "https://app.acme.test/passkeys/callback", Scopes: []string{"openid", "email"},
	}
	verifier := oauth2.GenerateVerifier()
	back, err := oktatest.NewBrowser(o.okta).SignIn(t.Context(),
		client.AuthCodeURL("state", oidc.Nonce("n"), oauth2.S256ChallengeOption(verifier)), "alice@acme.test", "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	token, err := client.Exchange(t.Context(), back.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	idToken, _ := token.Extra("id_token").(string)
	verified, err := provider.Verifier(&oidc.Config{ClientID: made.ClientID}).Verify(t.Context(), idToken)
	if err != nil || verified.Nonce != "n" {
		t.Fatalf("%v %v", verified, err)
	}
	var claims struct{ SID string }
	if err := verified.Claims(&claims); err != nil || claims.SID == "" {
		t.Errorf("no sid, by which single logout finds the session: %v", err)
	}
}

func TestPlanChangesNothingAndShowsNoSecret(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	for name, api := range map[string]API{"with an org": o.api(o.okta.ManagementToken()), "without an org": nil} {
		o.told = nil
		result, err := Plan(t.Context(), api, o.options, o.tell)
		if err != nil {
			t.Fatal(name, err)
		}
		if w := o.writes(); len(w) != 0 || result.Changes != 11 {
			t.Errorf("%s: %d changes planned, did %v", name, result.Changes, w)
		}
		text := o.text()
		if strings.Contains(text, corbadoSecret) || !strings.Contains(text, `"client_secret": "REDACTED"`) || !strings.Contains(text, "POST /api/v1/apps?activate=true") {
			t.Errorf("%s: %s", name, text)
		}
	}
	if _, err := os.Stat(o.options.App.SecretFile); err == nil {
		t.Error("a plan made the secret file")
	}
}

func TestDifferencesAreReportedAndMended(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	o.mustApply()
	o.writes()
	o.options.App.PublicURLs = []string{"https://app2.acme.test"}
	o.options.IdentityProvider.TrustClaims = true
	o.mustApply()
	if w := o.writes(); len(w) != 2 {
		t.Errorf("did %v", w)
	}
	text := o.text()
	for _, want := range []string{
		`+ settings.oauthClient.redirect_uris[]: "https://app2.acme.test/passkeys/callback"`, "~ policy.trustClaims: false -> true",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	app := string(o.okta.ManagementObjects("apps")[0])
	if !strings.Contains(app, "https://app.acme.test/passkeys/callback") || !strings.Contains(app, `"client_secret"`) {
		t.Errorf("an update lost what was there: %s", app)
	}
	idp := string(o.okta.ManagementObjects("idps")[0])
	if !strings.Contains(idp, corbadoSecret) || !strings.Contains(idp, `"maxClockSkew":120000`) {
		t.Errorf("an update lost what was there: %s", idp)
	}
}

// TestForeignSecretFileIsKept: another app's secret is not overwritten.
func TestForeignSecretFileIsKept(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	if err := os.WriteFile(o.options.App.SecretFile, []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := o.apply()
	raw, readErr := os.ReadFile(o.options.App.SecretFile)
	if err == nil || readErr != nil || string(raw) != "other" || len(o.writes()) != 0 {
		t.Errorf("%v, %s", err, raw)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*Options){
		"no label":         func(o *Options) { o.App.Label = "" },
		"plain http":       func(o *Options) { o.App.PublicURLs = []string{"http://app.acme.test"} },
		"no public URL":    func(o *Options) { o.App.PublicURLs = nil },
		"base path":        func(o *Options) { o.App.BasePath = "passkeys/" },
		"no brand":         func(o *Options) { o.Brand = "" },
		"default brand":    func(o *Options) { o.Brand = "okta-default" },
		"unknown brand":    func(o *Options) { o.Brand = "Nobody" },
		"unknown group":    func(o *Options) { o.App.AssignGroup = "Nobody" },
		"unknown server":   func(o *Options) { o.AuthServer.ID = "nothing" },
		"idp over http":    func(o *Options) { o.IdentityProvider.Endpoints.Token = "http://corbado.acme.test/t" },
		"idp without id":   func(o *Options) { o.IdentityProvider.ClientID = "" },
		"match":            func(o *Options) { o.IdentityProvider.Match = "SUB" },
		"no secret":        func(o *Options) { o.IdentityProvider.ClientSecret = secret.Value{} },
		"origin with path": func(o *Options) { o.RelatedOrigins = []string{"https://app.acme.test/x"} },
	} {
		o := newOrg(t)
		spoil(&o.options)
		if _, err := o.apply(); err == nil || len(o.writes()) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTwoAppsOfOneName(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	o.mustApply()
	var app map[string]any
	if err := json.Unmarshal(o.okta.ManagementObjects("apps")[0], &app); err != nil {
		t.Fatal(err)
	}
	if err := o.api(o.okta.ManagementToken()).Do(t.Context(), http.MethodPost, "/api/v1/apps", app, nil); err != nil {
		t.Fatal(err)
	}
	o.writes()
	if _, err := o.apply(); err == nil || !strings.Contains(err.Error(), "there are 2") || len(o.writes()) != 0 {
		t.Errorf("%v", err)
	}
}

func TestDiscover(t *testing.T) {
	t.Parallel()
	var issuer string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{
			"issuer": issuer, "authorization_endpoint": issuer + "/a", "token_endpoint": issuer + "/t", "jwks_uri": issuer + "/k",
		})
	}))
	defer srv.Close()
	issuer = srv.URL
	got, err := Discover(t.Context(), srv.Client(), srv.URL)
	if err != nil || got.Token != issuer+"/t" {
		t.Errorf("%+v %v", got, err)
	}
	issuer = "https://evil.example"
	if _, err := Discover(t.Context(), srv.Client(), srv.URL); err == nil {
		t.Error("took another issuer's metadata")
	}
}
