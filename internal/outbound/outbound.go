// Package outbound makes the HTTP client that talks to the identity provider and to
// Corbado: every step has a time limit, what it reads has a size limit, and redirects
// bring no surprises.
package outbound

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// maxBody is the most that is read of an answer, in bytes. Discovery documents,
// key sets and token answers are a few kilobytes.
const maxBody = 1 << 20

// ErrBodyTooLarge is what reading an answer beyond maxBody returns.
var ErrBodyTooLarge = errors.New("the answer is larger than 1 MiB")

// ErrForeignRedirect is wrapped by the error of a request that was redirected
// to another host: credentials must not follow.
var ErrForeignRedirect = errors.New("redirected to another host")

// Timeouts of the steps of one request.
const (
	dialTimeout   = 5 * time.Second
	tlsTimeout    = 5 * time.Second
	headerTimeout = 10 * time.Second
	// defaultTotal limits a whole request, body included.
	defaultTotal = 15 * time.Second
	idleTimeout  = 90 * time.Second
)

// NewClient returns a client with its own connection pool. total limits a whole
// request; zero means defaultTotal. The environment's proxy settings hold.
func NewClient(total time.Duration) *http.Client {
	if total == 0 {
		total = defaultTotal
	}
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialLoopbackNames(&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}, lookupTimeout),
		TLSHandshakeTimeout:   tlsTimeout,
		ResponseHeaderTimeout: headerTimeout,
		IdleConnTimeout:       idleTimeout,
		MaxIdleConnsPerHost:   16,
		ForceAttemptHTTP2:     true,
	}
	return &http.Client{
		Timeout:       total,
		Transport:     limitBody{transport},
		CheckRedirect: sameHostOnly,
	}
}

func sameHostOnly(r *http.Request, via []*http.Request) error {
	if r.URL.Host != via[0].URL.Host || r.URL.Scheme != via[0].URL.Scheme {
		return fmt.Errorf("%w: %s", ErrForeignRedirect, r.URL.Host)
	}
	if len(via) >= 5 {
		return errors.New("stopped after 5 redirects")
	}
	return nil
}

// limitBody caps what can be read of an answer.
type limitBody struct{ next *http.Transport }

// RoundTrip implements http.RoundTripper.
func (l limitBody) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = &limitedBody{ReadCloser: resp.Body, left: maxBody}
	return resp, nil
}

// CloseIdleConnections lets http.Client.CloseIdleConnections reach the pool.
func (l limitBody) CloseIdleConnections() { l.next.CloseIdleConnections() }

type limitedBody struct {
	io.ReadCloser
	left int64
}

func (b *limitedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, ErrBodyTooLarge
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return n - 1, ErrBodyTooLarge
	}
	return n, err
}
