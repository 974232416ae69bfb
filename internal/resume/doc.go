// Package resume brings back what a person would lose when they have to sign in
// in the middle of something: the address where the cookie of the sign-in cannot
// hold it, its fragment, which no server ever sees, and a form that was posted to a
// session that had ended.
//
// All wait in the browser's own tab. Nothing is kept on the server: a fragment
// never leaves the browser, an address comes back like one in a link, and a form
// sealed, so that it can be read here only.
package resume
