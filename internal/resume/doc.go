// Package resume brings back what a person would lose when they have to sign in
// in the middle of something: the fragment of the address, which no server ever
// sees, and a form that was posted to a session that had ended.
//
// Both wait in the browser's own tab. Nothing is kept on the server: a fragment
// never leaves the browser, and a form comes back sealed, so that it can be read
// here only.
package resume
