package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// row is one thing that is measured in turn with others: a request, and the
// process that answers it.
type row struct {
	name    string
	addr    string
	pid     int
	request []byte
	want    int // the status of every answer
	conns   []*conn
}

// slice is one short burst of load.
type slice struct {
	requests int
	cpu      time.Duration
	elapsed  time.Duration
}

func (s slice) microseconds() float64 {
	return float64(s.cpu.Nanoseconds()) / 1e3 / float64(s.requests)
}

func (s slice) perSecond() float64 { return float64(s.requests) / s.elapsed.Seconds() }

// settle lets a server finish and its threads go to sleep, which is when the
// kernel books their time.
const settle = 20 * time.Millisecond

// paired is a row's slices, and beside each the slice of the base that it is
// compared with.
type paired struct{ own, base []slice }

// series takes the base and every other row for one slice in each round, one
// after the other. The order is turned around each round, so that a drift of
// the machine falls on all. Connections are kept over all rounds.
func (b *bench) series(ctx context.Context, title string, base *row, others []*row) (map[*row]paired, error) {
	rows := append([]*row{base}, others...)
	defer func() {
		for _, r := range rows {
			r.close()
		}
	}()
	taken := make(map[*row]paired, len(rows))
	for round := range b.rounds + 1 {
		length := b.slice
		if round == 0 {
			length = b.slice / 3 // fills pools and connections, and is dropped
		}
		b.progress("%s: round %d of %d", title, round, b.rounds)
		burst := b.oneAfterTheOther
		if b.together {
			burst = b.twoAtOnce
		}
		got, err := burst(ctx, base, others, length, round%2 == 1)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", title, err)
		}
		for r, p := range got {
			if round > 0 {
				taken[r] = paired{append(taken[r].own, p.own...), append(taken[r].base, p.base...)}
			}
		}
	}
	return taken, nil
}

func (b *bench) oneAfterTheOther(ctx context.Context, base *row, others []*row, length time.Duration, backwards bool) (map[*row]paired, error) {
	rows := append([]*row{base}, others...)
	if backwards {
		slices.Reverse(rows)
	}
	taken := make(map[*row]slice)
	for _, r := range rows {
		var err error
		if taken[r], err = r.load(ctx, b.proc, b.conns, length); err != nil {
			return nil, err
		}
	}
	out := make(map[*row]paired)
	for _, r := range others {
		out[r] = paired{[]slice{taken[r]}, []slice{taken[base]}}
	}
	return out, nil
}

// twoAtOnce loads each row and the base at the same time, with half of the
// connections each. Whatever else the machine does hits both alike; in return
// they compete with one another.
func (b *bench) twoAtOnce(ctx context.Context, base *row, others []*row, length time.Duration, _ bool) (map[*row]paired, error) {
	out := make(map[*row]paired)
	for _, r := range others {
		var p [2]slice
		var errs [2]error
		var both sync.WaitGroup
		for i, side := range []*row{r, base} {
			both.Go(func() { p[i], errs[i] = side.load(ctx, b.proc, max(1, b.conns/2), length) })
		}
		both.Wait()
		if err := errors.Join(errs[:]...); err != nil {
			return nil, err
		}
		out[r] = paired{[]slice{p[0]}, []slice{p[1]}}
	}
	return out, nil
}

// load sends the row's request over and over on each connection, the next one
// when the last one is answered. An answer that is not the wanted one fails the
// whole run, since it would be cheaper, or dearer, than what is measured.
func (r *row) load(ctx context.Context, proc fs.FS, conns int, length time.Duration) (slice, error) {
	if err := r.connect(ctx, conns); err != nil {
		return slice{}, fmt.Errorf("%s: %w", r.name, err)
	}
	time.Sleep(settle)
	before, err := cpuTime(proc, r.pid)
	if err != nil {
		return slice{}, err
	}
	begin := time.Now()
	var over atomic.Bool
	defer time.AfterFunc(length, func() { over.Store(true) }).Stop()
	defer context.AfterFunc(ctx, func() { over.Store(true) })()
	requests, err := r.send(begin.Add(length+patience), &over)
	if err = errors.Join(err, ctx.Err()); err != nil {
		return slice{}, fmt.Errorf("%s: %w", r.name, err)
	}
	s := slice{requests: requests, elapsed: time.Since(begin)}
	time.Sleep(settle)
	after, err := cpuTime(proc, r.pid)
	s.cpu = after - before
	return s, err
}

func (r *row) send(deadline time.Time, over *atomic.Bool) (requests int, err error) {
	counts, errs := make([]int, len(r.conns)), make([]error, len(r.conns))
	var all sync.WaitGroup
	for i, c := range r.conns {
		all.Go(func() {
			if errs[i] = c.SetDeadline(deadline); errs[i] != nil {
				return
			}
			for !over.Load() {
				status, err := c.exchange(r.request)
				if err == nil && status != r.want {
					err = fmt.Errorf("answered %d, not %d", status, r.want)
				}
				if err != nil {
					errs[i] = err
					over.Store(true)
					return
				}
				counts[i]++
			}
		})
	}
	all.Wait()
	for _, n := range counts {
		requests += n
	}
	return requests, errors.Join(errs...)
}

func (r *row) connect(ctx context.Context, conns int) error {
	for len(r.conns) < conns {
		c, err := dial(ctx, r.addr)
		if err != nil {
			return err
		}
		r.conns = append(r.conns, c)
	}
	return nil
}

func (r *row) close() {
	for _, c := range r.conns {
		_ = c.Close()
	}
	r.conns = nil
}

func each(taken []slice, of func(slice) float64) []float64 {
	out := make([]float64, len(taken))
	for i, s := range taken {
		out[i] = of(s)
	}
	return out
}
