package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	// stageLimit stops a stage that hangs. A first build of Caddy with -race takes some ten minutes on two cores.
	stageLimit = 40 * time.Minute
	// outputLines is how much is shown of one failing test, half from its start and half from its end.
	outputLines = 400
)

// runner runs stages one after the other and keeps the sum.
type runner struct {
	root   string
	out    io.Writer
	sum    tally
	failed []string // names for the closing list
	slow   slowest
	broken map[string]bool // stages that failed or could not run
}

func newRunner(root string, out io.Writer) *runner {
	return &runner{root: root, out: out, broken: make(map[string]bool)}
}

// stage runs one stage, prints its outcome and adds it to the sum.
func (r *runner) stage(ctx context.Context, s stage) {
	for _, need := range s.needs {
		if r.broken[need] {
			r.broken[s.name] = true
			r.line("SKIP", s.name, 0, "needs "+need+", which did not work")
			r.sum.skipped++
			return
		}
	}
	start := time.Now()
	if s.kind == counted {
		r.count(ctx, s, start)
		return
	}
	var output bytes.Buffer
	err := r.command(ctx, s, &output, &output)
	if err != nil {
		r.broken[s.name] = true
		r.fail(s.name)
		r.line("FAIL", s.name, time.Since(start), err.Error())
		r.show(output.String())
		return
	}
	if s.kind == check {
		r.sum.passed++
	}
	r.line("ok", s.name, time.Since(start), "")
}

func (r *runner) count(ctx context.Context, s stage, start time.Time) {
	fmt.Fprintf(r.out, "----  %s: %s\n", s.name, strings.Join(s.argv, " "))
	res := newResults()
	var n tally
	finish := func(p *packageResult) {
		n.add(r.pkg(s, res, p))
	}
	events := lineWriter{each: func(line []byte) {
		if p := res.add(line); p != nil {
			finish(p)
		}
	}}
	var stderr bytes.Buffer
	err := r.command(ctx, s, &events, &stderr)
	events.flush()
	for _, p := range res.unfinished() {
		finish(p)
	}
	r.sum.add(n)
	for path := range res.builds {
		if text := res.takeBuild(path); err != nil {
			r.show(text)
		}
	}
	r.show(res.rest.String())
	r.show(withoutDownloads(stderr.String()))

	note := n.String()
	switch {
	case err != nil && n.failed == 0:
		r.fail(s.name)
		note += "; " + err.Error()
	case n == tally{} && !s.empty:
		r.fail(s.name)
		note = "no test ran"
	case n.failed == 0:
		r.line("ok", s.name, time.Since(start), note)
		return
	}
	r.line("FAIL", s.name, time.Since(start), note)
}

// pkg prints a package that has finished and returns its count.
func (r *runner) pkg(s stage, res *results, p *packageResult) tally {
	n := p.tally()
	if n == (tally{}) {
		return n // no test files
	}
	took := time.Duration(p.elapsed * float64(time.Second))
	r.slow.add(s.name, p)
	if n.failed == 0 {
		r.line("  ok", "  "+p.path, took, n.String())
		return n
	}
	r.line("FAIL", "  "+p.path, took, n.String())
	if p.failedBuild != "" {
		r.show(res.takeBuild(p.failedBuild))
	}
	for _, t := range p.failed() {
		r.show(t.output.String())
	}
	r.show(p.output.String())
	faults := p.faults()
	if len(faults) == 0 {
		r.failed = append(r.failed, s.name+": "+p.path)
	}
	for _, t := range faults {
		name := s.name + ": " + p.path + " " + t.name
		if t.status == "" {
			name += " (did not finish)"
		}
		r.failed = append(r.failed, name)
	}
	return n
}

// command runs a stage's command, its whole process group bounded by stageLimit.
func (r *runner) command(ctx context.Context, s stage, stdout, stderr io.Writer) error {
	ctx, cancel := context.WithTimeoutCause(ctx, stageLimit, fmt.Errorf("stopped after %s", stageLimit))
	defer cancel()
	argv0 := s.argv[0]
	if strings.Contains(argv0, "/") {
		argv0 = filepath.Join(r.root, argv0)
	}
	cmd := exec.CommandContext(ctx, argv0, s.argv[1:]...) //nolint:gosec // the commands stand in stages.go
	cmd.Dir = filepath.Join(r.root, s.dir)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	err := cmd.Run()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (r *runner) fail(name string) {
	r.sum.failed++
	r.failed = append(r.failed, name)
}

func (r *runner) line(status, name string, took time.Duration, note string) {
	fmt.Fprintf(r.out, "%-4s  %-72s %7.1fs  %s\n", status, name, took.Seconds(), note)
}

// show prints captured output, indented, without the lines that only say that a test went on.
func (r *runner) show(text string) {
	lines := make([]string, 0, outputLines)
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if !isProgress(line) {
			lines = append(lines, line)
		}
	}
	for i, line := range lines {
		if left := len(lines) - outputLines; left > 0 && i >= outputLines/2 && i < outputLines/2+left {
			if i == outputLines/2 {
				fmt.Fprintf(r.out, "      … %d lines left out …\n", left)
			}
			continue
		}
		fmt.Fprintln(r.out, "      "+line)
	}
}

// isProgress tells the lines of go test that carry nothing beside the events.
func isProgress(line string) bool {
	for _, prefix := range []string{"=== RUN ", "=== PAUSE ", "=== CONT ", "=== NAME ", "=== ATTR "} {
		if strings.HasPrefix(line, prefix) {
			return true
		}
	}
	return line == "" || line == "PASS" || line == "FAIL" || strings.HasPrefix(line, "FAIL\t")
}

func withoutDownloads(text string) string {
	var kept strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "go: downloading ") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// close prints the slowest tests, what failed, and as the last line the sum. It returns the exit status.
func (r *runner) close() int {
	r.slow.print(r.out)
	if len(r.failed) > 0 {
		fmt.Fprintln(r.out, "\nFailed:")
		for _, name := range r.failed {
			fmt.Fprintln(r.out, "  "+name)
		}
	}
	fmt.Fprintf(r.out, "\n%s\n", r.sum)
	if r.sum.failed > 0 || r.sum.passed == 0 {
		return 1
	}
	return 0
}

func (t tally) String() string {
	text := fmt.Sprintf("%d passed, %d failed", t.passed, t.failed)
	if t.skipped > 0 {
		text += fmt.Sprintf(", %d skipped", t.skipped)
	}
	return text
}
