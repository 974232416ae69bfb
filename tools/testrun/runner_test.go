package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRunnerOnRealGoTest runs `go test -json` on small modules that each fail in another way.
func TestRunnerOnRealGoTest(t *testing.T) {
	t.Parallel()
	const fine = "func TestFine(t *testing.T) {}\n"
	tests := []struct {
		name  string
		files map[string]string
		empty bool
		want  tally
		code  int
		shows []string
		hides []string
	}{
		{
			name:  "all pass",
			files: map[string]string{"a/a_test.go": fine + "func TestSkip(t *testing.T) { t.Skip() }\n"},
			want:  tally{passed: 1, skipped: 1},
			shows: []string{"ok    example.org/m/a", "\n1 passed, 0 failed, 1 skipped\n"},
		},
		{
			name: "a test fails",
			files: map[string]string{
				"a/a_test.go": "func TestBad(t *testing.T) { t.Log(`quiet`); t.Run(`sub`, func(t *testing.T) { t.Error(`loud words`) }) }\n",
				"b/b_test.go": fine + "func TestNoise(t *testing.T) { t.Log(`passing noise`) }\n",
			},
			want:  tally{passed: 2, failed: 1},
			code:  1,
			shows: []string{"loud words", "race: example.org/m/a TestBad/sub\n", "\n2 passed, 1 failed\n"},
			hides: []string{"passing noise", "=== RUN"},
		},
		{
			name:  "a test does not compile",
			files: map[string]string{"a/a_test.go": "func TestBad(t *testing.T) { undefinedName() }\n", "b/b_test.go": fine},
			want:  tally{passed: 1, failed: 1},
			code:  1,
			shows: []string{"undefined: undefinedName", "race: example.org/m/a\n"},
		},
		{
			name: "a package that two others import does not compile",
			files: map[string]string{
				"dep/dep.go":  "package dep\n\nfunc Dep() { undefinedName() }\n",
				"a/a_test.go": "func TestA(t *testing.T) { dep.Dep() }\n",
				"b/b_test.go": "func TestB(t *testing.T) { dep.Dep() }\n",
			},
			want:  tally{failed: 3}, // dep itself as well
			code:  1,
			shows: []string{"undefined: undefinedName", "race: example.org/m/a\n", "race: example.org/m/b\n"},
		},
		{
			name:  "an import is missing",
			files: map[string]string{"a/a_test.go": "import _ \"example.org/nowhere\"\n" + fine},
			want:  tally{failed: 1},
			code:  1,
			shows: []string{"example.org/nowhere"},
		},
		{
			name:  "vet refuses a test",
			files: map[string]string{"a/a_test.go": "func TestBad(t *testing.T) { t.Errorf(`%d`, `word`) }\n"},
			want:  tally{failed: 1},
			code:  1,
			shows: []string{"wrong type", "race: example.org/m/a\n"},
		},
		{
			name:  "a test panics in a goroutine",
			files: map[string]string{"a/a_test.go": fine + "func TestBad(t *testing.T) { go func() { panic(`boom`) }(); select {} }\n"},
			want:  tally{passed: 1, failed: 1},
			code:  1,
			shows: []string{"panic: boom", "race: example.org/m/a TestBad"},
		},
		{
			name:  "TestMain fails after the tests passed",
			files: map[string]string{"a/a_test.go": fine + "func TestMain(m *testing.M) { m.Run(); println(`leak found`); os.Exit(3) }\n"},
			want:  tally{passed: 1, failed: 1},
			code:  1,
			shows: []string{"leak found", "race: example.org/m/a\n"},
		},
		{
			name:  "no test ran",
			files: map[string]string{"a/a.go": "package a\n"},
			want:  tally{failed: 1},
			code:  1,
			shows: []string{"no test ran"},
		},
		{
			name:  "no test had to run, but nothing at all passed",
			files: map[string]string{"a/a.go": "package a\n"},
			empty: true,
			code:  1,
			shows: []string{"\n0 passed, 0 failed\n"},
		},
		{
			name:  "no packages",
			files: map[string]string{"go.txt": ""},
			want:  tally{failed: 1},
			code:  1,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			r := newRunner(module(t, tt.files), &out)
			r.stage(t.Context(), stage{name: "race", kind: counted, argv: goTestJSON("./..."), empty: tt.empty})
			if code := r.close(); code != tt.code {
				t.Errorf("exit status %d, want %d", code, tt.code)
			}
			if r.sum != tt.want {
				t.Errorf("counted %v, want %v", r.sum, tt.want)
			}
			for _, text := range tt.shows {
				if !strings.Contains(out.String(), text) {
					t.Errorf("the output lacks %q", text)
				}
			}
			for _, text := range tt.hides {
				if strings.Contains(out.String(), text) {
					t.Errorf("the output has %q", text)
				}
			}
			if t.Failed() {
				t.Log("output:\n" + out.String())
			}
		})
	}
}

