// The production program: Caddy with its standard modules, the passkeys directive, and
// commands for the set-up.
package main

import (
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/passkey-sidecar/passkey-sidecar/caddymodule"
)

func main() { caddycmd.Main() }
