// Package moment has the words for what happens: somebody signed in, a session was
// revoked, an offer was skipped. The rooms say so, each at the place where it knows. What
// is made of it, metrics, audit lines or events, is for whoever listens, and the rooms
// know none of that.
//
// A moment is typed and bounded. Kind, Cause and Token come from lists in our code, and
// never from a request. Who it is about is a session, of which a listener must write no
// more than who the user is and how they signed in.
package moment

import (
	"context"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// Moment is something that has happened.
type Moment struct {
	// Kind says what.
	Kind Kind
	// Cause says why, or by which way: the code of a problem, or one of the causes
	// below. Empty where the kind says it all.
	Cause string
	// Session is whom it happened to, as far as that is known. Of a user whose session
	// is not known it holds issuer and subject only. Nil is nobody: strangers can cause
	// the moment as often as they like.
	Session *session.Session
	// Bearer reports that Session is of a bearer token.
	Bearer bool
	// Token is the type of a connect token, one that the product knows or "", and
	// TokenID Corbado's name for it, which is no secret.
	Token, TokenID string
	// Took is how long it took; zero means that nobody measured it.
	Took time.Duration
}

// Listener is told of moments when they happen, by the goroutine to which they do. The
// context is the request's where there is one. A nil Listener hears nothing. It is safe
// for concurrent use, and must return soon.
type Listener func(ctx context.Context, m Moment)

// Tell passes a moment on.
func (l Listener) Tell(ctx context.Context, m Moment) {
	if l != nil {
		l(ctx, m)
	}
}

// ByStranger reports whether somebody may have caused the moment who has no session and
// has proved nothing, as often as they like. Of a sign-out that a provider has signed it
// may not be known whose it is.
func (m Moment) ByStranger() bool {
	return m.Session == nil && (m.Kind != SessionRevoked || m.Cause == FrontChannel)
}

// Of names a user whose session is not known.
func Of(issuer, subject string) *session.Session {
	if subject == "" {
		return nil
	}
	return &session.Session{Issuer: issuer, Subject: subject}
}
