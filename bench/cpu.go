package main

import (
	"context"
	"fmt"
	"strings"
)

// signedIn is a sidecar with somebody's session, checked.
type signedIn struct {
	running
	cookie string
	// seen is the head of a request as it arrived at the app.
	seen string
}

// startSignedIn starts a sidecar and signs somebody in, and makes sure that
// what is about to be measured works: the app learns who the user is, with all
// groups, and gets none of our cookies.
func (b *bench) startSignedIn(ctx context.Context, login, scopes, further string) (s signedIn, err error) {
	if s.running, err = b.startSidecar(ctx, scopes, further); err != nil {
		return s, err
	}
	if s.cookie, err = b.org.signIn(ctx, s.addr, login); err != nil {
		return s, fmt.Errorf("%w\n%s", err, s.lastWords())
	}
	if s.seen, err = fetch(ctx, s.addr, navigation(s.addr, echoPath, s.cookie+"; app=1")); err != nil {
		return s, err
	}
	user, _ := b.org.server.User(login)
	if got := headerOf(s.seen, "X-Forwarded-User"); got != user.ID {
		return s, fmt.Errorf("the app sees user %q, not %q", got, user.ID)
	}
	if got := strings.Count(headerOf(s.seen, "X-Forwarded-Groups"), ",") + 1; got != len(user.Groups)+everyone {
		return s, fmt.Errorf("the app sees %d groups, not %d", got, len(user.Groups)+everyone)
	}
	return s, nil
}

// cpuBudget holds against plain Caddy, which has fewer bytes to handle, and
// against plain Caddy with the same bytes (docs/decisions/008).
const cpuBudget = 1.05

// cpu compares what an authenticated request costs.
func (b *bench) cpu(ctx context.Context) ([]result, error) {
	s, err := b.startSignedIn(ctx, many, scopesRefresh, "")
	if err != nil {
		return nil, err
	}
	defer s.end()
	full, err := b.startSignedIn(ctx, many, scopesRefresh, everySetting)
	if err != nil {
		return nil, err
	}
	defer full.end()
	plain, err := b.startPlain(ctx, "plain")
	if err != nil {
		return nil, err
	}
	defer plain.end()
	control, err := b.startPlain(ctx, "control")
	if err != nil {
		return nil, err
	}
	defer control.end()
	floor, err := b.startFloor(ctx, s.seen)
	if err != nil {
		return nil, err
	}
	defer floor.end()

	base, ours := plain.row("plain Caddy", ""), s.row("sidecar", s.cookie)
	fullRow := full.row("sidecar with every setting", full.cookie)
	floorRow := floor.row("plain Caddy, same bytes in and out", s.cookie)
	others := []*row{
		control.row("plain Caddy, another process (noise)", ""),
		control.row("plain Caddy + the cookie", s.cookie), // not the base's process, whose time would hold both
		control.rowWith("plain Caddy + the identity headers", identityOf(s.seen)),
		floorRow,
		fullRow,
	}
	taken, err := b.series(ctx, "cpu", base, append([]*row{ours}, others...))
	if err != nil {
		return nil, err
	}
	results := compare(taken[ours], base, ours, "CPU per authenticated request, x plain Caddy", cpuBudget)
	for _, o := range others {
		results = append(results, compare(taken[o], base, o, o.name+", x plain Caddy", 0)[0])
	}
	oursOver, floorOver, fullOver := taken[ours].ratios(), taken[floorRow].ratios(), taken[fullRow].ratios()
	results = append(results, result{
		What: "sidecar, x plain Caddy with the same bytes", Unit: "x", Budget: cpuBudget, spread: spreadOf(pairwise(oursOver, floorOver, ratio)),
	}, result{
		What: "sidecar with every setting, x sidecar", Unit: "x", spread: spreadOf(pairwise(fullOver, oursOver, ratio)),
	})
	return b.appendMemoryAfterLoad(results, plain.pid(), s.pid())
}

func (b *bench) startFloor(ctx context.Context, seen string) (running, error) {
	s, err := b.plainSite(ctx)
	if err != nil {
		return running{}, err
	}
	s.proxy = sameBytes(seen)
	s.before = "\tredir /moved https://login.example.com/oauth2/default/v1/authorize 302\n"
	p, err := b.serve(ctx, "floor", s)
	return running{s, p}, err
}

// compare gives the ratio of CPU per request first, then, for information, both
// sides' own figures.
func compare(taken paired, base, other *row, what string, budget float64) []result {
	a, o := each(taken.base, slice.microseconds), each(taken.own, slice.microseconds)
	return []result{
		{What: what, Unit: "x", Budget: budget, spread: spreadOf(taken.ratios())},
		{What: "  " + base.name, Unit: "us", spread: spreadOf(a)},
		{What: "  " + other.name, Unit: "us", spread: spreadOf(o)},
		{What: "  " + base.name, Unit: "req/s", spread: spreadOf(each(taken.base, slice.perSecond))},
		{What: "  " + other.name, Unit: "req/s", spread: spreadOf(each(taken.own, slice.perSecond))},
	}
}

// ratios are those of CPU per request to the base's, round by round.
func (p paired) ratios() []float64 {
	return pairwise(each(p.own, slice.microseconds), each(p.base, slice.microseconds), ratio)
}

func (b *bench) appendMemoryAfterLoad(results []result, plain, ours int) ([]result, error) {
	a, err := memoryOf(b.proc, plain)
	if err != nil {
		return nil, err
	}
	o, err := memoryOf(b.proc, ours)
	if err != nil {
		return nil, err
	}
	return append(results, one("resident memory after that load, over plain Caddy", "MiB", mebibytes(o.resident-a.resident), 0)), nil
}
