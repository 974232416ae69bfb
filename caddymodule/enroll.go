package caddymodule

import (
	"fmt"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/passkey-sidecar/passkey-sidecar/internal/pages"
)

// Enroll says when a user who has just signed in is asked to add a passkey. A user
// who has added one in this browser is not asked there again.
type Enroll struct {
	// `every` (default), `always` or `never`.
	When string `json:"when,omitempty"`
	// With `every`: how long a user who declined is not asked again in that browser.
	// Default: `30d`.
	Period caddy.Duration `json:"period,omitempty"`
}

const defaultEnrollPeriod = 30 * 24 * time.Hour

// The values of Enroll.When.
const (
	enrollEvery  = "every"
	enrollAlways = "always"
	enrollNever  = "never"
)

// resolve returns the setting in the terms of the pages.
func (e *Enroll) resolve() (pages.EnrollPolicy, error) {
	switch {
	case e.When != enrollEvery && e.When != "" && e.Period != 0:
		return pages.EnrollPolicy{}, fmt.Errorf("enroll %s takes no period", e.When)
	case e.When == enrollNever:
		return pages.Never(), nil
	case e.When == enrollAlways:
		return pages.Always(), nil
	case e.When == enrollEvery, e.When == "":
		return pages.Every(time.Duration(orDefault(e.Period, caddy.Duration(defaultEnrollPeriod)))), nil
	}
	return pages.EnrollPolicy{}, fmt.Errorf("enroll '%s' is unknown; use always, never or every", e.When)
}

func (e *Enroll) parse(d *caddyfile.Dispenser) error {
	const want = "enroll takes always, never, or every with a duration, like: enroll every 30d"
	if !d.NextArg() {
		return d.Err(want)
	}
	e.When = d.Val()
	switch e.When {
	case enrollAlways, enrollNever:
		if d.NextArg() {
			return d.Err(want)
		}
		return noBlock(d, "enroll")
	case enrollEvery:
		return duration(&e.Period)(d)
	}
	return d.Errf("enroll '%s' is unknown; %s", e.When, want)
}
