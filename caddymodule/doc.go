// Package caddymodule is the Caddy adapter of passkey-sidecar: the directive
// passkeys and the handler module http.handlers.passkeys. Together with cmd it
// is the only code that knows Caddy.
//
// A request takes this path, in ServeHTTP (serve.go):
//
//	delete what a client must not say      internal/gate
//	where does it lead                     internal/gate, routes.go
//	who makes it                           internal/session, internal/login, internal/bearer
//	may they                               internal/gate, internal/access, internal/stepup
//	one of
//	  a route of ours                      routes.go says which room answers
//	  a sign-in, or a refusal              internal/login, internal/pages, internal/problem
//	  a form that is kept                  internal/keptform
//	  the app, with the user's identity    internal/gate
//
// Each block of the configuration has a file with its type, the parser of its
// Caddyfile syntax, and what resolves its values. caddyfile.go has the directive
// itself, provision.go reads the whole configuration, and build.go makes the rooms
// from it.
package caddymodule
