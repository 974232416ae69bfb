// Package keptform brings back a form that somebody posted after their session had
// ended, or to a path that demands a fresher sign-in.
//
// The form waits in the browser's own tab, sealed, so that only this site can read
// it. Nothing is kept on the server.
package keptform
