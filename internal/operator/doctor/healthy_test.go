package doctor

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
	"github.com/passkey-sidecar/passkey-sidecar/internal/sharedstate"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/redisserver"
)

// TestHealthySetUpsAreLeftAlone: nothing is wrong, at Okta's custom and org servers and
// at Auth0, and nothing is found.
func TestHealthySetUpsAreLeftAlone(t *testing.T) {
	for name, c := range map[string]struct {
		auth0 *okta.Auth0
		stage func(*world)
	}{
		"okta custom server": {stage: func(*world) {}},
		"okta org server":    {stage: func(w *world) { w.Okta.Issuer = w.okta.OrgIssuer() }},
		"auth0":              {auth0: &okta.Auth0{}, stage: func(*world) {}},
		"with refresh and post": {stage: func(w *world) {
			w.Okta.ClientAuth, w.Okta.Scopes = secretPost, append(w.Okta.Scopes, "offline_access")
		}},
		"with redis": {stage: func(w *world) {
			r := redisserver.Start(w.t, redisserver.Config{Persist: true, File: "requirepass " + statePass})
			w.State = &sharedstate.Address{URL: "redis://" + r.Addr, Password: secret.New(statePass)}
		}},
		"with the documented rights at redis": {stage: func(w *world) {
			r := redisserver.Start(w.t, redisserver.Config{File: "user passkeys on >" + statePass + " ~passkeys:* resetchannels +@connection " +
				"+get +set +setnx +del +incr +multi +exec +xadd +xread +xrange +xtrim"})
			w.State = &sharedstate.Address{URL: "redis://passkeys@" + r.Addr, Password: secret.New(statePass)}
		}},
		"with a redis cluster": {stage: func(w *world) {
			c := redisserver.StartCluster(w.t, redisserver.Config{}, 3)
			w.State = &sharedstate.Address{URL: "redis://" + c.Masters[0].Addr + "," + c.Masters[1].Addr, Cluster: true}
		}},
		"with the relying party named": {stage: func(w *world) { w.RPID = "localhost" }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c.auth0)
			c.stage(w)
			w.IDToken = w.browserToken()
			found := w.examine()
			checks := make(map[string]bool)
			for _, f := range found {
				checks[f.Check] = true
				if f.Level >= Warning {
					t.Errorf("%+v", f)
				}
			}
			for _, c := range append((&exam{}).alone(), (&exam{}).atProvider()...) {
				if !checks[c.name] {
					t.Errorf("the check %s says nothing", c.name)
				}
			}
			if strings.Contains(w.IDToken, ".") && strings.Contains(printed(t, found), w.IDToken[:40]) {
				t.Error("the ID token is printed")
			}
		})
	}
}

func printed(t *testing.T, found []Finding) string {
	t.Helper()
	var text bytes.Buffer
	if err := WriteJSON(&text, found); err != nil {
		t.Fatal(err)
	}
	var back struct {
		Worst    Level
		Findings []Finding
	}
	if err := json.Unmarshal(text.Bytes(), &back); err != nil || back.Worst != Worst(found) || len(back.Findings) != len(found) {
		t.Errorf("the JSON does not say the same (%v): %s", err, text.String())
	}
	return text.String()
}

// TestTheDoctorChangesNothing looks at what the stand-ins were asked: no token, no user,
// no session, no key.
func TestTheDoctorChangesNothing(t *testing.T) {
	w := newWorld(t, nil)
	r := redisserver.Start(t, redisserver.Config{})
	w.State = &sharedstate.Address{URL: "redis://" + r.Addr}
	w.IDToken = w.forge("RS256", nil)
	w.examine()
	for _, e := range w.okta.Events() {
		switch e.Name {
		case okta.EventTokenIssued, okta.EventCodeIssued, okta.EventSignedIn, okta.EventSignedOut, okta.EventTokenRevoked, okta.EventUserChanged:
			t.Errorf("Okta: %+v", e)
		}
	}
	for _, e := range w.corbado.Events() {
		if e.Name == "connect_token_created" || e.Name == "user_created" {
			t.Errorf("Corbado: %+v", e)
		}
	}
	if n := r.Keys(t); n != 0 {
		t.Errorf("%d keys at Redis", n)
	}
}
