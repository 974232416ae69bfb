package login

import (
	"errors"
	"net/http"
	"runtime"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/passkey-sidecar/passkey-sidecar/internal/outbound"
)

func newPostedProvider(t *testing.T) (*op, *Provider) {
	t.Helper()
	o := newOP(t, newClock())
	return o, NewProvider(ProviderConfig{Issuer: o.issuer(), Client: outbound.NewClient(0), Now: o.clock.Now})
}

func TestPostedTokenIsVerified(t *testing.T) {
	t.Parallel()
	o, p := newPostedProvider(t)
	payload, err := p.VerifySignature(t.Context(), signWith(t, jose.RS256, rsaKey(), "k1", map[string]any{"sub": "x"}))
	if err != nil || string(payload) != `{"sub":"x"}` {
		t.Errorf("%s %v", payload, err)
	}
	if _, err := p.VerifySignature(t.Context(), "a.b.c"); err == nil || errors.Is(err, ErrKeysUnavailable) {
		t.Errorf("garbage: %v", err)
	}
	if n := o.count("/keys"); n != 1 {
		t.Errorf("keys were read %d times", n)
	}
}

// Tokens that name unknown keys must not turn us into a load on Okta, nor spend
// the ration of the sign-ins.
func TestForeignKidFlood(t *testing.T) {
	t.Parallel()
	o, p := newPostedProvider(t)
	forged := signWith(t, jose.RS256, rsaKey(), "unknown", map[string]any{"sub": "x"})
	for range 200 {
		if _, err := p.VerifySignature(t.Context(), forged); err == nil {
			t.Fatal("taken")
		}
	}
	if n := o.count("/keys"); n != 2 {
		t.Errorf("the keys were read %d times", n)
	}
	o.clock.advance(keyPause)
	_, _ = p.VerifySignature(t.Context(), forged)
	if n := o.count("/keys"); n != 3 {
		t.Errorf("a minute later: %d times", n)
	}
	md, err := p.metadata(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, _ = md.keys.VerifySignature(t.Context(), forged)
	if n := o.count("/keys"); n != 4 {
		t.Errorf("the flood spent the ration of the sign-ins: %d", n)
	}
}

func TestFloodWhileKeysAreDown(t *testing.T) {
	t.Parallel()
	o, p := newPostedProvider(t)
	o.keys = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	token := signWith(t, jose.RS256, rsaKey(), "k1", map[string]any{"sub": "x"})
	for range 200 {
		if _, err := p.VerifySignature(t.Context(), token); !errors.Is(err, ErrKeysUnavailable) {
			t.Fatalf("got %v", err)
		}
	}
	if n := o.count("/keys"); n != 1 {
		t.Errorf("the keys were asked for %d times", n)
	}
	o.keys = nil
	o.clock.advance(2 * firstPause)
	// go-oidc forgets a reading a moment after it has told how that went.
	_, err := p.VerifySignature(t.Context(), token)
	for tries := 0; err != nil && tries < 1000; tries++ {
		runtime.Gosched()
		_, err = p.VerifySignature(t.Context(), token)
	}
	if err != nil {
		t.Errorf("after the pause: %v", err)
	}
}

func TestPostedTokenWhileProviderIsDown(t *testing.T) {
	t.Parallel()
	o, p := newPostedProvider(t)
	o.withdraw = true
	if _, err := p.VerifySignature(t.Context(), "a.b.c"); !errors.Is(err, ErrKeysUnavailable) {
		t.Errorf("got %v", err)
	}
}
