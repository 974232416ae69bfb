// Package recall brings a tab back to the address at which somebody had to sign in: its
// fragment, which no server ever sees, and the whole address where the cookie of the
// sign-in attempt cannot hold it.
//
// Both wait in the tab itself. A fragment never leaves the browser. An address comes back
// like one in a link, and is checked like one.
package recall
