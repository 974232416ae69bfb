// Package revocation remembers which sessions were ended before their time.
//
// Sessions live in the browser's cookie. So to end one is to note that its cookie no
// longer counts, wherever a copy of it is kept. Records holds the notes of a process and
// outlives configuration reloads. A List reads and writes them for one relying party,
// under keys that are derived from its session secrets. A note is a keyed digest, so
// neither memory nor a shared store holds anybody's address or session.
package revocation
