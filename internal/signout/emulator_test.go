package signout_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/oktatest"
	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
	"github.com/passkey-sidecar/passkey-sidecar/internal/revocation"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
	"github.com/passkey-sidecar/passkey-sidecar/internal/sharedstate"
	"github.com/passkey-sidecar/passkey-sidecar/internal/signout"
)

const (
	emulatorClient = "0oaAPP0000000000APP0"
	alice          = "alice@acme.test"
)

// org is the Okta emulator and an app that hears of its sign-outs.
type org struct {
	*okta.Server
	t     *testing.T
	list  *revocation.List
	app   string // its base URL
	alice okta.User
}

type noCookies struct{}

func (noCookies) End(http.ResponseWriter, *http.Request) {}

func newOrg(t *testing.T) *org {
	t.Helper()
	o := &org{t: t}
	o.Server = oktatest.Start(t, okta.Config{
		Clients: []okta.Client{{ID: emulatorClient, Secret: "s"}},
		Users:   []okta.User{{Login: alice, Email: "Alice@Acme.test", Password: "correct horse"}},
	})
	o.alice, _ = o.User(alice)
	keyring, err := seal.NewKeyring([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	if o.list, err = revocation.New(revocation.Config{Records: revocation.NewRecords(nil, nil), Keyring: keyring, Lifetime: time.Hour}, log); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	o.app = server.URL + "/passkeys"
	origins, err := origin.ParseSet([]string{server.URL})
	if err != nil {
		t.Fatal(err)
	}
	issuer := func(name string) signout.Issuer {
		return signout.Issuer{Name: name, Keys: provider.New(provider.Config{Issuer: name, Log: log})}
	}
	h, err := signout.New(signout.Config{
		ClientID: emulatorClient, Issuer: issuer(o.Issuer()), Org: issuer(provider.OrgIssuer(o.Issuer())),
		Origins: origins, BasePath: "/passkeys",
	}, o.list, sharedstate.NewMemory(nil), noCookies{}, log)
	if err != nil {
		t.Fatal(err)
	}
	mux.HandleFunc("POST /passkeys"+route.UniversalLogout, h.UniversalLogout)
	mux.HandleFunc("POST /passkeys"+route.BackchannelLogout, h.Backchannel)
	mux.HandleFunc("/passkeys"+route.FrontchannelLogout, func(w http.ResponseWriter, r *http.Request) { h.Frontchannel(w, r, nil, "192.0.2.1") })
	return o
}

// session is one of alice's, or of bob's.
func (o *org) session(subject, email, sid string) *session.Session {
	return &session.Session{
		ID: subject + sid, Issuer: o.Issuer(), Subject: subject, Email: email, ProviderSID: sid, StartedAt: time.Now().Add(-time.Minute),
	}
}

func (o *org) wantAliceOut(name string) {
	o.t.Helper()
	if !o.list.Revoked(o.session(o.alice.ID, "alice@acme.test", "s1")) {
		o.t.Errorf("%s: alice is still signed in", name)
	}
	if o.list.Revoked(o.session("00ubob", "bob@acme.test", "s2")) {
		o.t.Errorf("%s: bob was signed out", name)
	}
}

func (o *org) wantAliceIn(name string) {
	o.t.Helper()
	if o.list.Revoked(o.session(o.alice.ID, "alice@acme.test", "s1")) {
		o.t.Errorf("%s: alice was signed out", name)
	}
}

func TestUniversalLogoutFromOkta(t *testing.T) {
	for name, form := range map[string]okta.UniversalLogout{
		"by the org, e-mail":     {},
		"by the org, subject":    {Format: "iss_sub"},
		"by the issuer, e-mail":  {Custom: true},
		"by the issuer, subject": {Custom: true, Format: "iss_sub"},
	} {
		o := newOrg(t)
		form.User, form.Client, form.URL = alice, emulatorClient, o.app+route.UniversalLogout
		status, err := o.SendUniversalLogout(t.Context(), form)
		if err != nil || status != http.StatusNoContent {
			t.Errorf("%s: %d %v", name, status, err)
		}
		o.wantAliceOut(name)
	}
}

func TestFlawedUniversalLogoutFromOkta(t *testing.T) {
	o := newOrg(t)
	for flaw, want := range map[string]int{
		okta.FlawWrongType: 401, okta.FlawWrongIssuer: 401, okta.FlawWrongAudience: 401, okta.FlawWrongClient: 403,
		okta.FlawExpired: 401, okta.FlawFuture: 401, okta.FlawForeignKey: 401, okta.FlawUnknownKey: 401,
		okta.FlawAlgNone: 401, okta.FlawNoToken: 401, okta.FlawUnknownFormat: 400,
	} {
		status, err := o.SendUniversalLogout(t.Context(), okta.UniversalLogout{User: alice, Client: emulatorClient, URL: o.app + route.UniversalLogout, Flaw: flaw})
		if err != nil || status != want {
			t.Errorf("%s: %d %v, want %d", flaw, status, err, want)
		}
		o.wantAliceIn(flaw)
	}
	status, err := o.SendUniversalLogout(t.Context(), okta.UniversalLogout{User: alice, Client: emulatorClient, URL: o.app + route.UniversalLogout, Flaw: okta.FlawReplayed})
	if err != nil || status != http.StatusUnauthorized {
		t.Errorf("replayed: %d %v", status, err)
	}
}

func TestUniversalLogoutAfterOktaRotatedItsKeys(t *testing.T) {
	o := newOrg(t)
	send := func() int {
		t.Helper()
		status, err := o.SendUniversalLogout(t.Context(), okta.UniversalLogout{User: alice, Client: emulatorClient, URL: o.app + route.UniversalLogout})
		if err != nil {
			t.Fatal(err)
		}
		return status
	}
	if status := send(); status != http.StatusNoContent {
		t.Fatal(status)
	}
	if err := o.RotateKeys(false); err != nil {
		t.Fatal(err)
	}
	if status := send(); status != http.StatusNoContent {
		t.Errorf("after the rotation: %d", status)
	}
}

func TestUniversalLogoutWhileOktasKeysCannotBeRead(t *testing.T) {
	o := newOrg(t)
	if err := o.Fault(okta.Fault{Name: okta.FaultDown}); err != nil {
		t.Fatal(err)
	}
	status, err := o.SendUniversalLogout(t.Context(), okta.UniversalLogout{User: alice, Client: emulatorClient, URL: o.app + route.UniversalLogout})
	if err != nil || status != http.StatusServiceUnavailable {
		t.Errorf("%d %v", status, err)
	}
	o.wantAliceIn("down")
}

func TestBackchannelLogoutFromTheProvider(t *testing.T) {
	for name, form := range map[string]okta.LogoutToken{
		"one session":                {SID: "s1"},
		"all of a user":              {User: alice},
		"one session, with its user": {SID: "s1", User: alice},
	} {
		o := newOrg(t)
		form.Client, form.URL = emulatorClient, o.app+route.BackchannelLogout
		status, err := o.SendLogoutToken(t.Context(), form)
		if err != nil || status != http.StatusOK {
			t.Errorf("%s: %d %v", name, status, err)
		}
		o.wantAliceOut(name)
	}
}

func TestFlawedBackchannelLogoutFromTheProvider(t *testing.T) {
	o := newOrg(t)
	for _, flaw := range []string{
		okta.FlawWrongType, okta.FlawWrongIssuer, okta.FlawWrongAudience, okta.FlawExpired, okta.FlawFuture, okta.FlawForeignKey,
		okta.FlawUnknownKey, okta.FlawAlgNone, okta.FlawNoToken, okta.FlawNonce, okta.FlawNoEvent,
	} {
		status, err := o.SendLogoutToken(t.Context(), okta.LogoutToken{User: alice, Client: emulatorClient, URL: o.app + route.BackchannelLogout, Flaw: flaw})
		if err != nil || status != http.StatusBadRequest {
			t.Errorf("%s: %d %v", flaw, status, err)
		}
		o.wantAliceIn(flaw)
	}
	status, err := o.SendLogoutToken(t.Context(), okta.LogoutToken{User: alice, Client: emulatorClient, URL: o.app + route.BackchannelLogout, Flaw: okta.FlawReplayed})
	if err != nil || status != http.StatusBadRequest {
		t.Errorf("replayed: %d %v", status, err)
	}
}

func TestFrontchannelLogoutInAFrame(t *testing.T) {
	o := newOrg(t)
	target := o.app + route.FrontchannelLogout + "?" + url.Values{"iss": {o.Issuer()}, "sid": {"s1"}}.Encode()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK || !strings.HasSuffix(resp.Header.Get("Content-Security-Policy"), "frame-ancestors "+o.OrgIssuer()) {
		t.Errorf("%s %v", resp.Status, resp.Header)
	}
	o.wantAliceOut("frame")
}
