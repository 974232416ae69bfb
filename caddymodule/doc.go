// Package caddymodule is the Caddy adapter of passkey-sidecar: the directive
// passkeys and the handler module http.handlers.passkeys. Together with cmd it
// is the only code that knows Caddy.
//
// A request takes this path, in ServeHTTP (serve.go):
//
//	scrub what the client must not say     internal/gate
//	admit: who is it, what is it, may it   internal/gate, internal/session, internal/access
//	a program with a token instead         internal/bearer
//	one of
//	  sign-in, callback, sign-out          internal/login
//	  pages, assets, result of an offer    internal/pages
//	  connect token                        internal/connecttoken, internal/corbado
//	  challenge or refuse                  internal/login, internal/problem
//	  the app: stamp identity, next        internal/gate
//
// The configuration types stand beside the parsers of their Caddyfile blocks:
// okta.go, corbado.go, session.go, enroll.go, allow.go, groups.go, bearer.go,
// identity.go, brand.go.
package caddymodule
