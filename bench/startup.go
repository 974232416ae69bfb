package main

import (
	"context"
	"slices"
	"time"
)

// startUp compares the time from exec to the first good answer of a public
// path.
func (b *bench) startUp(ctx context.Context) ([]result, error) {
	plain, ours, err := pairsOfStarts(ctx, b, "start", func(r running) (float64, error) {
		return milliseconds(r.startUp), nil
	})
	if err != nil {
		return nil, err
	}
	return []result{
		{What: "start-up over plain Caddy", Unit: "ms", Budget: 20, spread: spreadOf(pairwise(ours, plain, difference))},
		{What: "  plain Caddy", Unit: "ms", spread: spreadOf(plain)},
		{What: "  sidecar", Unit: "ms", spread: spreadOf(ours)},
	}, nil
}

const (
	idleBefore  = time.Second
	idleReading = 100 * time.Millisecond
	readings    = 5
)

// idle is what a process at rest holds, in MiB.
type idle struct{ resident, anonymous float64 }

// idleMemory compares processes that have started, answered once and had a
// second of rest. The binary is the same, so its pages count the same as far as
// they are used.
func (b *bench) idleMemory(ctx context.Context) ([]result, error) {
	plain, ours, err := pairsOfStarts(ctx, b, "rss", func(r running) (idle, error) { return b.atRest(ctx, r.pid()) })
	if err != nil {
		return nil, err
	}
	split := func(of []idle) (resident, anonymous []float64) {
		for _, one := range of {
			resident, anonymous = append(resident, one.resident), append(anonymous, one.anonymous)
		}
		return resident, anonymous
	}
	plainAll, plainAnon := split(plain)
	oursAll, oursAnon := split(ours)
	return []result{
		{What: "idle resident memory over plain Caddy", Unit: "MiB", Budget: 5, spread: spreadOf(pairwise(oursAll, plainAll, difference))},
		{What: "  of it anonymous", Unit: "MiB", spread: spreadOf(pairwise(oursAnon, plainAnon, difference))},
		{What: "  plain Caddy", Unit: "MiB", spread: spreadOf(plainAll)},
		{What: "  sidecar", Unit: "MiB", spread: spreadOf(oursAll)},
	}, nil
}

func (b *bench) atRest(ctx context.Context, pid int) (idle, error) {
	if err := sleep(ctx, idleBefore); err != nil {
		return idle{}, err
	}
	var all, anon []float64
	for range readings {
		m, err := memoryOf(b.proc, pid)
		if err != nil {
			return idle{}, err
		}
		all, anon = append(all, mebibytes(m.resident)), append(anon, mebibytes(m.anonymous))
		if err := sleep(ctx, idleReading); err != nil {
			return idle{}, err
		}
	}
	return idle{spreadOf(all).Median, spreadOf(anon).Median}, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// pairsOfStarts starts each side once in each pair, in turn the one and the
// other first. The pair that comes first is dropped: it brings the binary into
// the page cache and makes the session key.
func pairsOfStarts[T any](ctx context.Context, b *bench, title string, measure func(running) (T, error)) (plain, ours []T, err error) {
	sides := []struct {
		start func() (running, error)
		into  *[]T
	}{
		{func() (running, error) { return b.startPlain(ctx, "plain") }, &plain},
		{func() (running, error) { return b.startSidecar(ctx, scopesRefresh, "") }, &ours},
	}
	for pair := range b.pairs + 1 {
		b.progress("%s: pair %d of %d", title, pair, b.pairs)
		for _, side := range sides {
			r, err := side.start()
			if err != nil {
				return nil, nil, err
			}
			value, err := measure(r)
			r.end()
			if err != nil {
				return nil, nil, err
			}
			if pair > 0 {
				*side.into = append(*side.into, value)
			}
		}
		slices.Reverse(sides)
	}
	return plain, ours, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

func mebibytes(n int64) float64 { return float64(n) / (1 << 20) }
