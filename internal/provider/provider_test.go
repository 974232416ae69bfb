package provider

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const discoveryDocument = `{"issuer":"https://okta.example","authorization_endpoint":"https://okta.example/authorize",
"token_endpoint":"https://okta.example/token","jwks_uri":"https://okta.example/keys"}`

// outage is a provider that can be down, and counts who asks.
type outage struct {
	down  atomic.Bool
	body  atomic.Value
	asked atomic.Int64
	takes time.Duration
}

func (o *outage) RoundTrip(r *http.Request) (*http.Response, error) {
	o.asked.Add(1)
	select {
	case <-time.After(o.takes):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if o.down.Load() {
		return nil, errors.New("connection refused")
	}
	body, _ := o.body.Load().(string)
	if body == "" {
		body = discoveryDocument
	}
	return &http.Response{
		StatusCode: http.StatusOK, Status: "200 OK", Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}, nil
}

func (o *outage) provider() *Provider {
	return New(Config{Issuer: "https://okta.example", Client: &http.Client{Transport: o}})
}

func TestProviderAsksNobodyBeforeItIsNeeded(t *testing.T) {
	t.Parallel()
	o := new(outage)
	p := o.provider()
	if s := p.Status(); s.Ready || s.LastError != "" || o.asked.Load() != 0 {
		t.Errorf("%+v after %d requests", s, o.asked.Load())
	}
}

func TestDiscoveryIsAskedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &outage{takes: time.Second}
		p := o.provider()
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if _, err := p.metadata(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := o.asked.Load(); n != 1 {
			t.Errorf("asked %d times", n)
		}
		if !p.Status().Ready {
			t.Error("not ready")
		}
	})
}

func TestClosedTabDoesNotStopDiscovery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &outage{takes: time.Second}
		p := o.provider()
		ctx, cancel := context.WithCancel(t.Context())
		go func() { time.Sleep(10 * time.Millisecond); cancel() }()
		if _, err := p.metadata(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		if _, err := p.metadata(t.Context()); err != nil || o.asked.Load() != 1 {
			t.Errorf("%v after %d requests", err, o.asked.Load())
		}
	})
}

func TestBackOffWhileOktaIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := new(outage)
		o.down.Store(true)
		p := o.provider()
		var pauses []time.Duration
		for range 9 {
			before := o.asked.Load()
			if _, err := p.metadata(t.Context()); err == nil || o.asked.Load() != before+1 {
				t.Fatalf("%v after %d requests", err, o.asked.Load()-before)
			}
			for range 100 { // in the meantime the error comes back at once
				if _, err := p.metadata(t.Context()); err == nil || !strings.Contains(err.Error(), "connection refused") {
					t.Fatal(err)
				}
			}
			s := p.Status()
			if s.Ready || !strings.Contains(s.LastError, "connection refused") {
				t.Errorf("status %+v", s)
			}
			pauses = append(pauses, time.Until(s.NextTry))
			time.Sleep(time.Until(s.NextTry))
		}
		for i, seconds := range []int{1, 2, 4, 8, 16, 32, 60, 60, 60} {
			if want := time.Duration(seconds) * time.Second; pauses[i] < want || pauses[i] > want+want/4 {
				t.Errorf("pause %d is %s, want %d s and up to a quarter more", i, pauses[i], seconds)
			}
		}
		o.down.Store(false)
		if _, err := p.metadata(t.Context()); err != nil {
			t.Error(err)
		}
		if s := p.Status(); !s.Ready || s.LastError != "" || !s.NextTry.IsZero() {
			t.Errorf("status %+v", s)
		}
	})
}

func TestMetadataIsReadAgainAfterADay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &outage{takes: time.Second}
		p := o.provider()
		first, err := p.metadata(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		o.down.Store(true)
		time.Sleep(metadataAge)
		for range 10 { // the old stays in use while the new cannot be had
			start := time.Now()
			if md, err := p.metadata(t.Context()); err != nil || md != first || time.Since(start) != 0 {
				t.Fatalf("%v, waited %s", err, time.Since(start))
			}
			time.Sleep(2 * time.Minute)
		}
		o.down.Store(false)
		if _, err = p.metadata(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if md, err := p.metadata(t.Context()); err != nil || md == first {
			t.Errorf("%v, metadata is still the old", err)
		}
	})
}

func TestSlowDiscoveryEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &outage{takes: time.Hour}
		start := time.Now()
		if _, err := o.provider().metadata(t.Context()); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != discoveryTimeout {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

func TestHostileMetadata(t *testing.T) {
	t.Parallel()
	for name, c := range map[string][2]string{
		"endpoint on plain http":  {`"https://okta.example/token"`, `"http://okta.example/token"`},
		"endpoint is no URL":      {`"https://okta.example/token"`, `"javascript:alert(1)"`},
		"endpoint with user info": {`"https://okta.example/token"`, `"https://a:b@okta.example/token"`},
		"no token endpoint":       {`"token_endpoint"`, `"x"`},
		"no keys":                 {`"jwks_uri"`, `"x"`},
		"keys on plain http":      {`"https://okta.example/keys"`, `"http://okta.example/keys"`},
		"other issuer":            {`"issuer":"https://okta.example"`, `"issuer":"https://evil.example"`},
		"not JSON":                {`{`, `<`},
	} {
		o := new(outage)
		o.body.Store(strings.Replace(discoveryDocument, c[0], c[1], 1))
		if _, err := o.provider().metadata(t.Context()); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