// module writes a Go module of the files; test files get their package clause and imports.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module example.org/m\n\ngo 1.26.0\n")
	for name, text := range files {
		if strings.HasSuffix(name, "_test.go") {
			head := "package " + filepath.Dir(name) + "\n\nimport \"testing\"\n"
			for _, pkg := range []string{"os", "example.org/m/dep"} {
				if strings.Contains(text, filepath.Base(pkg)+".") {
					head += "import \"" + pkg + "\"\n"
				}
			}
			text = head + text
		}
		write(name, text)
	}
	return root
}

func TestRunnerCommands(t *testing.T) {
	t.Parallel()
	fails := []string{"sh", "-c", "echo out; echo err >&2; exit 4"}
	tests := []struct {
		name   string
		stages []stage
		want   tally
		shows  []string
	}{
		{"a check that passes is one test", []stage{{name: "vet", kind: check, argv: []string{"true"}}}, tally{passed: 1}, nil},
		{"a check that fails shows all it said", []stage{{name: "vet", kind: check, argv: fails}}, tally{failed: 1}, []string{"out\n", "err\n", "exit status 4"}},
		{"setup that passes is not counted", []stage{{name: "get", kind: setup, argv: []string{"true"}}}, tally{}, nil},
		{
			"what needs a failed setup is skipped, the rest runs", []stage{
				{name: "get", kind: setup, argv: []string{"false"}},
				{name: "lint", kind: check, argv: []string{"true"}, needs: []string{"get"}},
				{name: "vet", kind: check, argv: []string{"true"}},
			}, tally{passed: 1, failed: 1, skipped: 1}, []string{"needs get, which did not work"},
		},
		{
			"what needs a skipped setup is skipped too", []stage{
				{name: "node", kind: setup, argv: []string{"false"}},
				{name: "widget", kind: setup, argv: []string{"true"}, needs: []string{"node"}},
				{name: "e2e", kind: counted, argv: []string{"true"}, needs: []string{"widget"}},
			}, tally{failed: 1, skipped: 2}, []string{"needs widget, which did not work"},
		},
		{"a command that is missing", []stage{{name: "vet", kind: check, argv: []string{"no-such-command"}}}, tally{failed: 1}, nil},
		{"a folder that is missing", []stage{{name: "vet", kind: check, dir: "nowhere", argv: []string{"true"}}}, tally{failed: 1}, nil},
		{"go test that is missing", []stage{{name: "race", kind: counted, argv: []string{"no-such-command"}}}, tally{failed: 1}, nil},
		{
			"a passing report with a failing exit status",
			[]stage{{name: "race", kind: counted, argv: []string{"sh", "-c", `echo '{"Action":"pass","Package":"p","Test":"T"}
{"Action":"pass","Package":"p"}'; echo why >&2; exit 2`}}},
			tally{passed: 1, failed: 1},
			[]string{"why\n", "exit status 2"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			r := newRunner(t.TempDir(), &out)
			for _, s := range tt.stages {
				r.stage(t.Context(), s)
			}
			if r.sum != tt.want {
				t.Errorf("counted %v, want %v", r.sum, tt.want)
			}
			wantCode := 0
			if tt.want.failed > 0 || tt.want.passed == 0 {
				wantCode = 1
			}
			if code := r.close(); code != wantCode {
				t.Errorf("exit status %d, want %d", code, wantCode)
			}
			for _, text := range tt.shows {
				if !strings.Contains(out.String(), text) {
					t.Errorf("the output lacks %q:\n%s", text, out.String())
				}
			}
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if last := lines[len(lines)-1]; last != tt.want.String() {
				t.Errorf("the last line is %q, want %q", last, tt.want)
			}
		})
	}
}

func TestStoppedStageIsAFailureAndLeavesNoProcess(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	stopAtOutput := &lineWriter{each: func([]byte) { cancel() }}
	r := newRunner(t.TempDir(), stopAtOutput)
	start := time.Now()
	err := r.command(ctx, stage{argv: []string{"sh", "-c", "echo started; sleep 600 & wait"}}, stopAtOutput, stopAtOutput)
	if err == nil {
		t.Error("a stopped command is no success")
	}
	// The sleep holds the output pipe open: only when it is gone too does the command end without WaitDelay.
	if took := time.Since(start); took > 9*time.Second {
		t.Errorf("took %s: a process of the stage was left running", took)
	}
}

func TestLongOutputKeepsItsStartAndEnd(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	newRunner(t.TempDir(), &out).show("first\n" + strings.Repeat("middle\n", 2*outputLines) + "last\n")
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != outputLines+1 || !strings.Contains(lines[0], "first") || !strings.Contains(lines[len(lines)-1], "last") {
		t.Errorf("got %d lines from %q to %q", len(lines), lines[0], lines[len(lines)-1])
	}
	if !strings.Contains(out.String(), "402 lines left out") {
		t.Error("the gap is not told")
	}
}
