package caddymodule

import "runtime/debug"

// modulePath is where Go's build information lists us, as the main module or
// among its dependencies.
const modulePath = "github.com/passkey-sidecar/passkey-sidecar"

// Version is the module's version in this binary, or "" for a local build.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == modulePath && m.Version != "(devel)" {
			return m.Version
		}
	}
	return ""
}
