package caddymodule

import (
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/passkey-sidecar/passkey-sidecar/internal/pages"
)

// Brand is the look of the sidecar's pages.
type Brand struct {
	// The name that pages show. Default: the first public URL's host.
	Name string `json:"name,omitempty"`
	// Logo: a path on this site, which must be public, or an https URL. Default: none.
	Logo string `json:"logo,omitempty"`
	// Color of buttons and links, as `rrggbb` or `#rrggbb` (which a Caddyfile
	// needs in quotes, because # begins a comment there). Default: `0b5fff`.
	Color string `json:"color,omitempty"`
}

func (b *Brand) settings() settings {
	return settings{"name": text(&b.Name), "logo": text(&b.Logo), "color": func(d *caddyfile.Dispenser) error {
		if !d.NextArg() {
			return d.Err("color needs a value like 0b5fff; with a # before it, put it in quotes, because # begins a comment")
		}
		d.Prev()
		return text(&b.Color)(d)
	}}
}

// cssColor writes the color as style sheets do.
func cssColor(configured string) string {
	if configured == "" || strings.HasPrefix(configured, "#") {
		return configured
	}
	return "#" + configured
}

func (b *Brand) resolve(rv resolver) (v pages.Brand, err error) {
	if v.Name, err = rv.text("brand name", b.Name); err != nil {
		return v, err
	}
	if v.Logo, err = rv.text("brand logo", b.Logo); err != nil {
		return v, err
	}
	color, err := rv.text("brand color", b.Color)
	v.Color = cssColor(color)
	return v, err
}
