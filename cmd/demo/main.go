// The demo runs everything in one process: an app that nobody can change, the
// sidecar in Caddy in front of it, and stand-ins for Okta and Corbado.
//
//	go run ./cmd/demo            and follow what it prints
//	go run ./cmd/demo --check    plays the journey without a browser
//	go run ./cmd/demo --check --against http://app.acme.localhost:8080
//	                             plays it against a demo that runs already
//
// It keeps nothing and guards nothing: never use it for real users.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) }

// run is main with its surroundings given; it returns the exit status.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	o, err := parseFlags(args, errs)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch {
	case o.health != "":
		err = checkHealth(ctx, o.health)
	case o.against != "":
		err = checkAgainst(ctx, o.against, out)
	case o.check:
		err = check(ctx, o, out)
	default:
		err = show(ctx, o, out)
	}
	if err != nil {
		fmt.Fprintln(errs, err)
		return 1
	}
	return 0
}

// show runs the demo until the context ends.
func show(ctx context.Context, o options, out io.Writer) error {
	p, err := start(ctx, o, newJournal(out))
	if err != nil {
		return err
	}
	defer p.stop()
	if err := p.place.await(ctx); err != nil {
		return err
	}
	p.journal.announce(announcement(p.place, p.missed, p.authority))
	<-ctx.Done()
	p.journal.say("demo", "stopped; nothing was kept")
	return nil
}
