package oktasetup

import (
	"context"
	"encoding/json"
	"errors"
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
	"github.com/passkey-sidecar/passkey-sidecar/internal/oktaapi"
	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
)

const corbadoSecret = "corbado-client-secret-do-not-print"

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
			Endpoints: Endpoints{
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
	made := o.mustApply()
	o.mustApply()
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
		t.Errorf("%v %v", verified, err)
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

func TestRefusalsStopBeforeAnyChange(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*org)
		step  string
		code  string
	}{
		"wrong token":           {nil, "app", oktaapi.CodeInvalidToken},
		"no right to read":      {func(o *org) { o.okta.DenyManagement("* idps") }, "identity provider", oktaapi.CodeNotPermitted},
		"rate limit, no end":    {func(o *org) { o.okta.LimitManagement(1000, time.Minute) }, "app", oktaapi.CodeRateLimited},
		"org fails while asked": {func(o *org) { o.okta.FailManagement(5, http.StatusInternalServerError) }, "groups claim", "E0000009"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOrg(t)
			token := o.okta.ManagementToken()
			if c.spoil == nil {
				token = "00wrong-token"
			} else {
				c.spoil(o)
			}
			_, err := Apply(t.Context(), o.api(token), o.options, o.tell)
			wantStop(t, err, c.step, c.code)
			if w := o.writes(); len(w) != 0 || !strings.Contains(err.Error(), "Nothing was changed.") {
				t.Errorf("did %v: %v", w, err)
			}
			if strings.Contains(err.Error(), token) {
				t.Errorf("shows the token: %v", err)
			}
			o.okta.DenyManagement()
			o.okta.LimitManagement(0, 0)
			if got := o.mustApply(); got.Changes != 11 {
				t.Errorf("the next run: %+v", got)
			}
		})
	}
}

func wantStop(t *testing.T, err error, step, code string) {
	t.Helper()
	stop, ok := errors.AsType[*StepError](err)
	if !ok || stop.Step != step {
		t.Fatalf("want a stop at %s, got %v", step, err)
	}
	if refusal, ok := errors.AsType[*oktaapi.Error](err); !ok || refusal.Code != code {
		t.Errorf("want %s: %v", code, err)
	}
}

func TestShortRateLimitIsWaitedFor(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	o.okta.LimitManagement(2, 10*time.Second)
	if got := o.mustApply(); got.Changes != 11 || o.waits != 2 {
		t.Errorf("%+v, waited %d times", got, o.waits)
	}
}

// TestHalfDoneRun breaks an apply at each of its calls; the next run completes it.
func TestHalfDoneRun(t *testing.T) {
	t.Parallel()
	probe := newOrg(t)
	probe.mustApply()
	calls := len(probe.okta.ManagementCalls())
	for n := 1; n <= calls; n++ {
		o := newOrg(t)
		o.okta.FailManagement(n, http.StatusInternalServerError)
		_, err := o.apply()
		if err == nil {
			t.Fatalf("call %d: no error", n)
		}
		if stop, ok := errors.AsType[*StepError](err); !ok || len(stop.Done)+len(stop.Left) != 8 || stop.Changed != len(o.writes()) {
			t.Fatalf("call %d: %v", n, err)
		}
		o.mustApply()
		o.writes()
		if second := o.mustApply(); second.Changes != 0 {
			t.Errorf("call %d: changes without end: %v", n, o.writes())
		}
		if raw, err := os.ReadFile(o.options.App.SecretFile); err != nil || len(raw) < 40 {
			t.Errorf("call %d: secret file %d bytes, %v", n, len(raw), err)
		}
		for _, collection := range []string{"apps", "idps"} {
			if got := len(o.okta.ManagementObjects(collection)); got != 1 {
				t.Errorf("call %d: %d %s", n, got, collection)
			}
		}
	}
}

// TestMissingRightToWrite stops at its step and names it.
func TestMissingRightToWrite(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	o.okta.DenyManagement("POST idps")
	_, err := o.apply()
	wantStop(t, err, "identity provider", oktaapi.CodeNotPermitted)
	if w := o.writes(); len(w) != 6 || strings.Contains(strings.Join(w, " "), "sign-in") {
		t.Errorf("did %v", w)
	}
	o.okta.DenyManagement()
	o.mustApply()
	if w := o.writes(); len(w) != 5 {
		t.Errorf("the next run did %v", w)
	}
}

func TestLostSecretFileIsReadAgain(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	o.mustApply()
	o.writes()
	file := o.options.App.SecretFile
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	o.mustApply()
	after, err := os.ReadFile(file)
	if err != nil || string(after) != string(before) || len(o.writes()) != 0 {
		t.Errorf("%v", err)
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

func TestPageKeepsSettingsOfOthers(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	o.options.Page.Publish = false
	o.mustApply()
	if w := o.writes(); slices.ContainsFunc(w, func(c string) bool { return strings.HasSuffix(c, "/customized") && strings.Contains(c, "sign-in") }) {
		t.Errorf("published: %v", w)
	}
	api := o.api(o.okta.ManagementToken())
	brands, err := api.List(t.Context(), "/api/v1/brands")
	if err != nil {
		t.Fatal(err)
	}
	var brand struct{ ID string }
	if err := json.Unmarshal(brands[1], &brand); err != nil {
		t.Fatal(err)
	}
	path := "/api/v1/brands/" + brand.ID + "/pages/sign-in/customized"
	theirs := map[string]any{
		"pageContent": "<p>theirs</p>", "widgetCustomizations": map[string]any{"helpLabel": "Call 1234"},
		"contentSecurityPolicySetting": map[string]any{"mode": "enforced", "srcList": []string{"https://cdn.acme.test"}},
	}
	if err := api.Do(t.Context(), http.MethodPut, path, theirs, nil); err != nil {
		t.Fatal(err)
	}
	o.options.Page.Publish = true
	o.mustApply()
	var page json.RawMessage
	if err := api.Do(t.Context(), http.MethodGet, path, nil, &page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Call 1234", `"enforced"`, "https://cdn.acme.test", "https://cdn.cloud.corbado.io", "DOCTYPE", `"G2"`} {
		if !strings.Contains(string(page), want) {
			t.Errorf("no %s in %s", want, page)
		}
	}
	o.writes()
	if o.mustApply(); len(o.writes()) != 0 {
		t.Error("the page is written again and again")
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
