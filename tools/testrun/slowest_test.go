package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestSlowestTestsAreNamedBeforeTheSum(t *testing.T) {
	t.Parallel()
	end := func(pkg, test string, seconds float64) string {
		return fmt.Sprintf(`{"Action":"pass","Package":%q,"Test":%q,"Elapsed":%g}`, pkg, test, seconds) + "\n"
	}
	const p, q = "example.org/p", "example.org/q"
	tests := []struct {
		name   string
		events string
		want   string // the whole list
	}{
		{name: "quick ones are not named", events: end(p, "T", 0.4) + end(p, "", 0.4)},
		{
			name:   "the longest first, over all packages",
			events: end(p, "T", 1) + end(p, "U", 3) + end(p, "", 4) + end(q, "T", 2) + end(q, "", 2),
			want:   "3.0s  race: example.org/p U\n2.0s  race: example.org/q T\n1.0s  race: example.org/p T\n",
		},
		{
			name:   "a subtest that took the time, not its parent",
			events: start(p, "T", "T/a", "T/b", "T/b/c") + end(p, "T/a", 0.6) + end(p, "T/b/c", 2) + end(p, "T/b", 2) + end(p, "T", 2.6) + end(p, "", 3),
			want:   "2.0s  race: example.org/p T/b/c\n0.6s  race: example.org/p T/a\n",
		},
		{
			name:   "three subtests that took the time together",
			events: start(p, "T", "T/a", "T/b", "T/c") + end(p, "T/a", 1) + end(p, "T/b", 1) + end(p, "T/c", 1) + end(p, "T", 3) + end(p, "", 3),
			want:   "1.0s  race: example.org/p T/a\n1.0s  race: example.org/p T/b\n1.0s  race: example.org/p T/c\n",
		},
		{
			name:   "a parent that took the time, not its subtests",
			events: start(p, "T", "T/a") + end(p, "T/a", 0.1) + end(p, "T", 2) + end(p, "", 3),
			want:   "2.0s  race: example.org/p T\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			out, sum := report(t, tt.events)
			_, list, found := strings.Cut(out, "\nSlowest:\n")
			list, _, _ = strings.Cut(list, "\n\n")
			var got strings.Builder
			for line := range strings.Lines(list) {
				got.WriteString(strings.TrimSpace(line) + "\n")
			}
			if found != (tt.want != "") || found && got.String() != tt.want {
				t.Errorf("got %q, want %q", got.String(), tt.want)
			}
			lastLineIs(t, out, sum)
		})
	}
}

func TestTenSlowestTestsAreEnough(t *testing.T) {
	t.Parallel()
	var events strings.Builder
	for i := range 25 {
		fmt.Fprintf(&events, `{"Action":"fail","Package":"p%d","Test":"T","Elapsed":%d}`+"\n", i, i+1)
		fmt.Fprintf(&events, `{"Action":"fail","Package":"p%d","Elapsed":%d}`+"\n", i, i+1)
	}
	out, sum := report(t, events.String())
	if n := strings.Count(out, "s  race: p"); n != slowestShown || !strings.Contains(out, "   25.0s  race: p24 T\n") || strings.Contains(out, "race: p14 T\n   ") {
		t.Errorf("%d are named:\n%s", n, out)
	}
	lastLineIs(t, out, sum)
}

// start is the beginning of tests, in the order that they begin.
func start(pkg string, names ...string) string {
	var lines strings.Builder
	for _, name := range names {
		fmt.Fprintf(&lines, `{"Action":"run","Package":%q,"Test":%q}`+"\n", pkg, name)
	}
	return lines.String()
}

// report runs a stage that prints the events, and returns all that the runner said.
func report(t *testing.T, events string) (string, tally) {
	t.Helper()
	var out bytes.Buffer
	r := newRunner(t.TempDir(), &out)
	r.stage(t.Context(), stage{name: "race", kind: counted, argv: []string{"printf", "%s", events}})
	r.close()
	return out.String(), r.sum
}

func lastLineIs(t *testing.T, out string, sum tally) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if last := lines[len(lines)-1]; last != sum.String() {
		t.Errorf("the last line is %q, want %q", last, sum)
	}
}
