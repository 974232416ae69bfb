// Package revocation remembers which sessions were ended before their time.
//
// Sessions live in the browser's cookie, so ending one takes a note that its
// cookie, wherever a copy of it is kept, no longer counts. Records holds the
// notes of a process and outlives configuration reloads. A List reads and writes
// them for one relying party, under keys derived from its session secrets: a note
// is a keyed digest, so that neither memory nor a shared store holds anybody's
// address or session.
package revocation
