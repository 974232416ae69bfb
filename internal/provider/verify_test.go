package provider

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/jwt"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/keys"
)

const (
	testIssuer = "https://okta.example"
	testClient = "0oatestclient0000001"
)

// okta is a provider that publishes one key and can lose its key set.
type okta struct {
	kid       string
	keysDown  atomic.Bool
	keysAsked atomic.Int64
	userinfo  string
}

func (o *okta) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := http.StatusOK, []byte(strings.Replace(discoveryDocument, "{", `{"userinfo_endpoint":"https://okta.example/userinfo",`, 1))
	switch r.URL.Path {
	case "/keys":
		o.keysAsked.Add(1)
		if o.keysDown.Load() {
			status = http.StatusServiceUnavailable
		}
		var err error
		if body, err = json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: keys.RSA(o.kid).Public(), KeyID: o.kid}}}); err != nil {
			return nil, err
		}
	case "/userinfo":
		body = []byte(o.userinfo)
	}
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader(body)), Request: r,
	}, nil
}

func (o *okta) provider() *Provider {
	return New(Config{Issuer: testIssuer, Client: &http.Client{Transport: o}})
}

func sign(t *testing.T, kid string, change map[string]any) string {
	t.Helper()
	now := time.Now()
	claims := map[string]any{"iss": testIssuer, "aud": testClient, "sub": "00u1", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "auth_time": now.Unix()}
	maps.Copy(claims, change)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	return jwt.Sign(t, jose.SigningKey{Algorithm: jose.RS256, Key: keys.RSA(kid)}, map[string]any{"kid": kid}, claims)
}

