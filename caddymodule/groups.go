package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
)

// Groups lists the groups that a session keeps, by whole name or by a prefix that
// ends in `*`; case counts. The app is told of no others. Groups that `allow` names
// are kept without being listed. Default: all, up to 50 names and 2,048 bytes. If a
// user has more, the log has a warning.
type Groups []string

func (g *Groups) parse(d *caddyfile.Dispenser) error {
	return checkedTexts((*[]string)(g), func(pattern string) error {
		_, err := claims.NewGroups([]string{pattern}, nil)
		return err
	})(d)
}

// resolve returns which groups a session keeps; those that access rules name are always
// kept.
func (g Groups) resolve(rv resolver, always []string) (claims.Groups, error) {
	list, err := rv.texts("groups", g)
	if err != nil {
		return claims.Groups{}, err
	}
	return claims.NewGroups(list, always)
}
