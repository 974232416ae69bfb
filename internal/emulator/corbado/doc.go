// Package corbado stands in for the Corbado Connect cloud, in one process and
// in memory, so that the product, the demo and the browser tests can run
// without it.
//
// It is honest: it refuses what the real service refuses (wrong keys, spent or
// expired connect tokens, a challenge used twice, a page from another origin)
// and verifies every passkey with a WebAuthn library. It is also breakable on
// demand: see [Fault]. It shares no code with the product, because shared code
// would share the bug.
//
// What a request meets, by its path:
//
//	/v2/connect/…     Frontend API, called by the web components in a browser
//	/v2/oidc/…        OpenID provider for the federation, with its discovery and
//	                  JWKS below /.well-known/; see [Config.OIDCClients]
//	/v2/…             Backend API, called by servers that hold the API secret
//	/connect/dist/…   CDN, the component's script and style
//	/__emulator/…     controls: faults, events, users, clock; loopback only
//
// Where Corbado's public documentation leaves a question open (the status of a
// bad connect token, the moment a token counts as used), the comment beside the
// decision says so.
package corbado
