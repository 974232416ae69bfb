package caddymodule

import (
	"net/http"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/fetchmeta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/returnpath"
)

// returnQuery lets a page that was asked for be the return path, as one more
// parameter of the sign-in route; a form cannot be sent again that way.
func (p *Passkeys) returnQuery(r *http.Request) string {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return ""
	}
	clean, _ := p.returns.Nearest(originalURI(r))
	if clean == returnpath.Start {
		return ""
	}
	return "&return=" + returnpath.Query(clean)
}

// returnTo is returnQuery as the only parameter, for whoever loads a page: a program
// knows best where it wants to go, and adds that itself (docs/spa.md).
func (p *Passkeys) returnTo(r *http.Request) string {
	if fetchmeta.Of(r) == fetchmeta.None {
		return ""
	}
	return strings.Replace(p.returnQuery(r), "&", "?", 1)
}
