package okta_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
)

// A whole journey leaves none of its secrets in the event log, in slog or in
// an error page.
func TestSecretsStayOutOfEventsAndLogs(t *testing.T) {
	var out bytes.Buffer
	p := start(t, func(c *okta.Config) {
		c.Log = slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	p.oauth.Scopes = append(p.oauth.Scopes, "offline_access")
	page := p.openSignIn(t, oauth2.SetAuthURLParam("login_hint", "signed-passkey-data"))
	stateToken := page.StateToken()
	if _, err := p.browser.SignIn(t.Context(), p.authorizeURL(), alice, "my wrong password"); err == nil {
		t.Fatal("signed in")
	}
	code := p.callback(t).Get("code")
	token, err := p.exchange(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.exchange(t.Context(), code); err == nil {
		t.Fatal("replay")
	}
	if _, err := p.browser.Get(t.Context(), p.logoutURL("id_token_hint", idTokenOf(token), "post_logout_redirect_uri", signedOut, "state", "logout-state")); err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(p.OrgIssuer())
	if err != nil {
		t.Fatal(err)
	}
	events, err := json.Marshal(p.Events())
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string]string{
		"state token": stateToken, "code": code, "password": password, "wrong password": "my wrong password", "client secret": secret,
		"verifier": p.verifier, "state": "state-1", "nonce": "n-1", "login hint": "signed-passkey-data", "logout state": "logout-state",
		"id token": idTokenOf(token), "access token": token.AccessToken, "refresh token": token.RefreshToken, "e-mail": alice,
	}
	for _, c := range p.browser.Client.Jar.Cookies(at) {
		secrets["cookie "+c.Name] = c.Value
	}
	for name, value := range secrets {
		if value == "" {
			t.Errorf("%s is empty, so nothing was looked for", name)
		}
		if strings.Contains(out.String(), value) {
			t.Errorf("the log holds the %s", name)
		}
		if bytes.Contains(events, []byte(value)) {
			t.Errorf("the events hold the %s", name)
		}
	}
	for _, want := range []string{`"event":"signed_in"`, `"event":"code_issued"`, `"event":"token_issued"`, `"event":"signed_out"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the log lacks %s", want)
		}
	}
}

func TestSubscribeSeesEventsInOrder(t *testing.T) {
	p := start(t, nil)
	events, stop := p.Subscribe(50)
	p.tokens(t)
	stop()
	stop()
	var names []string
	for e := range events {
		names = append(names, e.Name)
	}
	want := []string{okta.EventSignInPageShown, okta.EventSignedIn, okta.EventCodeIssued, okta.EventTokenIssued}
	if !slices.Equal(names, want) {
		t.Errorf("events %v, want %v", names, want)
	}
}

func TestEventLogIsBounded(t *testing.T) {
	p := start(t, nil)
	slow, stop := p.Subscribe(1) // never read: it must not block anything
	defer stop()
	for range 1500 {
		p.Advance(0)
	}
	events := p.Events()
	if len(events) != 1000 || events[999].Seq < 1500 {
		t.Errorf("%d events, the last is %d", len(events), events[len(events)-1].Seq)
	}
	if len(slow) != 1 {
		t.Errorf("%d unread", len(slow))
	}
}

func TestConfigIsChecked(t *testing.T) {
	for name, config := range map[string]okta.Config{
		"no URL":          {},
		"trailing slash":  {PublicURL: "https://login.acme.test/"},
		"path":            {PublicURL: "https://login.acme.test/okta"},
		"scheme":          {PublicURL: "ftp://login.acme.test"},
		"relative URI":    {PublicURL: "https://a.test", Clients: []okta.Client{{ID: "a", RedirectURIs: []string{"/callback"}}}},
		"fragment":        {PublicURL: "https://a.test", Clients: []okta.Client{{ID: "a", RedirectURIs: []string{"https://b.test/#x"}}}},
		"client twice":    {PublicURL: "https://a.test", Clients: []okta.Client{{ID: "a"}, {ID: "a"}}},
		"public, no PKCE": {PublicURL: "https://a.test", Clients: []okta.Client{{ID: "a", PKCEOptional: true}}},
		"login twice":     {PublicURL: "https://a.test", Users: []okta.User{{Login: "a"}, {Login: "A"}}},
		"no login":        {PublicURL: "https://a.test", Users: []okta.User{{}}},
		"user id twice":   {PublicURL: "https://a.test", Users: []okta.User{{ID: "1", Login: "a"}, {ID: "1", Login: "b"}}},
	} {
		if _, err := okta.New(config); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
