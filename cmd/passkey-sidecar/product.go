package main

import (
	"cmp"

	"github.com/caddyserver/caddy/v2"

	"github.com/passkey-sidecar/passkey-sidecar/caddymodule"
)

// productName is the name of program and product.
const productName = "passkey-sidecar"

const productLong = `passkey-sidecar is a reverse proxy that adds Okta sign-in and Corbado passkeys
to an app that cannot be changed. It is Caddy with its standard modules and the
directive passkeys; all of Caddy's commands work as they do there.

From nothing to a site:

	- 'passkey-sidecar keygen' makes a session key.
	- 'passkey-sidecar okta setup' plans, and makes, what is needed at Okta.
	- 'passkey-sidecar validate --config Caddyfile' checks the file alone.
	- 'passkey-sidecar run --config Caddyfile' serves.
	- 'passkey-sidecar doctor --config Caddyfile' checks the live set-up:
	  Okta, Corbado, Redis, the app, and what lies between.

Documentation: https://github.com/passkey-sidecar/passkey-sidecar/tree/main/docs

What Caddy's commands and its Caddyfile can do is written at
https://caddyserver.com/docs.`

func init() {
	caddy.CustomBinaryName = productName
	caddy.CustomLongDescription = productLong
	// Caddy prints its own version after it.
	caddy.CustomVersion = productName + " " + cmp.Or(caddymodule.Version(), "(development)") + ", with Caddy"
}
