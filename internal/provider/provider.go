// Package provider is the identity provider as the product sees it: where its
// endpoints are, which keys it signs with, and whether a token is one of its own.
// Sign-in, bearer tokens and sign-outs by the provider stand on it.
//
// A Provider asks when it is first needed, never before, so that the proxy starts
// and reloads with Okta down. Failures are remembered for a while and forged
// tokens are rationed, so that nobody can turn this product into a load on Okta.
// What a sign-in is, and what a person is told when one fails, is for package
// login.
package provider

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/outbound"
)

// Skew is how far the provider's clock and ours may differ.
const Skew = 60 * time.Second

const (
	// metadataAge is when the provider's metadata and keys are read again. Keys
	// that Okta has withdrawn stop being trusted then at the latest.
	metadataAge = 24 * time.Hour
	// After a failure the provider is left alone for a second, doubled with each
	// further failure up to a minute.
	firstPause = time.Second
	longPause  = time.Minute
	// discoveryTimeout bounds one attempt to read the metadata.
	discoveryTimeout = 15 * time.Second
	// maxLogText is the most of somebody else's text that a log line holds, in
	// characters.
	maxLogText = 500
)

// Config of a Provider.
type Config struct {
	// Issuer exactly as the provider writes it: Okta's has no trailing slash,
	// Auth0's has one.
	Issuer string
	// Client talks to the provider; nil means outbound.NewClient(0).
	Client *http.Client
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Log hears of failures; nil means nobody does.
	Log *slog.Logger
}

// Provider is one OpenID provider. It lives across config reloads and is safe for
// concurrent use. It has no background work of its own and needs no closing.
type Provider struct {
	issuer string
	client *http.Client
	now    func() time.Time
	log    *slog.Logger

	mu       sync.Mutex
	current  *metadata
	flight   *flight
	failures int
	lastErr  error
	nextTry  time.Time
}

// flight is one reading of the metadata that any number of requests wait for.
type flight struct {
	done chan struct{}
	md   *metadata
	err  error
}

// Status is how the provider is, for health checks.
type Status struct {
	// Ready means that sign-in can start: the metadata is there, though it may be
	// old.
	Ready bool
	// LastError is why the last reading failed, "" if it did not. It holds no
	// secret.
	LastError string
	// NextTry is when the provider will be asked again at the earliest.
	NextTry time.Time
}

// New makes a Provider. It makes no request.
func New(c Config) *Provider {
	if c.Client == nil {
		c.Client = outbound.NewClient(0)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Provider{issuer: c.Issuer, client: c.Client, now: c.Now, log: c.Log}
}

// Issuer returns the configured issuer.
func (p *Provider) Issuer() string { return p.issuer }

// Client returns the HTTP client that talks to the provider.
func (p *Provider) Client() *http.Client { return p.client }

// Status makes no request.
func (p *Provider) Status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Status{Ready: p.current != nil, NextTry: p.nextTry}
	if p.lastErr != nil {
		s.LastError = claims.Printable(p.lastErr.Error(), maxLogText)
	}
	return s
}

// Endpoints returns where the provider answers. Only the first request ever waits
// for it; a day later it is read again while the old stays in use. After a failure
// the same error comes back at once until the pause is over. The error wraps a
// *MismatchError when the provider calls itself another issuer.
func (p *Provider) Endpoints(ctx context.Context) (Endpoints, error) {
	md, err := p.metadata(ctx)
	if err != nil {
		return Endpoints{}, err
	}
	return md.Endpoints, nil
}

// metadata is Endpoints with the keys.
func (p *Provider) metadata(ctx context.Context) (*metadata, error) {
	p.mu.Lock()
	now := p.now()
	current, lastErr := p.current, p.lastErr
	if current != nil && now.Sub(current.fetchedAt) < metadataAge {
		p.mu.Unlock()
		return current, nil
	}
	if p.flight == nil && !now.Before(p.nextTry) {
		p.flight = &flight{done: make(chan struct{})}
		// Not the request's context. A closed tab must not end what others wait
		// for, and Caddy's log fields in that context are not for two goroutines.
		go p.fly(context.Background(), p.flight) //nolint:contextcheck,gosec // see above
	}
	f := p.flight
	p.mu.Unlock()
	switch {
	case current != nil:
		return current, nil
	case f == nil:
		return nil, lastErr
	}
	select {
	case <-f.done:
		return f.md, f.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// fly reads the metadata and notes how that went.
func (p *Provider) fly(ctx context.Context, f *flight) {
	ctx, cancel := context.WithTimeout(ctx, discoveryTimeout)
	defer cancel()
	f.md, f.err = discover(ctx, p.issuer, p.client, p.now)
	// Logged before anybody is answered, so that the log is in order.
	if f.err != nil {
		p.log.WarnContext(ctx, "identity provider not available",
			slog.String("issuer", p.issuer), slog.String("error", claims.Printable(f.err.Error(), maxLogText)), slog.String("hint", hint(f.err)))
	}

	p.mu.Lock()
	if f.err == nil {
		p.current, p.lastErr, p.failures, p.nextTry = f.md, nil, 0, time.Time{}
	} else {
		p.lastErr = f.err
		p.nextTry = p.now().Add(Pause(p.failures))
		p.failures++
	}
	p.flight = nil
	p.mu.Unlock()
	close(f.done)
}

// Pause returns how long to leave the provider alone after one failure and
// failures more: from a second to a minute, and up to a quarter more so that
// replicas do not come back in step.
func Pause(failures int) time.Duration {
	d := longPause
	if failures < 6 {
		d = min(firstPause<<failures, longPause)
	}
	var jitter [1]byte
	_, _ = rand.Read(jitter[:]) // never fails (crypto/rand)
	return d + d/4*time.Duration(jitter[0])/255
}
