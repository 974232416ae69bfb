package main

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"testing"
)

// A demo in a container is played from outside it, and more than once.
func TestCheckAgainstADemoThatRunsAlready(t *testing.T) {
	o, err := parseFlags([]string{"--listen", anyPort}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	p, err := start(t.Context(), o, newJournal(io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	for round := range 2 {
		var out, errs bytes.Buffer
		if status := run(t.Context(), []string{"--check", "--against", p.place.App}, &out, &errs); status != 0 {
			t.Fatalf("round %d: exit %d\n%s%s", round, status, out.String(), errs.String())
		}
		left := strings.Count(out.String(), "left out")
		// The faults answer this machine only, and the log is the demo's own.
		if want := "passed: " + strconv.Itoa(len(allSteps())-4) + " steps, 4 left out\n"; !strings.HasSuffix(out.String(), want) || left != 5 {
			t.Errorf("round %d: want the end %q and a line for each step that is left out, got\n%s", round, want, out.String())
		}
	}
}

func TestCheckAgainstNobody(t *testing.T) {
	var out, errs bytes.Buffer
	if status := run(t.Context(), []string{"--check", "--against", "http://app.acme.localhost:1"}, &out, &errs); status != 1 ||
		!strings.Contains(errs.String(), "does not answer") {
		t.Errorf("exit %d, %q", status, errs.String())
	}
}

func TestAgainstWithoutSense(t *testing.T) {
	const app = "http://app.acme.localhost:8080"
	for _, args := range [][]string{
		{"--against", app},
		{"--check", "--against", ""},
		{"--check", "--against", "app.acme.localhost:8080"},
		{"--check", "--against", "http://app.example.com:8080"},
		{"--check", "--against", "http://app.acme.localhost:8080/orders"},
		{"--check", "--against", "ftp://app.acme.localhost:8080"},
		{"--check", "--against", "http://app.acme.localhost:port"},
		{"--check", "--against", "http://app.acme.localhost:0"},
		{"--check", "--against", app, "--listen", anyPort},
		{"--check", "--against", app, "--tls"},
		{"--check", "--against", app, "--log", "demo.log"},
		{"--check", "--against", app, "--idle", "5m"},
	} {
		var out, errs bytes.Buffer
		if status := run(t.Context(), args, &out, &errs); status != 2 || !strings.Contains(errs.String(), "--against") {
			t.Errorf("%q: exit %d, %q", args, status, errs.String())
		}
	}
}

func TestPlaceOfIsThePlaceThatTheDemoAnnounces(t *testing.T) {
	for _, want := range []place{placeAt(80, false), placeAt(8080, false), placeAt(443, true), placeAt(8443, true)} {
		if got, err := placeOf(want.App); err != nil || got != want {
			t.Errorf("%s: %+v, %v", want.App, got, err)
		}
		if got, err := placeOf(want.App + "/"); err != nil || got != want {
			t.Errorf("%s/: %+v, %v", want.App, got, err)
		}
	}
}
