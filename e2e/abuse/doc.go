// Package abuse attacks a running sidecar the way its peers were attacked. Each
// test is named after an advisory of another proxy, an identity library or
// Caddy itself, or after a corner case that such proxies' users have reported,
// and sends to the demo what that report describes.
//
// Nothing here imports the product: the sidecar is a process, and an attacker
// has a socket.
package abuse
