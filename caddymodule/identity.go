package caddymodule

import (
	"fmt"
	"maps"
	"slices"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/passkey-sidecar/passkey-sidecar/internal/gate"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// Identity says which request headers tell the app who the user is. What a client
// sends under these names, or under those of the two presets, is deleted first, in
// every spelling, on public paths too.
//
// Bytes of a value that are not printable ASCII, and percent signs, arrive
// percent-encoded; group names are joined with commas.
type Identity struct {
	// `forwarded` (default): X-Forwarded-User (sub), -Email, -Groups and
	// -Preferred-Username; `remote`: Remote-User (sub), -Email, -Groups, -Name.
	Preset string `json:"preset,omitempty"`
	// Instead of a preset: header name to claim name, like `"X-User": "email"`.
	Headers map[string]string `json:"headers,omitempty"`
}

func (i *Identity) parse(d *caddyfile.Dispenser) error {
	if d.NextArg() {
		i.Preset = d.Val()
		if _, err := i.mapping(); err != nil {
			return d.WrapErr(err)
		}
		if d.NextArg() {
			return d.Err("identity takes forwarded, remote, or a block of '<Header> <claim>' lines")
		}
		return noBlock(d, "identity "+i.Preset)
	}
	i.Headers = make(map[string]string)
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		header := d.Val()
		var claim string
		if !d.AllArgs(&claim) {
			return d.Errf("identity: header %s takes exactly one claim, like: %s email", header, header)
		}
		if _, twice := i.Headers[header]; twice {
			return d.Errf("identity: header %s is set twice; keep one", header)
		}
		i.Headers[header] = claim
		if _, err := i.mapping(); err != nil {
			return d.WrapErr(err)
		}
	}
	if len(i.Headers) == 0 {
		return d.Err("identity takes forwarded, remote, or a block of '<Header> <claim>' lines")
	}
	return nil
}

// mapping returns the headers and claims in a fixed order.
func (i *Identity) mapping() (gate.Identity, error) {
	switch {
	case i.Preset != "" && len(i.Headers) > 0:
		return nil, fmt.Errorf("identity takes a preset or headers, not both")
	case len(i.Headers) > 0:
		var id gate.Identity
		for _, header := range slices.Sorted(maps.Keys(i.Headers)) {
			id = append(id, gate.Mapping{Header: header, Claim: i.Headers[header]})
		}
		return id, id.Check()
	case i.Preset == "" || i.Preset == "forwarded":
		return gate.Forwarded(), nil
	case i.Preset == "remote":
		return gate.Remote(), nil
	}
	return nil, fmt.Errorf("identity '%s' is unknown; use forwarded, remote, or a block of '<Header> <claim>' lines", i.Preset)
}

// resolve returns the mapping. A header that could never be set is a mistake, not a
// refinement.
func (i *Identity) resolve(passkeyIDP string) (gate.Identity, error) {
	id, err := i.mapping()
	if err != nil {
		return nil, err
	}
	for _, m := range id {
		if m.Claim == "passkey" && passkeyIDP == "" {
			return nil, fmt.Errorf("identity header %s carries the claim passkey, which needs passkey_idp in the okta block", m.Header)
		}
	}
	return id, nil
}

// furtherClaims are the claims of a mapping that a session holds only on request.
func furtherClaims(id gate.Identity) []string {
	var claims []string
	for _, m := range id {
		if !session.Standard(m.Claim) && !slices.Contains(claims, m.Claim) {
			claims = append(claims, m.Claim)
		}
	}
	return claims
}
