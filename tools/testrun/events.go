package main

import (
	"encoding/json"
	"slices"
	"strings"
)

// event is one line of `go test -json` (go doc test2json), or of `go build -json` (go help buildjson).
// reporter.mjs tells of Node's tests in the same lines.
type event struct {
	Action      string
	Package     string
	Test        string
	Elapsed     float64 // seconds
	Output      string
	ImportPath  string // of build-output and build-fail
	FailedBuild string // of a package's fail: the ImportPath that did not build
}

// results gathers the events of one command.
type results struct {
	packages map[string]*packageResult
	order    []string
	builds   map[string]*strings.Builder // compiler output by import path, until it is shown
	rest     strings.Builder             // lines that are no events
}

type packageResult struct {
	path        string
	status      string // pass, fail, skip (no tests), or "" while it runs
	elapsed     float64
	failedBuild string
	output      strings.Builder
	tests       map[string]*testResult
	order       []string
}

type testResult struct {
	name     string
	status   string  // pass, fail, skip, or "" while it runs
	elapsed  float64 // seconds
	output   strings.Builder
	hasChild bool
}

func newResults() *results {
	return &results{packages: make(map[string]*packageResult), builds: make(map[string]*strings.Builder)}
}

// add takes one line of output. It returns the package that the line finished, or nil.
func (r *results) add(line []byte) *packageResult {
	var e event
	if err := json.Unmarshal(line, &e); err != nil || e.Action == "" {
		r.rest.Write(line)
		return nil
	}
	if e.ImportPath != "" && e.Package == "" {
		build := r.builds[e.ImportPath]
		if build == nil {
			build = new(strings.Builder)
			r.builds[e.ImportPath] = build
		}
		build.WriteString(e.Output)
		return nil
	}
	p := r.pkg(e.Package)
	if e.Test != "" {
		p.add(e)
		return nil
	}
	switch e.Action {
	case "output":
		p.output.WriteString(e.Output)
	case "pass", "fail", "skip":
		p.status, p.elapsed, p.failedBuild = e.Action, e.Elapsed, e.FailedBuild
		return p
	}
	return nil
}

func (r *results) pkg(path string) *packageResult {
	p := r.packages[path]
	if p == nil {
		p = &packageResult{path: path, tests: make(map[string]*testResult)}
		r.packages[path] = p
		r.order = append(r.order, path)
	}
	return p
}

// unfinished returns the packages that never reported an end: the command was stopped or died.
func (r *results) unfinished() []*packageResult {
	var list []*packageResult
	for _, path := range r.order {
		if p := r.packages[path]; p.status == "" {
			list = append(list, p)
		}
	}
	return list
}

// takeBuild returns the compiler's output for an import path, once.
func (r *results) takeBuild(path string) string {
	build := r.builds[path]
	if build == nil {
		return ""
	}
	delete(r.builds, path)
	return build.String()
}

func (p *packageResult) add(e event) {
	t := p.tests[e.Test]
	if t == nil {
		t = &testResult{name: e.Test}
		p.tests[e.Test] = t
		p.order = append(p.order, e.Test)
		if parent := p.parent(e.Test); parent != nil {
			parent.hasChild = true
		}
	}
	switch e.Action {
	case "output":
		t.output.WriteString(e.Output)
	case "pass", "fail", "skip":
		t.status, t.elapsed = e.Action, e.Elapsed
	case "bench":
		t.status = "pass"
	}
}

// parent finds the test that ran the named subtest. A subtest's own name may contain slashes.
func (p *packageResult) parent(name string) *testResult {
	for {
		slash := strings.LastIndexByte(name, '/')
		if slash < 0 {
			return nil
		}
		name = name[:slash]
		if t := p.tests[name]; t != nil {
			return t
		}
	}
}

// failed lists the tests that failed or never ended, parents before their subtests.
func (p *packageResult) failed() []*testResult {
	var list []*testResult
	for _, name := range p.order {
		if t := p.tests[name]; t.status == "fail" || t.status == "" {
			list = append(list, t)
		}
	}
	return list
}

// faults lists the failed tests to blame: not a parent that failed only because a subtest did.
func (p *packageResult) faults() []*testResult {
	failed := p.failed()
	return slices.DeleteFunc(slices.Clone(failed), func(t *testResult) bool {
		return slices.ContainsFunc(failed, func(other *testResult) bool {
			return strings.HasPrefix(other.name, t.name+"/")
		})
	})
}

// tally counts the tests of the package, a parent only when it failed by itself. A package that failed though
// each of its tests passed counts as one failure: a build error, TestMain, a leak found at exit.
func (p *packageResult) tally() tally {
	n := tally{failed: len(p.faults())}
	for _, t := range p.tests {
		switch {
		case t.hasChild:
		case t.status == "pass":
			n.passed++
		case t.status == "skip":
			n.skipped++
		}
	}
	if n.failed == 0 && p.status != "pass" && p.status != "skip" {
		n.failed = 1
	}
	return n
}

// tally is a count of tests.
type tally struct{ passed, failed, skipped int }

func (t *tally) add(other tally) {
	t.passed += other.passed
	t.failed += other.failed
	t.skipped += other.skipped
}
