package caddymodule

import (
	"errors"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/passkey-sidecar/passkey-sidecar/internal/gate"
)

// PassHeaders are names of headers that the app gets as the client sends them,
// although they replace the path or the method of a request. Examples are
// `X-HTTP-Method-Override` and `X-Forwarded-Prefix`. All others of that kind are
// deleted in every spelling: with them an app does what neither public paths nor
// step-up rules have seen.
//
// Name a header for the path only if a proxy in front of this one sets it on every
// request; otherwise anybody can set it. Before you name one for the method, mind
// that public paths and step-up rules do not look at methods. Identity headers
// cannot be named.
type PassHeaders []string

func (h *PassHeaders) parse(d *caddyfile.Dispenser) error {
	return checkedTexts((*[]string)(h), gate.CheckOverride)(d)
}

// passHeaders comes after all headers that are ours.
func (p *Passkeys) passHeaders() error {
	var errs []error
	for _, name := range p.PassHeaders {
		errs = append(errs, p.headers.Pass(name))
	}
	return errors.Join(errs...)
}
