// Command bench compares the sidecar with plain Caddy, the same binary without
// our directive, and prints where each budget stands. See README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// longest ends a run that hangs, whatever the flags.
const longest = 30 * time.Minute

type section struct {
	name string
	run  func(context.Context) ([]result, error)
}

func (b *bench) sections() []section {
	return []section{
		{"cpu", b.cpu},
		{"redirect", b.redirect},
		{"rss", b.idleMemory},
		{"start", b.startUp},
		{"cookie", b.cookies},
		{"page", func(context.Context) ([]result, error) {
			return pageCode(os.DirFS(filepath.Join(b.repository, "assets", "dist")))
		}},
		{"token", b.connectToken},
	}
}

func run(ctx context.Context, args []string) (err error) {
	if len(args) == 1 && args[0] == "upstream" {
		return serveUpstream(ctx, os.Stdin, os.Stdout)
	}
	b := &bench{stderr: os.Stderr}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	only := flags.String("only", "", "run these sections only, with commas between: cpu,redirect,rss,start,cookie,page,token")
	jsonFile := flags.String("json", "", "write the report into this file too")
	strict := flags.Bool("strict", false, "fail when a budget is missed")
	binary := flags.String("binary", "", "use this passkey-sidecar instead of building one")
	profileDir := flags.String("profile", "", "measure nothing, write CPU profiles of both sides into this folder")
	flags.IntVar(&b.rounds, "rounds", 11, "rounds of load; every row is measured once in each")
	flags.DurationVar(&b.slice, "slice", 1500*time.Millisecond, "load on one row in one round")
	flags.BoolVar(&b.together, "together", false, "load both sides at the same time: steadier where the machine is shared")
	flags.IntVar(&b.conns, "conns", 32, "keep-alive connections, each with one request at a time")
	flags.IntVar(&b.pairs, "pairs", 7, "pairs of starts for start-up time and memory")
	flags.StringVar(&b.repository, "repository", "..", "folder of the product's module")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(b.sections(), *only)
	if err != nil {
		return err
	}
	if b.rounds < 1 || b.pairs < 1 || b.conns < 1 || b.slice < 100*time.Millisecond || flags.NArg() > 0 {
		return errors.New("rounds, pairs and conns are at least 1, slice at least 100ms, and there are no arguments")
	}
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	defer b.close()
	if err := b.open(ctx, *binary); err != nil {
		return err
	}
	if *profileDir != "" {
		return b.profile(ctx, *profileDir)
	}
	return b.measure(ctx, chosen, *jsonFile, *strict)
}

func choose(all []section, only string) ([]section, error) {
	if only == "" {
		return all, nil
	}
	names := strings.Split(only, ",")
	chosen := slices.DeleteFunc(slices.Clone(all), func(s section) bool { return !slices.Contains(names, s.name) })
	for _, name := range names {
		if !slices.ContainsFunc(all, func(s section) bool { return s.name == name }) {
			return nil, fmt.Errorf("there is no section %q", name)
		}
	}
	return chosen, nil
}

func (b *bench) measure(ctx context.Context, chosen []section, jsonFile string, strict bool) error {
	r := b.newReport()
	for _, s := range chosen {
		results, err := s.run(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		r.Results = append(r.Results, results...)
	}
	if err := r.print(os.Stdout); err != nil {
		return err
	}
	if jsonFile != "" {
		if err := r.save(jsonFile); err != nil {
			return err
		}
	}
	if n := r.missed(); n > 0 && strict {
		return fmt.Errorf("%d budgets are missed", n)
	}
	return nil
}
