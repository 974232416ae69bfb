package login

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/passkey-sidecar/passkey-sidecar/internal/outbound"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
)

const (
	// metadataAge is when the provider's metadata and keys are read anew. Keys
	// that Okta has withdrawn stop being trusted then at the latest.
	metadataAge = 24 * time.Hour
	// After a failure the provider is left alone for a second, doubled with
	// each further failure up to a minute.
	firstPause = time.Second
	longPause  = time.Minute
	// discoveryTimeout bounds one attempt to read the metadata.
	discoveryTimeout = 15 * time.Second
)

// ProviderConfig of a Provider.
type ProviderConfig struct {
	// Issuer exactly as the provider writes it: Okta's has no trailing slash,
	// Auth0's has one.
	Issuer string
	// Client talks to the provider; nil means outbound.NewClient(0).
	Client *http.Client
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	Log *slog.Logger
}

// Provider is one OpenID provider: where its endpoints are and which keys it
// signs with (OpenID Connect Discovery 1.0). It asks when it is first needed,
// never before, so that the proxy starts and reloads with Okta down. It lives
// across config reloads and is safe for concurrent use. It has no background
// work of its own and needs no closing.
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

// ProviderStatus tells how the provider is, for health checks.
type ProviderStatus struct {
	// Ready means that sign-in can start: the metadata is there, though it may
	// be old.
	Ready bool
	// FetchedAt is when the metadata was read.
	FetchedAt time.Time
	// LastError is why the last reading failed, "" if it did not. It holds no
	// secret.
	LastError string
	// NextTry is when the provider will be asked again at the earliest.
	NextTry time.Time
}

// NewProvider makes a Provider. It makes no request.
func NewProvider(c ProviderConfig) *Provider {
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

// Status tells how the provider is. It makes no request.
func (p *Provider) Status() ProviderStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := ProviderStatus{Ready: p.current != nil, NextTry: p.nextTry}
	if p.current != nil {
		s.FetchedAt = p.current.fetchedAt
	}
	if p.lastErr != nil {
		s.LastError = printable(p.lastErr.Error(), maxLogText)
	}
	return s
}

// metadata returns the provider's metadata. Only the first request ever waits
// for it; a day later it is read anew while the old stays in use. After a
// failure the same error comes back at once until the pause is over.
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
		// Nobody's closed tab may end what others wait for, and the request's
		// context must not be used beside the request: Caddy's log fields in
		// it are not for two goroutines.
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
	// Before anybody is answered, so that the log's order is the order of things.
	if f.err != nil {
		p.log.WarnContext(ctx, "identity provider not available",
			slog.String("issuer", p.issuer), slog.String("error", printable(f.err.Error(), maxLogText)), slog.String("hint", hint(f.err)))
	}

	p.mu.Lock()
	if f.err == nil {
		p.current, p.lastErr, p.failures, p.nextTry = f.md, nil, 0, time.Time{}
	} else {
		p.lastErr = f.err
		p.nextTry = p.now().Add(pause(p.failures))
		p.failures++
	}
	p.flight = nil
	p.mu.Unlock()
	close(f.done)
}

// pause returns how long to leave the provider alone, with up to a quarter more
// so that a fleet does not come back in step.
func pause(failures int) time.Duration {
	d := longPause
	if failures < 6 {
		d = min(firstPause<<failures, longPause)
	}
	var jitter [1]byte
	_, _ = rand.Read(jitter[:]) // never fails (crypto/rand)
	return d + d/4*time.Duration(jitter[0])/255
}

// hint says what an operator should look at.
func hint(err error) string {
	if mismatch, ok := errors.AsType[*oidc.IssuerMismatchError](err); ok {
		return issuerHint(mismatch.Provided, mismatch.Discovered)
	}
	if strings.HasPrefix(err.Error(), "404 ") {
		return "there is no authorization server at this issuer: compare it with Security > API in Okta's admin console"
	}
	return "is the identity provider reachable from here, by name and through any proxy?"
}

// issuerHint explains why two issuers differ.
func issuerHint(configured, theirs string) string {
	if strings.TrimSuffix(configured, "/") == strings.TrimSuffix(theirs, "/") {
		return "they differ in the trailing slash only: write the issuer exactly as the provider does"
	}
	return "set issuer to what the provider says, or change the issuer mode (Okta URL, custom URL, dynamic) of the app or authorization server in Okta's admin console"
}

// problem is what a person sees who cannot sign in because of err, an error of
// metadata.
func (p *Provider) problem(err error) *problem.Problem {
	if mismatch, ok := errors.AsType[*oidc.IssuerMismatchError](err); ok {
		return issuerMismatch(mismatch.Provided, mismatch.Discovered)
	}
	p.mu.Lock()
	wait := p.nextTry.Sub(p.now())
	p.mu.Unlock()
	return unavailable(max(wait, time.Second), err)
}

// issuerMismatch is for the operator: the configured issuer is not the
// provider's own name for itself (OpenID Connect Discovery 1.0 section 4.3).
func issuerMismatch(configured, theirs string) *problem.Problem {
	theirs = printable(theirs, maxShownText)
	return &problem.Problem{
		Status: http.StatusBadGateway,
		Code:   "issuer_mismatch",
		Title:  "Sign-in is not set up correctly",
		Detail: tellOperator,
		Operator: "The configured issuer is " + configured + ", but the identity provider calls itself " + theirs +
			": " + issuerHint(configured, theirs) + ".",
		Err: errors.New("issuer " + configured + " is configured, the provider says " + theirs),
	}
}

// tellOperator is what a person reads about a mistake that only the people who
// run the site can mend; Operator says what it is.
const tellOperator = "You can do nothing about it here. Tell whoever runs this site, with the request ID below."

// unavailable is for failures that pass.
func unavailable(wait time.Duration, err error) *problem.Problem {
	return &problem.Problem{
		Status:     http.StatusServiceUnavailable,
		Code:       "identity_provider_unavailable",
		Title:      "Sign-in is not available right now",
		Detail:     "The identity provider does not answer. Whoever is signed in already can go on. Try again in a moment.",
		RetryAfter: wait,
		Err:        err,
	}
}
