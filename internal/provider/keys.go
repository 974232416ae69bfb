package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/passkey-sidecar/passkey-sidecar/internal/outbound"
)

// keyPause is how long the provider's keys are not asked for again because of
// a key that we do not know.
const keyPause = time.Minute

var (
	// ErrKeysUnavailable means that the provider's keys could not be read.
	ErrKeysUnavailable = errors.New("the identity provider's keys cannot be read")
	// errUnknownKey means that the keys were read a moment ago, and the token's was
	// not among them.
	errUnknownKey = errors.New("signed with a key that the identity provider did not publish a moment ago")
)

// newKeySet returns the keys at jwksURL. go-oidc keeps them until a token names
// another key, and then asks each time; the ration keeps forged tokens from
// turning us into a load on the provider. The keys outlive the request that first
// needed them, so they keep nothing of its context. posted is for tokens that
// anybody may have posted.
func newKeySet(jwksURL string, client *http.Client, now func() time.Time, posted bool) oidc.KeySet {
	rationed := *client
	rationed.Transport = &keyRation{next: client.Transport, now: now, posted: posted}
	return oidc.NewRemoteKeySet(oidc.ClientContext(outbound.Named(context.Background(), outbound.Keys), &rationed), jwksURL)
}

// keyRation lets through the first reading and then one a minute. Failed readings
// do not count: whoever signs in may try again at once. Where anybody may post a
// token, each failure is followed by a pause, so that a flood does not fall on a
// provider that is down.
type keyRation struct {
	next   http.RoundTripper
	now    func() time.Time
	posted bool

	mu       sync.Mutex
	read     bool
	reread   time.Time
	failures int
	nextTry  time.Time
}

// RoundTrip implements http.RoundTripper.
func (k *keyRation) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Response == nil { // a redirect belongs to the reading that led to it
		if err := k.spent(); err != nil {
			return nil, err
		}
	}
	next := k.next
	if next == nil {
		next = http.DefaultTransport
	}
	resp, err := next.RoundTrip(r)
	if err != nil {
		k.failed()
		return nil, fmt.Errorf("%w: %w", ErrKeysUnavailable, err)
	}
	switch {
	case resp.StatusCode == http.StatusOK:
		k.note()
	case resp.StatusCode >= http.StatusBadRequest:
		k.failed()
		_ = resp.Body.Close()
		return nil, fmt.Errorf("%w: %s", ErrKeysUnavailable, resp.Status)
	}
	return resp, nil
}

// VerifySignature returns the payload of a token that this provider signed. It is
// for tokens that anybody may post to us, like a logout token: what they make us
// fetch has a ration of its own, so that nobody can use up that of the sign-ins.
// The caller must have checked the algorithm with IsSigningAlgorithm or
// SigningAlgorithms. The error wraps ErrKeysUnavailable when the provider and not
// the token is to blame.
func (p *Provider) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	md, err := p.metadata(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeysUnavailable, err)
	}
	payload, err := md.postedKeys.VerifySignature(ctx, jwt)
	if err != nil && ctx.Err() != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeysUnavailable, ctx.Err())
	}
	return payload, err
}

// spent returns why the keys must not be read now, nil if they may.
func (k *keyRation) spent() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	switch {
	case k.posted && now.Before(k.nextTry):
		return fmt.Errorf("%w: they could not be read a moment ago", ErrKeysUnavailable)
	case !k.reread.IsZero() && now.Sub(k.reread) < keyPause:
		return errUnknownKey
	}
	return nil
}

func (k *keyRation) note() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.read {
		k.reread = k.now()
	}
	k.read = true
	k.failures, k.nextTry = 0, time.Time{}
}

func (k *keyRation) failed() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.nextTry = k.now().Add(Pause(k.failures))
	k.failures++
}
