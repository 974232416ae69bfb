// Package problem holds the one type by which a room says that a request cannot be
// served: what the person is told, what a program is told, and what only the log is told.
package problem

import (
	"fmt"
	"net/http"
	"time"
)

// Problem is an error with a public face. Title, Detail, Causes, Operator and
// Ways are shown to the person and must hold nothing that the client did not
// know already; Err is for the log only.
type Problem struct { //nolint:errname // "problem" is the field's term (RFC 9457)
	// Status is the HTTP status code of the answer.
	Status int
	// Code is stable and meant for programs, in snake_case: "login_required".
	Code string
	// Title says in one line what happened.
	Title string
	// Detail says why, if known, and what the person can do about it.
	Detail string
	// Causes are the likely ones, where there are several; may be empty.
	Causes []string
	// Operator is what whoever runs the site should look at; may be empty.
	Operator string
	// Ways are the ways on, the best first.
	Ways []Way
	// RetryAfter is sent as Retry-After when positive, rounded up to a second.
	RetryAfter time.Duration
	// MaxAge and ACR say, where the sign-in was too old or too weak, what it must
	// be like (RFC 9470); MaxAge is zero otherwise.
	MaxAge time.Duration
	ACR    string
	// Err is the cause, for the log.
	Err error
}

// Way is a link out of the dead end.
type Way struct {
	Label string
	// Href is a path on this site or an absolute https URL from the
	// configuration; never text from the request.
	Href string
}

// Error describes the problem for the log.
func (p *Problem) Error() string {
	if p.Err == nil {
		return fmt.Sprintf("%s (%d)", p.Code, p.Status)
	}
	return fmt.Sprintf("%s (%d): %v", p.Code, p.Status, p.Err)
}

// Unwrap returns the cause.
func (p *Problem) Unwrap() error { return p.Err }

// Internal is the problem for an error that has no face of its own.
func Internal(err error) *Problem {
	return &Problem{
		Status: http.StatusInternalServerError,
		Code:   "internal_error",
		Title:  "Something went wrong on our side",
		Detail: "Try again. If it happens again, tell the people who run this site and give them the request ID below.",
		Err:    err,
	}
}

// CodeLoginRequired says that nobody is signed in. Scripts look for it.
const CodeLoginRequired = "login_required"

// LoginRequired is the problem of a request without a session that needs one. login is
// where a sign-in starts, "" where no link would help; err may be nil.
func LoginRequired(detail, login string, err error) *Problem {
	p := &Problem{
		Status: http.StatusUnauthorized, Code: CodeLoginRequired, Title: "Sign in to continue", Detail: detail, Err: err,
	}
	if login != "" {
		p.Ways = []Way{{Label: "Sign in", Href: login}}
	}
	return p
}
