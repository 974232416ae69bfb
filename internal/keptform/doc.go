// Package keptform keeps a form that was posted to an ended session, or to a path that
// demands a fresher sign-in, and brings it back after the sign-in.
//
// The form waits in the browser's own tab. It is sealed, so only this site can read it.
// The server keeps nothing.
package keptform
