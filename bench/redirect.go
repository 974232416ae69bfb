package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// redirect measures the answer to somebody without a session: the redirect to
// Okta with state, nonce and PKCE made and sealed into a cookie.
func (b *bench) redirect(ctx context.Context) ([]result, error) {
	s, err := b.startSidecar(ctx, scopesRefresh, "")
	if err != nil {
		return nil, err
	}
	defer s.end()
	plain, err := b.startPlain(ctx, "plain")
	if err != nil {
		return nil, err
	}
	defer plain.end()
	floor, err := b.startFloor(ctx, "")
	if err != nil {
		return nil, err
	}
	defer floor.end()

	visitor, err := newBrowser(s.addr)
	if err != nil {
		return nil, err
	}
	// The first one fetches Okta's metadata too.
	status, location, err := visitor.open(ctx, visitor.site+appPath)
	if err != nil {
		return nil, err
	}
	if location == nil || !strings.HasPrefix(location.String(), b.org.server.Issuer()) {
		return nil, fmt.Errorf("answered %d and Location %v, not a redirect to Okta", status, location)
	}
	base, ours, bare := plain.row("plain Caddy, proxied request", ""), s.row("redirect", ""), floor.row("plain Caddy, redir", "")
	ours.want = status
	bare.request, bare.want = navigation(floor.addr, "/moved", ""), http.StatusFound
	taken, err := b.series(ctx, "redirect", bare, []*row{ours, base})
	if err != nil {
		return nil, err
	}
	us := each(taken[ours].own, slice.microseconds)
	proxied := each(taken[base].own, slice.microseconds)
	answered := each(taken[ours].base, slice.microseconds)
	return []result{
		{What: "CPU per redirect to Okta", Unit: "us", Budget: 80, spread: spreadOf(us)},
		{What: "  x plain Caddy, proxied request", Unit: "x", spread: spreadOf(pairwise(us, proxied, ratio))},
		{What: "  x plain Caddy, redir", Unit: "x", spread: spreadOf(pairwise(us, answered, ratio))},
		{What: "  " + base.name, Unit: "us", spread: spreadOf(proxied)},
		{What: "  " + bare.name, Unit: "us", spread: spreadOf(answered)},
		{What: "  redirects", Unit: "req/s", spread: spreadOf(each(taken[ours].own, slice.perSecond))},
	}, nil
}
