package caddymodule

import (
	"net/http"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/passkey-sidecar/passkey-sidecar/internal/bearer"
)

// ownScheme is the challenge of a site without bearer tokens. RFC 9110 section
// 11.6.1 wants one with every 401; browsers pass over a scheme that they do not
// know and show the page, where they would ask for a password at Basic.
const ownScheme = "Passkeys"

// challenging makes sure that a 401 of ours says by which scheme to come again,
// whoever writes it. The app's answers do not come by here.
func (p *Passkeys) challenging(w http.ResponseWriter) http.ResponseWriter {
	scheme := ownScheme
	if p.bearer != nil {
		scheme = bearer.Wanted
	}
	return &challenging{&caddyhttp.ResponseWriterWrapper{ResponseWriter: w}, scheme}
}

type challenging struct {
	*caddyhttp.ResponseWriterWrapper
	scheme string
}

// WriteHeader implements http.ResponseWriter.
func (c *challenging) WriteHeader(status int) {
	if h := c.Header(); status == http.StatusUnauthorized && len(h["Www-Authenticate"]) == 0 {
		h.Set("WWW-Authenticate", c.scheme)
	}
	c.ResponseWriterWrapper.WriteHeader(status)
}
