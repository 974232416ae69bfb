package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"text/tabwriter"
	"time"
)

// result is one line of the report.
type result struct {
	What string `json:"what"`
	Unit string `json:"unit,omitempty"`
	spread
	// Budget is the most that the median may be; 0 means none, for information.
	Budget float64 `json:"budget,omitempty"`
	// Strict makes a budget of 0 one.
	Strict bool `json:"strict,omitempty"`
}

func one(what, unit string, value, budget float64) result {
	return result{What: what, Unit: unit, Budget: budget, spread: spreadOf([]float64{value})}
}

func (r result) hasBudget() bool { return r.Budget != 0 || r.Strict }

func (r result) over() bool { return r.hasBudget() && !(r.Median <= r.Budget) }

func (r result) verdict() string {
	switch {
	case !r.hasBudget():
		return ""
	case r.over():
		return "OVER"
	default:
		return "inside"
	}
}

// report is a whole run.
type report struct {
	Time    time.Time `json:"time"`
	Machine string    `json:"machine"`
	Rounds  int       `json:"rounds"`
	Slice   string    `json:"slice"`
	Conns   int       `json:"connections"`
	Results []result  `json:"results"`
}

func (b *bench) newReport() report {
	return report{
		Time: time.Now().UTC().Truncate(time.Second), Rounds: b.rounds, Slice: b.slice.String(), Conns: b.conns,
		Machine: fmt.Sprintf("%s/%s, %d CPUs (%s), %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), processor(os.DirFS("/proc")), runtime.Version()),
	}
}

func (r report) missed() (n int) {
	for _, res := range r.Results {
		if res.over() {
			n++
		}
	}
	return n
}

func (r report) print(w io.Writer) error {
	fmt.Fprintf(w, "%s; %d rounds of %s, %d connections\n\n", r.Machine, r.Rounds, r.Slice, r.Conns)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "what\tmedian\tquartiles\tunit\tn\tbudget\tverdict")
	for _, res := range r.Results {
		budget, quartiles := "", ""
		if res.hasBudget() {
			budget = "<= " + strconv.FormatFloat(res.Budget, 'f', -1, 64)
		}
		if res.N > 1 {
			quartiles = figure(res.Q1, res.Unit) + " - " + figure(res.Q3, res.Unit)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", res.What, figure(res.Median, res.Unit), quartiles, res.Unit, res.N, budget, res.verdict())
	}
	return t.Flush()
}

func figure(v float64, unit string) string {
	decimals := map[string]int{"x": 3, "us": 1, "ms": 2, "MiB": 1, "kB": 1}[unit]
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

func (r report) save(name string) error {
	out, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(out, '\n'), 0o600)
}
