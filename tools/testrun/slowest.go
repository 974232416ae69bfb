package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

const (
	// slowestShown is how many tests are named at the end.
	slowestShown = 10
	// slowFrom is how many seconds a test takes at least to be named: there is nothing to mend below.
	slowFrom = 0.5
)

// slowest gathers the tests that took longest.
type slowest struct{ tests []timing }

type timing struct {
	seconds float64
	name    string
}

// add takes the tests of a package that has finished. A test is not named when slow subtests took most of its time,
// because they are named themselves.
//
// The time of a test that runs in parallel with others includes its waiting for the processor.
func (s *slowest) add(stage string, p *packageResult) {
	within := make(map[string]float64) // seconds of the slow subtests, by their parent
	for _, name := range slices.Backward(p.order) {
		t := p.tests[name]
		if t.elapsed < slowFrom {
			continue
		}
		if parent := p.parent(name); parent != nil {
			within[parent.name] += t.elapsed
		}
		if within[name] < t.elapsed/2 {
			s.tests = append(s.tests, timing{t.elapsed, stage + ": " + p.path + " " + t.name})
		}
	}
	slices.SortStableFunc(s.tests, func(a, b timing) int {
		return cmp.Or(cmp.Compare(b.seconds, a.seconds), strings.Compare(a.name, b.name))
	})
	s.tests = s.tests[:min(len(s.tests), slowestShown)]
}

func (s *slowest) print(w io.Writer) {
	if len(s.tests) == 0 {
		return
	}
	fmt.Fprintln(w, "\nSlowest:")
	for _, t := range s.tests {
		fmt.Fprintf(w, "  %7.1fs  %s\n", t.seconds, t.name)
	}
}
