package caddymodule

import (
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"sync"
	"weak"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
)

// bypass finds ways around this gate: routes of the configuration by which a
// request reaches the app without it. There the app gets headers of identity as
// the client sent them. A way to an upstream that the gate guards elsewhere on the
// site stops the load; what may be meant is a warning.
func (p *Passkeys) bypass(ctx caddy.Context, site origin.Set) error {
	server, ok := ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	if !ok {
		return nil // not in a server's routes, as in a test of the handler
	}
	guarded, seen := make(map[string]bool), false
	var open []passedProxy
	for _, o := range site {
		host := (&url.URL{Host: o.Host}).Hostname()
		rw := walkServer(server, host)
		for _, proxy := range rw.proxies {
			if proxy.guarded {
				guarded[proxy.upstream] = true
			} else if !slices.Contains(open, proxy) {
				open = append(open, proxy)
			}
		}
		if len(rw.gates) > 0 && !slices.Contains(rw.gates, "") {
			p.log.WarnContext(ctx, "passkeys stands below a matcher and guards only what matches; its own pages must match too",
				slog.String("host", host), slog.String("under", rw.gates[0]), slog.String("at", p.DeclaredAt), slog.String("base_path", p.base))
		}
		seen = seen || len(rw.gates) > 0
	}
	for _, proxy := range open {
		if err := p.judge(ctx, site, proxy, guarded, seen); err != nil {
			return err
		}
	}
	p.warnOfOtherSites(ctx, guarded, open)
	return nil
}

// judge says what one way around the gate, on the gate's own site, is.
func (p *Passkeys) judge(ctx caddy.Context, site origin.Set, proxy passedProxy, guarded map[string]bool, seen bool) error {
	switch {
	case proxy.onError && guarded[proxy.upstream]:
		p.log.WarnContext(ctx, "a route for errors reaches the app without passkeys; the app must not go by headers of identity there",
			slog.String("upstream", proxy.upstream), slog.String("under", proxy.under))
	case proxy.onError || proxy.asks && !guarded[proxy.upstream]:
	case guarded[proxy.upstream]:
		return fmt.Errorf("passkeys%s guards only a part of %s: reverse_proxy %s%s reaches the same app without it, with headers of identity as the client sends them; "+
			"put passkeys before every route to the app, outside of blocks with a matcher, and list what needs no session with: public <path>",
			p.declaredAt(), site[0], proxy.upstream, underMatchers(proxy.under))
	case !seen:
		return fmt.Errorf("passkeys%s never sees a request for %s, which reverse_proxy %s%s answers; put passkeys before it, on the site of its public_url",
			p.declaredAt(), site[0], proxy.upstream, underMatchers(proxy.under))
	default:
		p.log.WarnContext(ctx, "an upstream answers on this site without passkeys; it gets headers of identity as the client sends them",
			slog.String("upstream", proxy.upstream), slog.String("under", proxy.under), slog.String("at", p.DeclaredAt))
	}
	return nil
}

// warnOfOtherSites tells of other hosts and servers of the configuration that
// reach an upstream which the gate guards.
func (p *Passkeys) warnOfOtherSites(ctx caddy.Context, guarded map[string]bool, said []passedProxy) {
	for _, way := range openWays(ctx) {
		if !guarded[way.upstream] || slices.ContainsFunc(said, func(s passedProxy) bool { return s.upstream == way.upstream }) {
			continue
		}
		p.log.WarnContext(ctx, "another site of this configuration reaches the app without passkeys; it gets headers of identity as the client sends them",
			slog.String("upstream", way.upstream), slog.String("under", way.under), slog.Any("listen", way.listen))
	}
}

// openWay is a way to an upstream without a gate, on whatever host.
type openWay struct {
	passedProxy
	listen []string
}

// survey keeps the open ways of one configuration, so that many gates in it take
// one walk through all of it.
var survey struct {
	sync.Mutex
	app  weak.Pointer[caddyhttp.App]
	ways []openWay
}

func openWays(ctx caddy.Context) []openWay {
	modules := ctx.Modules()
	if len(modules) == 0 {
		return nil
	}
	app, ok := modules[0].(*caddyhttp.App)
	if !ok {
		return nil
	}
	survey.Lock()
	defer survey.Unlock()
	if survey.app.Value() == app {
		return survey.ways
	}
	survey.app, survey.ways = weak.Make(app), nil
	for _, name := range slices.Sorted(maps.Keys(app.Servers)) {
		server := app.Servers[name]
		var seen []passedProxy
		for _, proxy := range walkServer(server, "").proxies {
			if !proxy.guarded && !slices.Contains(seen, proxy) {
				seen = append(seen, proxy)
				survey.ways = append(survey.ways, openWay{proxy, server.Listen})
			}
		}
	}
	return survey.ways
}

func (p *Passkeys) declaredAt() string {
	if p.DeclaredAt == "" {
		return ""
	}
	return " at " + p.DeclaredAt
}

func underMatchers(matchers string) string {
	if matchers == "" {
		return ""
	}
	return " (" + matchers + ")"
}

// insideBlock reports whether a directive stands inside handle, route or another
// block of a site. Only there what a block shares is not what all of it shares.
func insideBlock(h httpcaddyfile.Helper) bool {
	const mark = "passkeys.site"
	h.State[mark] = true
	defer delete(h.State, mark)
	return h.BlockState[mark] == nil
}