// The attacks on a whole sign-in are in package login. These are the checks by
// themselves.
func TestVerifyIDToken(t *testing.T) {
	t.Parallel()
	keys.RSA("k1") // outside of the bubble, where it takes its time
	for name, c := range map[string]struct {
		change map[string]any
		want   string
	}{
		"good":                         {nil, ""},
		"null for auth_time":           {map[string]any{"auth_time": json.RawMessage("null")}, ""},
		"azp is us":                    {map[string]any{"azp": testClient}, ""},
		"azp is null":                  {map[string]any{"azp": json.RawMessage("null")}, ""},
		"azp is empty":                 {map[string]any{"azp": ""}, "azp is another client"},
		"azp is another, and longer":   {map[string]any{"azp": testClient + "x"}, "azp is another client"},
		"audience of others too":       {map[string]any{"aud": []string{testClient, "x"}}, "no azp"},
		"within the skew":              {map[string]any{"exp": time.Now().Add(-Skew / 2).Unix()}, ""},
		"of another issuer":            {map[string]any{"iss": testIssuer + "/"}, "issued by a different provider"},
		"auth_time that is no time":    {map[string]any{"auth_time": true}, "auth_time is not a time"},
		"at_hash of another token":     {map[string]any{"at_hash": "x"}, "at_hash"},
		"a subject that cannot be one": {map[string]any{"sub": "a\nb"}, "printable"},
	} {
		id, err := (&okta{kid: "k1"}).provider().VerifyIDToken(t.Context(), sign(t, "k1", c.change), Expected{ClientID: testClient, AccessToken: "a"})
		switch {
		case c.want == "" && (err != nil || id.Subject != "00u1" || !id.Claims.Has("iss")):
			t.Errorf("%s: %+v %v", name, id, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || IsUnverifiable(err)):
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := (&okta{kid: "k1"}).provider().VerifyIDToken(t.Context(), "", Expected{ClientID: testClient}); !errors.Is(err, ErrNoIDToken) {
		t.Errorf("no token: %v", err)
	}
}

func TestTokensThatCannotBeJudgedNow(t *testing.T) {
	t.Parallel()
	down := &okta{kid: "k1"}
	down.keysDown.Store(true)
	for name, c := range map[string]struct {
		okta   *okta
		change map[string]any
	}{
		"keys down": {down, nil},
		"expired":   {&okta{kid: "k1"}, map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}},
		"of later":  {&okta{kid: "k1"}, map[string]any{"iat": time.Now().Add(time.Hour).Unix()}},
	} {
		if _, err := c.okta.provider().VerifyIDToken(t.Context(), sign(t, "k1", c.change), Expected{ClientID: testClient}); err == nil || !IsUnverifiable(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whoever posts forged tokens uses up the ration of posted tokens, and no sign-in
// waits for that.
func TestForgedTokensDoNotUseUpTheRationOfSignIns(t *testing.T) {
	t.Parallel()
	keys.RSA("k1")
	keys.RSA("forged")
	synctest.Test(t, func(t *testing.T) {
		o := &okta{kid: "k1"}
		p := o.provider()
		for range 20 {
			if _, err := p.VerifySignature(t.Context(), sign(t, "forged", nil)); err == nil || errors.Is(err, ErrKeysUnavailable) {
				t.Fatalf("forged: %v", err)
			}
		}
		if n := o.keysAsked.Load(); n != 2 {
			t.Errorf("keys asked for %d times, want 2", n)
		}
		if _, err := p.VerifyIDToken(t.Context(), sign(t, "k1", nil), Expected{ClientID: testClient}); err != nil {
			t.Error(err)
		}
		if n := o.keysAsked.Load(); n != 3 {
			t.Errorf("keys asked for %d times, want 3", n)
		}
		if payload, err := p.VerifySignature(t.Context(), sign(t, "k1", nil)); err != nil || !bytes.Contains(payload, []byte("00u1")) {
			t.Errorf("good: %s %v", payload, err)
		}
	})
}

// A flood of posted tokens does not fall on a provider that is down.
func TestPostedTokensLeaveAProviderAloneThatIsDown(t *testing.T) {
	t.Parallel()
	keys.RSA("k1")
	synctest.Test(t, func(t *testing.T) {
		o := &okta{kid: "k1"}
		o.keysDown.Store(true)
		p := o.provider()
		for range 50 {
			if _, err := p.VerifySignature(t.Context(), sign(t, "k1", nil)); !errors.Is(err, ErrKeysUnavailable) {
				t.Fatal(err)
			}
		}
		if n := o.keysAsked.Load(); n != 1 {
			t.Errorf("keys asked for %d times while down", n)
		}
		o.keysDown.Store(false)
		time.Sleep(2 * firstPause)
		if _, err := p.VerifySignature(t.Context(), sign(t, "k1", nil)); err != nil {
			t.Error(err)
		}
	})
}

func TestUserinfoOfAnotherUser(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"sub":"00u1","name":"Alice"}`: "",
		`{"sub":"00u2"}`:                ErrOtherUser.Error(),
		`{"sub":"00u11"}`:               ErrOtherUser.Error(),
		`{"sub":1}`:                     ErrOtherUser.Error(),
		`{"SUB":"00u1"}`:                ErrOtherUser.Error(),
		`{}`:                            ErrOtherUser.Error(),
		`null`:                          "not a JSON object",
		`[]`:                            "not a JSON object",
	} {
		got, err := (&okta{userinfo: body}).provider().Userinfo(t.Context(), "a", "00u1")
		if want == "" && (err != nil || !got.Has("name")) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v %v", body, got, err)
		}
	}
}

func TestOnlyPinnedAlgorithms(t *testing.T) {
	t.Parallel()
	for alg, want := range map[string]bool{"RS256": true, "ES384": true, "none": false, "None": false, "": false, "HS256": false, "rs256": false} {
		if IsSigningAlgorithm(alg) != want {
			t.Errorf("%q: %t", alg, !want)
		}
	}
	list := SigningAlgorithms()
	list[0] = "none"
	if IsSigningAlgorithm("none") || SigningAlgorithms()[0] == "none" {
		t.Error("the list can be changed from outside")
	}
}
