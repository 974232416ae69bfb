// Command testrun runs the project's test stages and counts what passed.
//
// It prints a line for every stage and package with its time, the output of whatever failed, the ten slowest tests,
// and as its last line the sum, "N passed, N failed". A linter or `go vet` counts as one test. The exit status is 0 only when
// something passed and nothing failed.
//
//	.bin/testrun            every stage
//	.bin/testrun check e2e  some stages or groups
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("testrun", flag.ContinueOnError)
	flags.SetOutput(stderr)
	if err := flags.Parse(args); err != nil {
		return 2
	}
	words := flags.Args()
	if len(words) == 0 {
		words = []string{"all"}
	}
	root, err := findRoot()
	if err != nil {
		fmt.Fprintln(stderr, "testrun:", err)
		return 2
	}
	chosen, err := choose(stages(), words)
	if err != nil {
		fmt.Fprintln(stderr, "testrun:", err)
		return 2
	}
	r := newRunner(root, stdout)
	for _, s := range chosen {
		r.stage(ctx, s)
	}
	return r.close()
}

// findRoot looks upwards from the working folder for the repository's root, known by its linter configuration.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, ".golangci.yml")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no .golangci.yml in this folder or above it: start testrun inside the repository")
		}
		dir = parent
	}
}
