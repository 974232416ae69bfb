package main

import (
	"strings"
	"testing"
)

func TestTally(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		events string
		want   tally
		faults string
	}{
		{
			name:   "subtests count, their passing parent does not",
			events: `run T; run T/a; run T/b; pass T/a; skip T/b; pass T; run U; pass U; pass`,
			want:   tally{passed: 2, skipped: 1},
		},
		{
			name:   "a parent that failed through a subtest is one failure",
			events: `run T; run T/a; run T/b; fail T/a; pass T/b; fail T; fail`,
			want:   tally{passed: 1, failed: 1}, faults: "T/a",
		},
		{
			name:   "a parent that failed by itself is a failure",
			events: `run T; run T/a; pass T/a; fail T; fail`,
			want:   tally{passed: 1, failed: 1}, faults: "T",
		},
		{
			name:   "a subtest with a slash in its name",
			events: `run T; run T/a/b; fail T/a/b; fail T; fail`,
			want:   tally{failed: 1}, faults: "T/a/b",
		},
		{
			name:   "a name that only starts like another",
			events: `run T; run TX; fail T; fail TX; fail`,
			want:   tally{failed: 2}, faults: "T TX",
		},
		{
			name:   "a test that never ended failed",
			events: `run T; pass T; run U; fail`,
			want:   tally{passed: 1, failed: 1}, faults: "U",
		},
		{
			name:   "a package that failed after its tests passed",
			events: `run T; pass T; fail`,
			want:   tally{passed: 1, failed: 1},
		},
		{
			name:   "a package that was killed",
			events: `run T; pass T`,
			want:   tally{passed: 1, failed: 1},
		},
		{
			name:   "a package without tests",
			events: `skip`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			res := newResults()
			for text := range strings.SplitSeq(tt.events, "; ") {
				action, test, _ := strings.Cut(text, " ")
				line := `{"Action":"` + action + `","Package":"example.org/p","Test":"` + test + `"}` + "\n"
				if finished := res.add([]byte(line)); (finished != nil) != (test == "") {
					t.Errorf("%s: finished the package: %v", line, finished != nil)
				}
			}
			p := res.pkg("example.org/p")
			if got := p.tally(); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			var faults []string
			for _, f := range p.faults() {
				faults = append(faults, f.name)
			}
			if got := strings.Join(faults, " "); got != tt.faults {
				t.Errorf("blamed %q, want %q", got, tt.faults)
			}
		})
	}
}

func TestLinesThatAreNoEventsAreKept(t *testing.T) {
	t.Parallel()
	res := newResults()
	for _, line := range []string{"plain words\n", "{\"broken\n", "{\"other\":\"json\"}\n"} {
		res.add([]byte(line))
	}
	if got, want := res.rest.String(), "plain words\n{\"broken\n{\"other\":\"json\"}\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
