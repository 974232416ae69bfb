package caddymodule

import (
	"fmt"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyevents"

	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
)

// events tells Caddy's events app of audited moments, as passkeys_ and the moment's name.
// Whoever subscribes is called before the request goes on, as with all of Caddy's events.
type events struct {
	app *caddyevents.App
	ctx caddy.Context // names the module that an event comes from
}

func newEvents(ctx caddy.Context) (events, error) {
	app, err := ctx.App("events")
	if err != nil {
		return events{}, fmt.Errorf("events: %w", err)
	}
	return events{app.(*caddyevents.App), ctx}, nil //nolint:forcetypeassert // Caddy's own, by its name
}

// emit costs next to nothing where nobody has subscribed. A configuration that was
// replaced has no subscribers any more.
func (e events) emit(all []field, action moment.Kind) {
	name := "passkeys_" + string(action)
	if e.ctx.Err() != nil || !e.app.ShouldEmit(name) {
		return
	}
	data := make(map[string]any, len(all))
	for _, f := range all {
		data[f.name] = f.value
	}
	e.app.Emit(e.ctx, name, data)
}
