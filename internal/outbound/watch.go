package outbound

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// Call names what a request to the identity provider or to Corbado is for.
type Call string

// The calls that the product makes.
const (
	Discovery    Call = "discovery"
	Keys         Call = "keys"
	Token        Call = "token"
	Refresh      Call = "refresh"
	Userinfo     Call = "userinfo"
	Revocation   Call = "revocation"
	ConnectToken Call = "connect_token"
	unnamed      Call = "other"
)

// Outcome says what became of a call.
type Outcome string

// The outcomes. They are about the exchange. A token endpoint that says no in good order
// refused.
const (
	Answered    Outcome = "answered"    // 2xx and 3xx
	Refused     Outcome = "refused"     // 4xx
	Limited     Outcome = "limited"     // 429
	Failed      Outcome = "failed"      // 5xx
	TimedOut    Outcome = "timed_out"   // no answer in time
	Left        Outcome = "left"        // whoever waited for it went away
	Unreachable Outcome = "unreachable" // no connection, no TLS, or half an answer
)

// Watcher is told of each call once its answer has been read: what it was for, what
// became of it, and how long it took from its start to there.
type Watcher func(ctx context.Context, call Call, became Outcome, took time.Duration)

type callKey struct{}

// Named names the calls that are made with the context.
func Named(ctx context.Context, call Call) context.Context {
	return context.WithValue(ctx, callKey{}, call)
}

// NameOf returns the name of the calls that are made with the context, "other" for none.
func NameOf(ctx context.Context) Call {
	if call, named := ctx.Value(callKey{}).(Call); named {
		return call
	}
	return unnamed
}

// Watch has a watcher told of all calls of a client. It is for a client that nobody uses
// yet.
func Watch(c *http.Client, tell Watcher) { c.Transport = &watched{c.Transport, tell} }

type watched struct {
	next http.RoundTripper
	tell Watcher
}

// RoundTrip implements http.RoundTripper.
func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, began := r.Context(), time.Now()
	call := NameOf(ctx)
	resp, err := w.next.RoundTrip(r)
	if err != nil {
		w.tell(ctx, call, broken(ctx, err), time.Since(began))
		return nil, err
	}
	resp.Body = &watchedBody{ReadCloser: resp.Body, done: func(err error) {
		became := outcome(resp.StatusCode)
		if err != nil {
			became = broken(ctx, err)
		}
		w.tell(ctx, call, became, time.Since(began))
	}}
	return resp, nil
}

// CloseIdleConnections lets http.Client.CloseIdleConnections reach the pool.
func (w *watched) CloseIdleConnections() {
	if pool, ok := w.next.(interface{ CloseIdleConnections() }); ok {
		pool.CloseIdleConnections()
	}
}

func outcome(status int) Outcome {
	switch {
	case status == http.StatusTooManyRequests:
		return Limited
	case status >= http.StatusInternalServerError:
		return Failed
	case status >= http.StatusBadRequest:
		return Refused
	}
	return Answered
}

func broken(ctx context.Context, err error) Outcome {
	timeout, ok := errors.AsType[net.Error](err)
	end, bounded := ctx.Deadline() // a client's own time limit cancels, and says no more
	switch {
	case ok && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded), bounded && !time.Now().Before(end):
		return TimedOut
	case errors.Is(ctx.Err(), context.Canceled), errors.Is(err, context.Canceled):
		return Left
	}
	return Unreachable
}

// watchedBody knows when an answer has been read: at its end, at an error, or when it is
// closed.
type watchedBody struct {
	io.ReadCloser
	once sync.Once
	done func(err error)
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case errors.Is(err, io.EOF):
		b.once.Do(func() { b.done(nil) })
	case err != nil:
		b.once.Do(func() { b.done(err) })
	}
	return n, err
}

func (b *watchedBody) Close() error {
	err := b.ReadCloser.Close()
	b.once.Do(func() { b.done(nil) })
	return err
}
