package corbado

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
)

// UnreachableError says that no whole answer came. It matches ErrUnavailable,
// and its cause, such as context.Canceled.
type UnreachableError struct {
	// Host is the host of Config.BaseURL.
	Host string
	// Reason is one of a few fixed phrases, so that an error never carries what
	// the other side wrote.
	Reason string

	cause error
}

// Error names host and reason.
func (e *UnreachableError) Error() string {
	return "no answer from corbado at " + e.Host + ": " + e.Reason
}

// Unwrap returns ErrUnavailable and the cause. The cause is there to be
// compared; its text may repeat bytes of a broken answer.
func (e *UnreachableError) Unwrap() []error { return []error{ErrUnavailable, e.cause} }

// reason puts the causes that an operator can act on into words.
func reason(err error) string {
	var (
		unresolved  *net.DNSError
		certificate *tls.CertificateVerificationError
		timeout     net.Error
	)
	switch {
	case errors.Is(err, context.Canceled):
		return "canceled by the caller"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.As(err, &unresolved):
		return "the name does not resolve"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.As(err, &certificate):
		return "its certificate is not trusted, or is another host's"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "it speaks plain http"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return "connection lost"
	}
	return "connection failed"
}
